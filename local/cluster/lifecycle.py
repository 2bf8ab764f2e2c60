"""From nothing, or from whatever is left of it, to a cluster that answers."""

import errno
import time
from pathlib import Path

from local import debian
from local.cluster import (
    api,
    certificates,
    cgroups,
    checks,
    cleanup,
    containerd,
    control_plane,
    firewall,
    images,
    kubeconfigs,
    network,
    placement,
    processes,
    shared_mounts,
    simulated,
    sysctls,
)
from local.cluster.components import components
from local.cluster.exclusive import alone
from local.cluster.names import LOGS, NODE, RECORDS, VOLUMES
from local.cluster.network import Network
from local.debian import Say
from local.errors import LocalError
from local.paths import CLUSTER

PACKAGES = ["containerd", "runc", "containernetworking-plugins", "iptables", "conntrack", "iproute2"]


def check(say: Say) -> None:
    """Raises LocalError for a machine that can't carry the cluster: to be asked before what takes long is built.

    Installs what it asks with.
    """
    checks.machine()
    debian.ensure(PACKAGES, say)
    with alone():
        _look()


def up(binaries: Path, say: Say) -> None:
    """Bring the cluster up. What runs and answers is left as it is, what died is started again."""
    began = time.monotonic()
    checks.machine()
    checks.programs(binaries)
    debian.ensure(PACKAGES, say)
    try:
        with alone():
            chosen = _look()
            _prepare(chosen)
            _start(binaries, chosen, say)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise LocalError("the disk is full", f"free some space for {CLUSTER}, then run it again") from None
    say(f"the cluster is up ({time.monotonic() - began:.0f} s)")


def _look() -> Network:
    """What is to be asked again each time: what else runs here may have changed."""
    checks.kernel()
    checks.loopback_ports()
    return network.choose(network.host_routes())


def _prepare(chosen: Network) -> None:
    """Lay the ground. Of a first time that fails, nothing stays; of a later one, what the cluster stands on."""
    first = not network.RECORD.exists()
    try:
        _lay_ground(chosen)
    except BaseException:
        if first:
            cleanup.take_back()
        raise


def _lay_ground(chosen: Network) -> None:
    """Everything that must be there before the first process starts."""
    for folder in (LOGS, RECORDS, VOLUMES):
        folder.mkdir(mode=0o700, exist_ok=True)
    sysctls.remember()
    network.remember(chosen)
    network.apply(chosen)
    firewall.apply(chosen)
    cgroups.make()
    shared_mounts.make()
    checks.bridge_ports(chosen)
    certificates.ensure(chosen)
    kubeconfigs.ensure(chosen)
    control_plane.ensure_encryption()


def _start(binaries: Path, chosen: Network, say: Say) -> None:
    runtime, store, server, *others = components(binaries, chosen)
    processes.ensure(runtime, say)
    processes.ensure(store, say)
    processes.wait(store, say)
    processes.ensure(server, say)
    processes.wait(runtime, say)
    if not images.has_image(containerd.PAUSE):
        images.import_image(containerd.pause_archive(), containerd.PAUSE)
    processes.wait(server, say)
    _furnish()
    if processes.running("kubelet") is None:
        cleanup.detach_dead()
    for process in others:
        processes.ensure(process, say)
    for process in others:
        processes.wait(process, say)
    _wait_for_nodes(say)


def _furnish() -> None:
    """The cluster's own objects. The placement policy comes first, before anything could make a pod."""
    placement.present()
    for name in ("placement", "rbac", "storage"):
        for manifest in api.manifests(name):
            api.apply(manifest)
    simulated.apply_nodes()


def _wait_for_nodes(say: Say, patience: float = 90) -> None:
    wanted = {NODE, *(item["metadata"]["name"] for item in simulated.nodes())}
    deadline = time.monotonic() + patience
    while waiting := wanted - _ready_nodes():
        if time.monotonic() > deadline:
            raise LocalError(f"not ready: {', '.join(sorted(waiting))}", f"see {LOGS}/kubelet.log and {LOGS}/kwok.log")
        time.sleep(0.2)
    say("all nodes are ready")


def _ready_nodes() -> set[str]:
    return {
        item["metadata"]["name"]
        for item in api.call("GET", "/api/v1/nodes")["items"]
        if any(c["type"] == "Ready" and c["status"] == "True" for c in item["status"].get("conditions", []))
    }
