"""The container images of the embedded cluster, built on this machine under the names that the catalogue gives them."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from local import debian
from local.errors import LocalError
from local.images import recipe
from local.images.builder import PACKAGES, Builder, Say, remove
from local.paths import CACHE
from local.turns import turn

__all__ = ["FOLDER", "NAMES", "Archive", "build", "clean", "needed"]

FOLDER = CACHE / "images"
NAMES = recipe.names()
"""The catalogue's images that can be built here."""

_OF_LAYERS = {
    "cache": {"redis-exporter"},
    "eventLog": {"kafka"},
    "search": {"elasticsearch-exporter", "opensearch"},
    "features": {"feast"},
    "alluxio": {"alluxio"},
    "fluid": {
        "alluxio-dev",
        "csi-node-driver-registrar",
        "fluid-alluxioruntime-controller",
        "fluid-csi",
        "fluid-dataset-controller",
        "fluid-webhook",
    },
    "metadata": {"datahub-ingestion"},
    "queues": {"kueue"},
    "database.operator": {"cloudnative-pg", "cloudnative-pg-postgresql"},
    "certManager": {
        "cert-manager-cainjector",
        "cert-manager-controller",
        "cert-manager-startupapicheck",
        "cert-manager-webhook",
    },
    "frontDoor": {"oauth2-proxy"},
}
"""Section of a stack file, or one of a certain kind -> images that nothing else needs."""


@dataclass(frozen=True)
class Archive:
    """An image as a file for `ctr images import`, and the name that manifests call it by."""

    reference: str
    path: Path


def needed(sections: Collection[str]) -> list[str]:
    """The images of a stack with these sections, those left out that only layers need which are off."""
    idle = set[str]().union(*(names for layer, names in _OF_LAYERS.items() if layer not in sections))
    return [name for name in NAMES if name not in idle]


def build(names: Sequence[str], say: Say) -> dict[str, Archive]:
    """The archives of these images. Those that are not in the cache are built; the others are left as they are."""
    recipes = {name: recipe.read(name) for name in names}
    archives = {name: Archive(made.reference, FOLDER / f"{name}-{made.digest}.tar") for name, made in recipes.items()}
    if all(archive.path.exists() for archive in archives.values()):
        return archives
    if os.geteuid() != 0:
        raise LocalError("building images needs root", "run as root, or point KUBECONFIG at a cluster that you have")
    debian.ensure(PACKAGES, say)
    with turn(FOLDER / "lock", "build of images", say) as lock:
        builder = Builder(FOLDER, say, held=(lock,))
        builder.recover()
        for name, archive in archives.items():
            if not archive.path.exists():
                builder.archive(recipes[name], archive.path)
    return archives


def clean(say: Say) -> None:
    """Remove the build storage and what it was made from. The archives stay."""
    if not FOLDER.exists():
        return
    with turn(FOLDER / "lock", "build of images", say) as lock:
        say("removing the storage of image builds")
        Builder(FOLDER, say, held=(lock,)).storage.discard()
        for left in (path for kind in ("root-*", "tools-*", "jars-*", "*.partial") for path in FOLDER.glob(kind)):
            remove(left)
