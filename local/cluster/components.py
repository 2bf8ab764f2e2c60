"""All processes of the cluster, and how each is doing."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from local.cluster import containerd, control_plane, network, node, processes, simulated
from local.cluster.names import PROVISIONER_BEAT
from local.cluster.network import Network
from local.cluster.processes import Process
from local.paths import REPOSITORY

NO_BINARIES = Path("/")
"""Asking needs none."""


@dataclass(frozen=True)
class ComponentStatus:
    """How one of the cluster's processes is doing."""

    name: str
    pid: int | None
    running: bool
    healthy: bool
    detail: str
    log: Path


def components(binaries: Path, chosen: Network) -> list[Process]:
    """In the order in which each finds what it needs; the first three need no other."""
    return [
        containerd.process(chosen),
        control_plane.etcd(binaries),
        control_plane.apiserver(binaries, chosen),
        control_plane.controller_manager(binaries, chosen),
        control_plane.scheduler(binaries),
        node.dns(binaries, chosen),
        node.proxy(binaries, chosen),
        simulated.kwok(binaries, chosen),
        _provisioner(),
        node.kubelet(binaries, chosen),
    ]


def status() -> list[ComponentStatus]:
    """Every component, asked now; nothing where there is no cluster."""
    if not network.RECORD.exists():
        return []
    return [_ask(process) for process in components(NO_BINARIES, network.choose([]))]


def _ask(process: Process) -> ComponentStatus:
    pid = processes.running(process.name)
    trouble = process.trouble() if pid else f"not running: {processes.last_line(process.log)}"
    return ComponentStatus(process.name, pid, pid is not None, trouble is None, trouble or "answers", process.log)


def _provisioner() -> Process:
    here = Path(__file__)
    return Process(
        "provisioner",
        (sys.executable, "-m", "local.cluster.provisioner"),
        _beat,
        inputs=(here.with_name("provisioner.py"), here.with_name("api.py")),
        folder=REPOSITORY,
    )


def _beat() -> str | None:
    """A beat that an earlier process left says nothing about this one."""
    try:
        age, pid = time.time() - PROVISIONER_BEAT.stat().st_mtime, int(PROVISIONER_BEAT.read_text())
    except (FileNotFoundError, ValueError):
        return "no heartbeat yet"
    if pid != processes.running("provisioner"):
        return "no heartbeat yet"
    return None if age < 15 else f"no heartbeat for {age:.0f} seconds"
