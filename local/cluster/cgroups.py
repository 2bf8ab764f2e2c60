"""The cluster's own control group, one for each hierarchy of version 1 or one in all of version 2."""

import errno
import os
import time
from pathlib import Path

from local.cluster.names import CGROUP

ROOT = Path("/sys/fs/cgroup")
NEEDED = ("cpu", "memory", "pids")


def unified() -> bool:
    return (ROOT / "cgroup.controllers").exists()


def missing() -> list[str]:
    if unified():
        return [name for name in NEEDED if name not in (ROOT / "cgroup.controllers").read_text().split()]
    return [name for name in NEEDED if not (ROOT / name / "cgroup.procs").exists()]


def homes() -> list[Path]:
    """Where our group is or would be."""
    if unified():
        return [ROOT / CGROUP]
    mounted = {folder.resolve() for folder in ROOT.iterdir() if (folder / "cgroup.procs").exists()}
    return sorted(folder / CGROUP for folder in mounted)


def make() -> None:
    """The kubelet wants its group to be there in every hierarchy before it starts."""
    for home in homes():
        home.mkdir(exist_ok=True)
        if unified():
            enabled = " ".join(f"+{name}" for name in (ROOT / "cgroup.controllers").read_text().split())
            for parent in (ROOT, home):
                (parent / "cgroup.subtree_control").write_text(enabled)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            file = home / setting
            if not unified() and file.exists() and not file.read_text().strip():
                file.write_text((home.parent / setting).read_text())
        # All pods together would else weigh as much as any one process beside them. So much has a node of their own.
        share, usual = ("cpu.weight", 100) if unified() else ("cpu.shares", 1024)
        if (home / share).exists():
            (home / share).write_text(str(usual * (os.cpu_count() or 1)))


def processes() -> set[int]:
    """Everything that runs in containers of the cluster."""
    found: set[int] = set()
    for home in homes():
        for folder, _, _ in os.walk(home):
            try:
                found.update(int(pid) for pid in (Path(folder) / "cgroup.procs").read_text().split())
            except OSError:
                continue
    return found - {0}


def groups() -> list[Path]:
    return [home for home in homes() if home.exists()]


def remove() -> None:
    """Deepest first; a group whose last process has just ended may stay busy for a moment."""
    for home in groups():
        for folder, _, _ in os.walk(home, topdown=False):
            deadline = time.monotonic() + 5
            while True:
                try:
                    os.rmdir(folder)
                except FileNotFoundError:
                    pass
                except OSError as error:
                    if error.errno == errno.EBUSY and time.monotonic() < deadline:
                        time.sleep(0.05)
                        continue
                break
