"""From nothing, or from whatever is left of it, to a cluster that answers."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import debian
from local.cluster import (
    api,
    certificates,
    cgroups,
    checks,
    containerd,
    control_plane,
    images,
    kubeconfigs,
    network,
    node,
    placement,
    processes,
    provisioner,
    simulated,
    sysctls,
)
from local.cluster.names import LOGS, NODE, RECORDS, VOLUMES
from local.cluster.network import Network
from local.cluster.processes import Process
from local.debian import Say
from local.errors import LocalError
from local.paths import CLUSTER

PACKAGES = ["containerd", "runc", "containernetworking-plugins", "iptables", "conntrack", "iproute2"]


@dataclass(frozen=True)
class ComponentStatus:
    """How one of the cluster's processes is doing."""

    name: str
    pid: int | None
    running: bool
    healthy: bool
    detail: str
    log: Path


def up(binaries: Path, say: Say) -> None:
    """Bring the cluster up. What runs and answers is left as it is, what died is started again."""
    began = time.monotonic()
    checks.machine(binaries)
    debian.ensure(PACKAGES, say)
    for folder in (CLUSTER, LOGS, RECORDS, VOLUMES):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone():
        checks.kernel()
        chosen = network.choose(network.host_routes())
        sysctls.remember()
        network.remember(chosen)
        network.apply(chosen)
        cgroups.make()
        checks.ports(chosen)
        certificates.ensure(chosen)
        kubeconfigs.ensure(chosen)
        _start(binaries, chosen, say)
    say(f"the cluster is up ({time.monotonic() - began:.0f} s)")


def status() -> list[ComponentStatus]:
    """Every component, asked now. The programs' folder does not matter for asking."""
    if not network.RECORD.exists():
        return []
    return [_ask(process) for process in _processes(Path("/nonexistent"), network.choose([]))]


def _processes(binaries: Path, chosen: Network) -> list[Process]:
    """In the order in which each finds what it needs."""
    return [
        containerd.process(chosen),
        control_plane.etcd(binaries),
        control_plane.apiserver(binaries, chosen),
        control_plane.controller_manager(binaries, chosen),
        control_plane.scheduler(binaries),
        node.dns(binaries, chosen),
        node.proxy(binaries, chosen),
        simulated.kwok(binaries, chosen),
        provisioner.process(),
        node.kubelet(binaries, chosen),
    ]


def _start(binaries: Path, chosen: Network, say: Say) -> None:
    runtime, store, server, *others = _processes(binaries, chosen)
    processes.ensure(runtime, say)
    processes.ensure(store, say)
    processes.wait(store, say)
    processes.ensure(server, say)
    processes.wait(runtime, say)
    if not images.has_image(containerd.PAUSE):
        images.import_image(containerd.pause_archive(), containerd.PAUSE)
    processes.wait(server, say)
    # The policy comes before anything that could make a pod.
    placement.present()
    placement.apply_policy()
    for name in ("rbac", "storage"):
        for manifest in api.manifests(name):
            api.apply(manifest)
    simulated.apply_nodes()
    for process in others:
        processes.ensure(process, say)
    for process in others:
        processes.wait(process, say)
    _wait_for_nodes(say)


def _wait_for_nodes(say: Say, patience: float = 90) -> None:
    deadline, waiting = time.monotonic() + patience, [NODE]
    while time.monotonic() < deadline:
        ready = {item["metadata"]["name"] for item in api.call("GET", "/api/v1/nodes")["items"]
                 if any(c["type"] == "Ready" and c["status"] == "True" for c in item["status"].get("conditions", []))}
        waiting = sorted({NODE, *(item["metadata"]["name"] for item in simulated.nodes())} - ready)
        if not waiting:
            say("all nodes are ready")
            return
        time.sleep(0.2)
    raise LocalError(f"not ready: {', '.join(waiting)}", f"see {LOGS}/kubelet.log and {LOGS}/kwok.log")


def _ask(process: Process) -> ComponentStatus:
    pid = processes.running(process.name)
    trouble = process.trouble() if pid else f"not running: {processes.last_line(process.log)}"
    return ComponentStatus(process.name, pid, pid is not None, trouble is None, trouble or "answers", process.log)


@contextmanager
def _alone() -> Iterator[None]:
    """Two commands at once would start everything twice."""
    with (CLUSTER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError("another command is working on the cluster", "wait for it, then run it again") from None
        yield
