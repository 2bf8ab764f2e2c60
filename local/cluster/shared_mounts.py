"""A folder whose mounts pods and node see alike: without systemd, as in a container, mounts are private.

The kubelet shares its own root by itself. File systems that pods mount for others appear in a folder of their own.
"""

from pathlib import Path

from local.cluster.names import FILE_SYSTEMS
from local.cluster.network import run
from local.paths import CLUSTER


def make() -> None:
    """Safe to repeat."""
    behind = CLUSTER / "file-systems"
    behind.mkdir(exist_ok=True)
    FILE_SYSTEMS.mkdir(exist_ok=True)
    if not any(line.split()[4] == str(FILE_SYSTEMS) for line in Path("/proc/self/mountinfo").read_text().splitlines()):
        run("mount", "--bind", str(behind), str(FILE_SYSTEMS))
    run("mount", "--make-rshared", str(FILE_SYSTEMS))
