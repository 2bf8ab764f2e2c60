"""The rule on where images come from."""

from collections.abc import Iterable

from pulumi_policy import Severity

from .references import Reference
from .rule import Config, image_policy
from .subjects import Subject

# Where the projects of the catalogue publish what this platform is built of.
DEFAULT = ("docker.io", "gcr.io", "ghcr.io", "public.ecr.aws", "quay.io", "registry.k8s.io")

CONFIG = {
    "registries": {
        "type": "array",
        "description": "Registries, or paths in them, that images may come from: ghcr.io or ghcr.io/mlflow.",
        "default": list(DEFAULT),
        "items": {"type": "string", "minLength": 1},
    }
}


def check(subject: Subject, config: Config) -> str | None:
    allowed = config.get("registries", DEFAULT)
    if not subject.reference or is_within(subject.reference, allowed):
        return None
    return f"comes from {subject.reference.domain}; allowed are {', '.join(allowed) or 'none'}."


def is_within(image: Reference, registries: Iterable[str]) -> bool:
    """Whole hosts and whole parts of a path are compared: ghcr.io/org does not allow ghcr.io/organisation."""
    return any(f"{image.repository}/".startswith(f"{registry.removesuffix('/').lower()}/") for registry in registries)


allowed_registries = image_policy(
    name="allowed-registries",
    description="Every image comes from a registry that this stack allows.",
    check=check,
    severity=Severity.MEDIUM,
    config=CONFIG,
)
