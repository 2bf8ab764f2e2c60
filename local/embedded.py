"""The embedded cluster with its images: what the local stack and the cluster tests stand on."""

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from local import cluster, images, toolchain
from local.debian import Say
from local.errors import LocalError
from local.paths import IMAGE_STORE
from local.progress import Progress

STEPS = 3

_IMPORTED = IMAGE_STORE / "imported.json"
"""Image reference -> the archive that it came from, so that a rebuilt image replaces the old one of its name."""


def start(progress: Progress, names: Sequence[str] = images.NAMES) -> None:
    """Build what is missing, start what doesn't run, import those images that the node lacks. Takes STEPS steps.

    A machine that can't carry the cluster is refused before anything is built. Images are built beside all else: they
    mostly wait for registries and disks, where compilers wait for processors. Where those fail, these end at
    their next step.
    """
    failed = threading.Event()

    def build(say: Say) -> dict[str, images.Archive]:
        def heard(line: str) -> None:
            if failed.is_set():
                raise LocalError("the images were not needed any more", "run it again")
            say(line)

        return images.build(names, heard)

    with ThreadPoolExecutor(max_workers=1) as beside:
        try:
            with progress.step("engine and Kubernetes, images beside them") as say:
                cluster.check(say)
                archives = beside.submit(build, say)
                toolchain.build(toolchain.ENGINE, say)
                binaries = toolchain.build(toolchain.CLUSTER, say)
            with progress.step("cluster") as say:
                cluster.up(binaries, say)
        except BaseException:
            failed.set()
            raise
        with progress.step("images") as say:
            _import(list(archives.result().values()), say)


def bring(names: Sequence[str], say: Say) -> None:
    """Build and import further images, for the cluster that runs."""
    _import(list(images.build(names, say).values()), say)


def _import(archives: list[images.Archive], say: Say) -> None:
    """Two at a time: one unpacks while another is read."""
    imported = json.loads(_IMPORTED.read_text(encoding="utf-8")) if _IMPORTED.exists() else {}
    lacking = [
        one for one in archives if imported.get(one.reference) != one.path.name or not cluster.has_image(one.reference)
    ]

    def brought(archive: images.Archive) -> images.Archive:
        say(f"importing {archive.reference}")
        cluster.import_image(archive.path, archive.reference)
        return archive

    with ThreadPoolExecutor(max_workers=2) as importers:
        for archive in importers.map(brought, sorted(lacking, key=lambda one: -one.path.stat().st_size)):
            imported[archive.reference] = archive.path.name
            _IMPORTED.write_text(json.dumps(imported, indent=2), encoding="utf-8")
    cluster.present([archive.reference for archive in archives])
