"""A machine inside this machine: its own network, processes, mounts and control groups, all gone when it ends.

For tests that would pull the ground from under everyone else: killing, cutting the power, taking a cluster down.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from local.cluster.names import FILE_SYSTEMS
from local.paths import CACHE, IMAGE_STORE, REPOSITORY

GROUPS = Path("/sys/fs/cgroup")
GROUP = "exquisite-mlops-test"
EMPTY = ("/run", "/var/lib/kubelet", "/var/lib/cni", "/var/log", str(IMAGE_STORE))
"""Folders that a cluster writes to and that this machine's own cluster uses too."""
NEIGHBOUR = (
    "ip link set lo up",
    "ip link add outside type veth peer name neighbour",
    "ip address add 192.0.2.2/24 dev outside",
    "ip link set outside up",
    "ip link set neighbour up",
    "ip route add default via 192.0.2.1 dev outside",
)
"""A way out that leads nowhere, so that the machine has a default route like any other."""


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m module arguments` on a new machine with an empty state folder, and clear the machine away."""
    with tempfile.TemporaryDirectory(prefix="exmlops-") as state:
        environment = {**os.environ, "XDG_STATE_HOME": state, "XDG_CACHE_HOME": str(CACHE.parent)}
        command = [
            "unshare",
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            sys.executable,
            "-m",
            "tests.cluster.machine",
            "enter",
            module,
            *arguments,
        ]
        try:
            return subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=600)
        finally:
            for home in _homes():
                _remove(home)


def enter(*program: str) -> None:
    """Join groups of our own, then see only those from there on."""
    _command("mount", "--make-rprivate", "/")
    for home in _homes():
        home.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if not _unified() and (home / setting).exists():
                (home / setting).write_text((home.parent / setting).read_text())
        (home / "cgroup.procs").write_text("0")
    os.execvp("unshare", ["unshare", "--cgroup", sys.executable, "-m", "tests.cluster.machine", "settle", *program])


def settle(*program: str) -> None:
    """Lay out the machine's own file systems and network, then become the program."""
    hierarchies = [home.parent.name for home in _homes()]
    unified = _unified()
    _command("mount", "-t", "sysfs", "sysfs", "/sys")
    if unified:
        _command("mount", "-t", "cgroup2", "cgroup2", str(GROUPS))
        (GROUPS / "init").mkdir()  # a group with processes of its own may not hand out controllers
        (GROUPS / "init/cgroup.procs").write_text("0")
    else:
        _command("mount", "-t", "tmpfs", "tmpfs", str(GROUPS))
        for name in hierarchies:
            (GROUPS / name).mkdir()
            kind = {"unified": ["-t", "cgroup2"], "systemd": ["-t", "cgroup", "-o", "none,name=systemd"]}
            _command("mount", *kind.get(name, ["-t", "cgroup", "-o", name]), "cgroup", str(GROUPS / name))
    IMAGE_STORE.mkdir(parents=True, exist_ok=True)
    for folder in EMPTY:
        if Path(folder).is_dir():
            _command("mount", "-t", "tmpfs", "tmpfs", folder)
    # That of this machine's own cluster, if it runs.
    subprocess.run(["umount", "--lazy", str(FILE_SYSTEMS)], capture_output=True)
    for line in NEIGHBOUR:
        _command(*line.split())
    os.execvp(sys.executable, [sys.executable, "-m", *program])


def _unified() -> bool:
    return (GROUPS / "cgroup.controllers").exists()


def _homes() -> list[Path]:
    if _unified():
        return [GROUPS / GROUP]
    mounted = {folder.resolve() for folder in GROUPS.iterdir() if (folder / "cgroup.procs").exists()}
    return sorted(folder / GROUP for folder in mounted)


def _remove(home: Path) -> None:
    for folder, _, _ in os.walk(home, topdown=False):
        os.rmdir(folder)


def _command(*words: str) -> None:
    subprocess.run(words, check=True)


if __name__ == "__main__":
    {"enter": enter, "settle": settle}[sys.argv[1]](*sys.argv[2:])
