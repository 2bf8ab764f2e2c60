"""Take the cluster off the machine, and say what is left of it."""

import contextlib
import ctypes
import errno
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from local.cluster import accounting, cgroups, containerd, firewall, shared_mounts, sysctls
from local.cluster.exclusive import alone
from local.cluster.names import BRIDGE, CONTAINERD, FILE_SYSTEMS, ROUTE_TABLE
from local.cluster.network import RECORD, run
from local.cluster.processes import is_shim, marked, start_time, stop
from local.debian import Say
from local.errors import LocalError
from local.paths import CLUSTER, IMAGE_STORE

MNT_DETACH = 2
NET = Path("/sys/class/net")
LOG_LINKS = Path("/var/log/containers")
DEVICE_PLUGINS = Path("/var/lib/kubelet/device-plugins")
CNI_RESULTS = Path("/var/lib/cni/results")


def down(say: Say) -> None:
    """Stop everything, undo every change to the machine, remove the state. Safe to run again after an interruption."""
    if os.geteuid() != 0:
        raise LocalError("taking the cluster down needs root", "run as root")
    with alone():
        _stop_everything(say)
        say("removing mounts, links, rules and control groups")
        undo()
        if still := mounts():  # removing what is under a mount would remove what it shows
            raise LocalError(f"{still[0]} cannot be unmounted", "see what uses it, then run it again")
        sysctls.restore()
        shutil.rmtree(CLUSTER, ignore_errors=True)
    if left := leftovers():
        raise LocalError(f"left over: {'; '.join(left)}", "run it again; see what holds these if they stay")


def _stop_everything(say: Say) -> None:
    """What starts pods goes first, then the pods, then what holds them."""
    _stop_named(say, ("kubelet", "kwok", "provisioner", "kube-controller-manager", "kube-scheduler"))
    say("stopping the pods")
    _stop_pods()
    # Of a containerd that is gone, or of a task that ends meanwhile, the next one clears up.
    with contextlib.suppress(LocalError):
        containerd.forget_containers()
    _stop_named(say, ("containerd", "coredns", "kube-proxy", "kube-apiserver", "etcd"))
    for pid, _ in list(marked()):
        stop(pid)


def undo() -> None:
    """Every change to the machine itself, once nothing runs any more. A reboot does the same."""
    _unmount()
    _remove_shim_sockets()
    _remove_files_elsewhere()
    shared_mounts.remove()
    cgroups.remove()
    firewall.remove()
    accounting.remove()
    _remove_links()


def take_back() -> None:
    """Every change to the machine by a start that failed before the first process, and that there was one."""
    undo()
    sysctls.restore()
    for record in (RECORD, sysctls.RECORD):
        record.unlink(missing_ok=True)


def leftovers() -> list[str]:
    """Whatever of the cluster is still on this machine; empty after `down`."""
    containers = cgroups.processes()
    return [
        *(f"process {pid} ({name})" for pid, name in marked()),
        *(f"container process {pid}" for pid in sorted(containers)),
        *(f"mount {path}" for path in mounts()),
        *(f"network link {name}" for name in links()),
        *(f"routing rule {ROUTE_TABLE}" for _ in _routing_rules()),
        *_rules_left(),
        *(f"control group {path}" for path in cgroups.groups()),
        *([f"folder {CLUSTER}"] if CLUSTER.exists() else []),
    ]


def _rules_left() -> list[str]:
    """Another Kubernetes may have chains and counters of the same names: then they are not ours."""
    chains = firewall.chains()
    if chains and not firewall.owned():
        return []
    return [*(f"iptables chain {chain}" for chain in chains), *(f"packet counter {one}" for one in accounting.left())]


def mounts() -> list[str]:
    """Mount points under our folders, deepest first."""
    return parse_mounts(Path("/proc/self/mountinfo").read_text())


def parse_mounts(mountinfo: str) -> list[str]:
    """The kernel writes a space in a path as \\040."""
    points = [line.split()[4].encode().decode("unicode_escape") for line in mountinfo.splitlines()]
    ours = (CLUSTER, IMAGE_STORE / "root", FILE_SYSTEMS)
    return sorted((point for point in points if any(Path(point).is_relative_to(one) for one in ours)), reverse=True)


def links() -> list[str]:
    """The bridge, and the ends of pods' links that are joined to it."""
    joined = NET / BRIDGE / "brif"
    return [
        *([BRIDGE] if (NET / BRIDGE).exists() else []),
        *(sorted(link.name for link in joined.iterdir()) if joined.exists() else []),
    ]


def _routing_rules() -> list[object]:
    if shutil.which("ip") is None:
        return []
    found: list[object] = json.loads(run("ip", "-json", "rule", "show", "priority", str(ROUTE_TABLE)) or "[]")
    return found


def _stop_named(say: Say, names: tuple[str, ...]) -> None:
    for name in names:
        if pids := [pid for pid, owner in marked() if owner == name and not is_shim(pid)]:
            say(f"stopping {name}")
        for pid in pids:
            stop(pid)


def _stop_pods() -> None:
    """A chance to end well for what runs in containers; their shims follow once they are empty."""
    everything = {pid: start_time(pid) for pid in cgroups.processes()}
    for number, seconds in ((15, 10.0), (9, 5.0)):
        for pid, began in everything.items():
            if began is not None and start_time(pid) == began:
                with contextlib.suppress(ProcessLookupError):  # it may end between the look and the signal
                    os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(
            began is not None and start_time(pid) == began for pid, began in everything.items()
        ):
            time.sleep(0.1)


def detach_dead() -> None:
    """Take off the mounts of file systems whose servers were killed, as a reboot would: a kubelet can't.

    To be done before one starts: pods that come back with their containers have theirs mounted anew by it.
    """
    while any([_detached(point) for point in mounts() if _is_dead(point)]):
        pass


def _is_dead(point: str) -> bool:
    try:
        os.stat(point)
    except OSError as error:
        return error.errno == errno.ENOTCONN
    return False


def _unmount() -> None:
    """Mounts may lie on top of each other: as long as there are some and it helps."""
    while any([_detached(point) for point in mounts()]):
        pass


def _detached(point: str) -> bool:
    return ctypes.CDLL(None).umount2(point.encode(), MNT_DETACH) == 0


def _remove_shim_sockets() -> None:
    """Containerd keeps these outside its state folder; every task's bundle names its own."""
    for file in (CONTAINERD / "state").glob("io.containerd.runtime.v2.task/*/*/address"):
        Path(file.read_text().strip().removeprefix("unix://")).unlink(missing_ok=True)


def _remove_files_elsewhere() -> None:
    """What the kubelet and the network plugins keep at places that no setting moves."""
    for link in LOG_LINKS.iterdir() if LOG_LINKS.is_dir() else ():
        if link.is_symlink() and Path(os.readlink(link)).is_relative_to(CLUSTER):
            link.unlink()
    for result in CNI_RESULTS.glob("exquisite-mlops-*-eth0"):
        sandbox = result.name.removeprefix("exquisite-mlops-").removesuffix("-eth0")
        result.unlink()
        (CNI_RESULTS / f"cni-loopback-{sandbox}-lo").unlink(missing_ok=True)
    plugins = DEVICE_PLUGINS / "kubelet.sock"
    if plugins.is_socket() and not _listens(plugins):
        plugins.unlink()
    for folder in (LOG_LINKS, CNI_RESULTS, CNI_RESULTS.parent, DEVICE_PLUGINS, DEVICE_PLUGINS.parent):
        with contextlib.suppress(OSError):
            folder.rmdir()  # only where nothing else is in it


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _remove_links() -> None:
    for _ in _routing_rules():
        run("ip", "rule", "delete", "priority", str(ROUTE_TABLE))
    subprocess.run(["ip", "route", "flush", "table", str(ROUTE_TABLE)], capture_output=True)
    for name in sorted(links(), key=lambda name: name == BRIDGE):
        subprocess.run(["ip", "link", "delete", name], capture_output=True)
