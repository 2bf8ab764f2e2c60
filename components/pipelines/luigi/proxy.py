"""The login in front of the scheduler, which has none of its own."""

from pathlib import Path

from pulumi import Input, Output

from ...k8s import login as door
from ...k8s.resources import Resources
from ...k8s.workload import Workload

PORT = 8082
"""Where clients expect Luigi; the scheduler itself listens on the pod's loopback alone. Both ports are proxy.conf's."""
SCHEDULER_PORT = 8083
HEALTH = "/health"
"""Says whether the scheduler answers; the one path that asks for no login."""
USERNAME = "luigi"


def files() -> dict[str, str]:
    """For a ConfigMap."""
    return {door.CONFIGURATION: Path(__file__).with_name("proxy.conf").read_text(encoding="utf-8")}


def login(password: Output[str], salt: Output[str]) -> dict[str, Output[str]]:
    """For a Secret."""
    return door.users(USERNAME, password, salt)


def proxy(user: int, configuration: Input[str], secret: Input[str], resources: Resources) -> Workload:
    """To run beside the scheduler, in a pod of that user."""
    return door.proxy("luigi", PORT, user, configuration, secret, resources)
