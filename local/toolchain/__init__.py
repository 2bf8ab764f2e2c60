"""The engine and Kubernetes, built from their pinned Go modules into the user's cache: no binary is downloaded."""

from local.toolchain.build import build
from local.toolchain.modules import CLUSTER, ENGINE

__all__ = ["CLUSTER", "ENGINE", "build"]
