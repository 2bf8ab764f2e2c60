"""A folder whose mounts pods and node see alike: without systemd, as in a container, mounts are private.

The kubelet shares its own root by itself. File systems that pods mount for others appear in a folder of their own.
"""

from contextlib import suppress
from pathlib import Path

from local.cluster.names import FILE_SYSTEMS
from local.cluster.network import run
from local.paths import CLUSTER

_MADE = CLUSTER / "file-systems-made"
"""That the folder is this cluster's own; one that was there before stays."""


def make() -> None:
    """Safe to repeat."""
    behind = CLUSTER / "file-systems"
    behind.mkdir(exist_ok=True)
    if not FILE_SYSTEMS.exists():
        FILE_SYSTEMS.mkdir()
        _MADE.touch()
    if not any(line.split()[4] == str(FILE_SYSTEMS) for line in Path("/proc/self/mountinfo").read_text().splitlines()):
        run("mount", "--bind", str(behind), str(FILE_SYSTEMS))
    run("mount", "--make-rshared", str(FILE_SYSTEMS))


def remove() -> None:
    """The folder, once nothing is mounted there."""
    if _MADE.exists():
        with suppress(OSError):
            FILE_SYSTEMS.rmdir()  # only where nothing else is in it
