"""Where the embedded environment keeps things: what can be rebuilt in the cache, what runs in the state folder."""

import os
from pathlib import Path

PROJECT = "exquisite-mlops"
REPOSITORY = Path(__file__).resolve().parent.parent


def _folder(variable: str, fallback: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / fallback) / PROJECT


CACHE = _folder("XDG_CACHE_HOME", ".cache")
"""Built binaries, images and Python environments, each under a hash of what it is built from."""

IMAGE_STORE = CACHE / "containerd"
"""The node's images, unpacked. They outlive the cluster: to unpack them all takes minutes."""

STATE = _folder("XDG_STATE_HOME", ".local/state")
"""The running cluster and Pulumi's backend; `make down` empties it."""

CLUSTER = STATE / "cluster"
KUBECONFIG = CLUSTER / "kubeconfig"
CONTAINERD_SOCKET = CLUSTER / "containerd.sock"
