"""The engine, Kubernetes and what images need, built from their pinned Go modules: no binary is downloaded."""

from local.toolchain.build import build, build_one, digest
from local.toolchain.modules import CLUSTER, ENGINE, IN_IMAGES, LANGUAGES, TOOLS, Module

__all__ = ["CLUSTER", "ENGINE", "IN_IMAGES", "LANGUAGES", "TOOLS", "Module", "build", "build_one", "digest"]
