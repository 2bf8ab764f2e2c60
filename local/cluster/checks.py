"""What the machine must offer, each refused with one line and the way out.

All of it before anything is touched, but for the bridge's ports: where these are taken, what was made is undone.
"""

import ctypes
import os
import platform
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local.cluster import cgroups, firewall, names
from local.cluster.network import RECORD, Network
from local.cluster.processes import marked
from local.errors import LocalError
from local.paths import CLUSTER, CONTAINERD_SOCKET

FREE_DISK, FREE_DISK_LATER = 8 * 1024**3, 1024**3
"""To begin with, and once the images are here."""
SOCKET_PATH_LIMIT = 107
LOOPBACK_PORTS = {
    names.ETCD_PORT: "etcd",
    names.ETCD_PEER_PORT: "etcd",
    names.ETCD_HEALTH_PORT: "etcd",
    names.API_PORT: "kube-apiserver",
    names.CONTROLLER_PORT: "kube-controller-manager",
    names.SCHEDULER_PORT: "kube-scheduler",
    names.KUBELET_HEALTH_PORT: "kubelet",
    names.PROXY_HEALTH_PORT: "kube-proxy",
    names.PROXY_METRICS_PORT: "kube-proxy",
    names.KWOK_PORT: "kwok",
}
BRIDGE_PORTS = {
    names.API_PORT: "kube-apiserver",
    names.KUBELET_PORT: "kubelet",
    names.DNS_PORT: "coredns",
    names.DNS_READY_PORT: "coredns",
}
PROGRAMS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "coredns",
    "kwok",
)


def machine() -> None:
    """Before anything is installed, built or made."""
    if os.geteuid() != 0:
        raise LocalError(
            "the embedded cluster needs root", "run as root, or point KUBECONFIG at a cluster that you have"
        )
    if (here := platform.machine()) not in ("x86_64", "amd64"):
        raise LocalError(
            f"the embedded cluster's images are for amd64, and this machine is {here}",
            "take another one, or point KUBECONFIG at a cluster that you have",
        )
    if len(str(CONTAINERD_SOCKET)) > SOCKET_PATH_LIMIT:
        raise LocalError(f"{CONTAINERD_SOCKET} is too long for a socket", "set XDG_STATE_HOME to a shorter path")
    existing = next(folder for folder in (CLUSTER, *CLUSTER.parents) if folder.exists())
    free, needed = shutil.disk_usage(existing).free, FREE_DISK_LATER if RECORD.exists() else FREE_DISK
    if free < needed:
        raise LocalError(
            f"{free / 1024**3:.1f} GiB free under {existing}, {needed // 1024**3} are needed",
            "free some, or set XDG_STATE_HOME to a larger disk",
        )
    if missing := cgroups.missing():
        raise LocalError(
            f"the kernel has no cgroup controller {', '.join(missing)}", "enable it on the kernel's command line"
        )


def programs(binaries: Path) -> None:
    if missing := [name for name in PROGRAMS if not os.access(binaries / name, os.X_OK)]:
        raise LocalError(f"{', '.join(missing)} not built in {binaries}", "build the toolchain first")


def kernel() -> None:
    """Features, each tried rather than guessed from a version. Needs the Debian packages."""
    modprobe = shutil.which("modprobe")
    for module in ("overlay", "bridge", "br_netfilter", "veth"):
        if modprobe:
            subprocess.run([modprobe, module], capture_output=True)
    if not Path("/proc/sys/net/bridge/bridge-nf-call-iptables").exists():
        raise LocalError("the kernel has no br_netfilter", "load that module, Services need it")
    _try_links()
    _try_overlay()
    if foreign := firewall.chains() if not RECORD.exists() else []:
        raise LocalError(
            f"another Kubernetes runs on this machine's network ({foreign[0]})",
            "point KUBECONFIG at it, or remove it first",
        )


def loopback_ports() -> None:
    """Those that can be asked for before there is a bridge."""
    _ports("127.0.0.1", LOOPBACK_PORTS)


def bridge_ports(network: Network) -> None:
    """Those at an address that this machine has only once the bridge is there."""
    _ports(str(network.bridge), BRIDGE_PORTS)


def _ports(host: str, wanted: Mapping[int, str]) -> None:
    """A port may be taken only by the component that it is meant for."""
    ours = {name for _, name in marked()}
    for port, component in wanted.items():
        if component not in ours and not _free(host, port):
            raise LocalError(
                f"port {port} on {host}, which {component} needs, is taken{_holder(port)}",
                "end that program, then run it again",
            )


def _free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _holder(port: int) -> str:
    listing = subprocess.run(["ss", "-Hltnp", f"sport = :{port}"], capture_output=True, text=True).stdout
    found = re.search(r'"([^"]+)",pid=(\d+)', listing)
    return f" by {found[1]} (process {found[2]})" if found else ""


def _try_links() -> None:
    if Path(f"/sys/class/net/{names.BRIDGE}").exists():
        return
    for kind in (("bridge",), ("veth", "peer", "name", "exmlops-try2")):
        done = subprocess.run(["ip", "link", "add", "exmlops-try1", "type", *kind], capture_output=True, text=True)
        if done.returncode:
            raise LocalError(
                f"the kernel makes no {kind[0]} link ({done.stderr.strip()})", f"load its {kind[0]} module"
            )
        subprocess.run(["ip", "link", "delete", "exmlops-try1"], capture_output=True)


def _try_overlay() -> None:
    """Also fails where the state folder itself is on an overlay, as in a container."""
    scratch = CLUSTER / "overlay-check"
    folders = {name: scratch / name for name in ("lower", "upper", "work", "merged")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"lowerdir={folders['lower']},upperdir={folders['upper']},workdir={folders['work']}"
    target = str(folders["merged"]).encode()
    try:
        if libc.mount(b"overlay", target, b"overlay", 0, options.encode()):
            raise LocalError(
                f"no overlay mount under {CLUSTER} ({os.strerror(ctypes.get_errno())})",
                "set XDG_STATE_HOME to a folder on a plain disk, such as ext4",
            )
        libc.umount2(target, 0)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
