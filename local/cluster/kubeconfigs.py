"""Kubeconfig files: one for each component, and the administrator's at `paths.KUBECONFIG`."""

import base64
import json
from pathlib import Path

from local.cluster.certificates import pair
from local.cluster.files import write
from local.cluster.names import API_PORT, CONFIG
from local.cluster.network import Network
from local.paths import KUBECONFIG

COMPONENTS = ("controller-manager", "scheduler", "kubelet", "proxy", "coredns", "kwok", "provisioner")


def path(component: str) -> Path:
    return CONFIG / f"{component}.kubeconfig"


def ensure(network: Network) -> None:
    for component in COMPONENTS:
        write(path(component), _text(component, f"https://{network.bridge}:{API_PORT}"))
    # Loopback, because clients behind an HTTP proxy leave that address alone.
    write(KUBECONFIG, _text("admin", f"https://127.0.0.1:{API_PORT}"))


def _text(user: str, server: str) -> str:
    mine, authority = pair(user), pair("ca")
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "exquisite-mlops",
            "clusters": [
                {
                    "name": "exquisite-mlops",
                    "cluster": {"server": server, "certificate-authority-data": _data(authority.certificate)},
                }
            ],
            "users": [
                {
                    "name": user,
                    "user": {"client-certificate-data": _data(mine.certificate), "client-key-data": _data(mine.key)},
                }
            ],
            "contexts": [{"name": "exquisite-mlops", "context": {"cluster": "exquisite-mlops", "user": user}}],
        },
        indent=2,
    )


def _data(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
