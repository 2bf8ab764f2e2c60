"""Take the cluster off the machine, and say what is left of it."""

import contextlib
import ctypes
import json
import os
import shlex
import shutil
import socket
import subprocess
import time
from itertools import pairwise
from pathlib import Path

from local.cluster import cgroups, sysctls
from local.cluster.exclusive import alone
from local.cluster.names import BRIDGE, CHAINS, CONTAINERD, ROUTE_TABLE
from local.cluster.network import RECORD, run
from local.cluster.processes import is_shim, marked, start_time, stop
from local.debian import Say
from local.errors import LocalError
from local.paths import CLUSTER

FAMILIES = ("iptables", "ip6tables")
KUBE_CHAINS = "KUBE-"
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
        sysctls.restore()
        shutil.rmtree(CLUSTER, ignore_errors=True)
    if left := leftovers():
        raise LocalError(f"left over: {'; '.join(left)}", "run it again; see what holds these if they stay")


def _stop_everything(say: Say) -> None:
    """What starts pods goes first, then the pods, then what holds them."""
    _stop_named(say, ("kubelet", "kwok", "provisioner", "kube-controller-manager", "kube-scheduler"))
    say("stopping the pods")
    _stop_pods()
    _stop_named(say, ("containerd", "coredns", "kube-proxy", "kube-apiserver", "etcd"))
    for pid, _ in list(marked()):
        stop(pid)


def undo() -> None:
    """Every change to the machine itself, once nothing runs any more. A reboot does the same."""
    _unmount()
    _remove_shim_sockets()
    _remove_files_elsewhere()
    cgroups.remove()
    _remove_rules()
    _remove_links()


def leftovers() -> list[str]:
    """Whatever of the cluster is still on this machine; empty after `down`."""
    containers = cgroups.processes()
    return [
        *(f"process {pid} ({name})" for pid, name in marked()),
        *(f"container process {pid}" for pid in sorted(containers)),
        *(f"mount {path}" for path in mounts()),
        *(f"network link {name}" for name in links()),
        *(f"routing rule {ROUTE_TABLE}" for _ in _routing_rules()),
        *(f"iptables chain {chain}" for chain in (chains() if _owned() else [])),
        *(f"control group {path}" for path in cgroups.groups()),
        *([f"folder {CLUSTER}"] if CLUSTER.exists() else []),
    ]


def mounts() -> list[str]:
    """Mount points under our folder, deepest first."""
    return parse_mounts(Path("/proc/self/mountinfo").read_text())


def parse_mounts(mountinfo: str) -> list[str]:
    """The kernel writes a space in a path as \\040."""
    points = [line.split()[4].encode().decode("unicode_escape") for line in mountinfo.splitlines()]
    return sorted((point for point in points if Path(point).is_relative_to(CLUSTER)), reverse=True)


def links() -> list[str]:
    """The bridge, and the ends of pods' links that are joined to it."""
    joined = NET / BRIDGE / "brif"
    return [
        *([BRIDGE] if (NET / BRIDGE).exists() else []),
        *(sorted(link.name for link in joined.iterdir()) if joined.exists() else []),
    ]


def chains() -> list[str]:
    """Iptables chains of the cluster: ours, and those that kube-proxy makes."""
    return [f"{chain} of {family} {table}" for family in FAMILIES for table, chain in parse_chains(_rules(family))]


def parse_chains(saved: str) -> list[tuple[str, str]]:
    """Tables and names of the cluster's chains in what `iptables-save` prints."""
    found, table = [], ""
    for line in saved.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith((f":{CHAINS}", f":{KUBE_CHAINS}")):
            found.append((table, line[1:].split()[0]))
    return found


def removal(saved: str) -> str:
    """Input for `iptables-restore --noflush` that removes the cluster's chains and every jump to them, and no more."""
    ours, out = parse_chains(saved), []
    for table in dict.fromkeys(table for table, _ in ours):
        names = [name for home, name in ours if home == table]
        section = saved.partition(f"*{table}\n")[2].partition("COMMIT")[0].splitlines()
        jumps = [
            line
            for line in section
            if line.startswith("-A ") and line.split()[1] not in names and _target(line) in names
        ]
        out += [
            f"*{table}",
            *(f":{name} - [0:0]" for name in names),
            *(f"-D {jump[3:]}" for jump in jumps),
            *(f"-X {name}" for name in names),
            "COMMIT",
        ]
    return "".join(f"{line}\n" for line in out)


def _target(rule: str) -> str | None:
    """The chain that a rule jumps to. Comments are quoted, so that nothing in them counts."""
    words = shlex.split(rule)
    return next((after for word, after in pairwise(words) if word in ("-j", "-g")), None)


def _owned() -> bool:
    """Kube-proxy's chains are ours as long as our own, or our record, is there: `up` refuses to share them."""
    return RECORD.exists() or any(chain.startswith(CHAINS) for chain in chains())


def _rules(family: str) -> str:
    if shutil.which(f"{family}-save") is None:
        return ""
    return subprocess.run([f"{family}-save"], capture_output=True, text=True).stdout


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
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(
            began is not None and start_time(pid) == began for pid, began in everything.items()
        ):
            time.sleep(0.1)


def _unmount() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    for point in mounts():
        libc.umount2(point.encode(), MNT_DETACH)


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


def _remove_rules() -> None:
    if not _owned():
        return
    for family in FAMILIES:
        if script := removal(_rules(family)):
            run(f"{family}-restore", "--wait", "--noflush", stdin=script)


def _remove_links() -> None:
    for _ in _routing_rules():
        run("ip", "rule", "delete", "priority", str(ROUTE_TABLE))
    subprocess.run(["ip", "route", "flush", "table", str(ROUTE_TABLE)], capture_output=True)
    for name in sorted(links(), key=lambda name: name == BRIDGE):
        subprocess.run(["ip", "link", "delete", name], capture_output=True)
