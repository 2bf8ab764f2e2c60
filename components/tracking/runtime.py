"""What every pod of the MLflow image needs, whichever of its commands runs there."""

from ..k8s.volumes import Mount, scratch

USER = 1000

ENVIRONMENT = {
    "HOME": "/tmp",
    # MLflow notes who started a run, and the numeric user has no entry in the image's passwd.
    "USER": "mlflow",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # The image has no git, and a project's files come without their repository.
    "GIT_PYTHON_REFRESH": "quiet",
}


def writable(size: str) -> Mount:
    """Uploads, downloads and model files pass through here."""
    return scratch("tmp", "/tmp", size)
