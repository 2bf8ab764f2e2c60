"""What every pod of the Prefect image needs, whichever of its commands runs there."""

from dataclasses import replace

from ...base import Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.resources import Resources
from ...k8s.volumes import scratch
from ...k8s.workload import Workload

USER = 1001

QUIET = {
    "HOME": "/tmp",
    "TZ": "UTC",
    "DO_NOT_TRACK": "1",
    "PREFECT_CLI_COLORS": "false",
    "PREFECT_CLI_PROMPT": "false",
}


def tool(identity: Identity, resources: Resources) -> Workload:
    """A pod of the image that nothing has been told yet."""
    return Workload(
        identity=identity,
        image=image("prefect").reference,
        user=USER,
        working_dir="/tmp",
        env=QUIET,
        mounts=[scratch("tmp", "/tmp", "1Gi")],
        resources=resources,
    )


def client(identity: Identity, api: Text, login: Text, resources: Resources) -> Workload:
    """A pod that talks to the API; `login` names the Secret with the login in it."""
    # The tries wait ever longer, minutes in all: a server that restarts or moves costs no run.
    told = {"PREFECT_API_URL": api, "PREFECT_CLIENT_MAX_RETRIES": "7"}
    return replace(tool(identity, resources), env={**QUIET, **told}, secrets=[login])
