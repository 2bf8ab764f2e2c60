"""The login in front of the scheduler, which has none of its own: nginx, in the same pod."""

import base64
import hashlib
from pathlib import Path

from pulumi import Input, Output

from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.probes import Probes
from ...k8s.resources import Resources
from ...k8s.volumes import config_files, scratch, secret_files
from ...k8s.workload import Workload

PORT = 8082
"""Where clients expect Luigi; the scheduler itself listens on the pod's loopback alone. Both ports are proxy.conf's."""
SCHEDULER_PORT = 8083
HEALTH = "/health"
"""Says whether the scheduler answers; the one path that asks for no login."""
USERNAME = "luigi"

_CONFIGURATION, _LOGIN = "/etc/luigi-proxy", "/etc/luigi-login"


def files() -> dict[str, str]:
    """For a ConfigMap."""
    return {"proxy.conf": Path(__file__).with_name("proxy.conf").read_text(encoding="utf-8")}


def login(password: Output[str], salt: Output[str]) -> dict[str, Output[str]]:
    """For a Secret."""
    return {"htpasswd": Output.all(password, salt).apply(lambda both: htpasswd(USERNAME, *both))}


def htpasswd(username: str, password: str, salt: str) -> str:
    """A line by which nginx knows the user.

    Salted SHA-1, the strongest of the quick hashes that nginx knows: each call of each client is checked anew, several
    a second. A slow hash, which guards guessable passwords, would cost 80 ms of the one process each time; this
    password is random and long.
    """
    digest = hashlib.sha1(password.encode() + salt.encode()).digest()
    return f"{username}:{{SSHA}}{base64.b64encode(digest + salt.encode()).decode()}\n"


def proxy(user: int, configuration: Input[str], secret: Input[str], resources: Resources) -> Workload:
    """To run beside the scheduler. `user` is the pod's, which nginx can do with: it needs no privilege here."""
    return Workload(
        identity=Identity("nginx", "luigi"),
        name="proxy",
        image=image("nginx").reference,
        user=user,
        command=["nginx", "-e", "stderr", "-c", f"{_CONFIGURATION}/proxy.conf"],
        mounts=[
            config_files("proxy", _CONFIGURATION, configuration),
            secret_files("login", _LOGIN, secret),
            scratch("proxy-tmp", "/tmp", "64Mi"),
        ],
        # Whether it listens, and no more: it need not start anew because the scheduler does.
        probes=Probes(port=PORT),
        resources=resources,
    )
