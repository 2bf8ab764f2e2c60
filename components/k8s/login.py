"""A login in front of a server that has none of its own: nginx, in the same pod, asks for a user name and password."""

import base64
import hashlib

from pulumi import Input, Output

from ..catalog import image
from .labels import Identity
from .probes import Probes
from .resources import Resources
from .volumes import config_files, scratch, secret_files
from .workload import Workload

CONFIGURATION, USERS = "proxy.conf", "htpasswd"
"""Keys of the ConfigMap and of the Secret that `proxy` reads."""


def users(username: str, password: Output[str], salt: Output[str]) -> dict[str, Output[str]]:
    """For a Secret."""
    return {USERS: Output.all(password, salt).apply(lambda both: htpasswd(username, *both))}


def htpasswd(username: str, password: str, salt: str) -> str:
    """A line by which nginx knows the user.

    Salted SHA-1, the strongest of the quick hashes that nginx knows: each call of each client is checked anew, several
    a second. A slow hash, which guards guessable passwords, would cost 80 ms of the one process each time; this
    password is random and long.
    """
    digest = hashlib.sha1(password.encode() + salt.encode()).digest()
    return f"{username}:{{SSHA}}{base64.b64encode(digest + salt.encode()).decode()}\n"


def proxy(
    app: str, port: int, user: int, configuration: Input[str], secret: Input[str], resources: Resources
) -> Workload:
    """To run beside `app`. Its configuration listens on `port`, and finds the users in /etc/<app>-login/htpasswd.

    `user` is the pod's, which nginx can do with: it needs no privilege here.
    """
    place = f"/etc/{app}-proxy"
    return Workload(
        identity=Identity("nginx", app),
        name="proxy",
        image=image("nginx").reference,
        user=user,
        command=["nginx", "-e", "stderr", "-c", f"{place}/{CONFIGURATION}"],
        mounts=[
            config_files("proxy", place, configuration),
            secret_files("login", f"/etc/{app}-login", secret),
            scratch("proxy-tmp", "/tmp", "64Mi"),
        ],
        # Whether it listens, and no more: it need not start anew because the server does.
        probes=Probes(port=port),
        resources=resources,
    )
