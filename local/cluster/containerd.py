"""The cluster's own containerd: its folders, socket and settings are apart from any other on this machine."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from local.cluster.archive import pack
from local.cluster.names import BRIDGE, CONFIG, CONTAINERD
from local.cluster.network import Network
from local.cluster.processes import Process
from local.errors import LocalError
from local.paths import CACHE, CONTAINERD_SOCKET, IMAGE_STORE

PAUSE = "exquisite-mlops.local/pause:1"
PLUGINS = "/usr/lib/cni"


def process(network: Network) -> Process:
    settings = CONFIG / "containerd.toml"
    files = {
        settings: _settings(),
        # Nothing may be pulled: an image that nobody imported fails at once, without a packet.
        CONFIG / "registries/_default/hosts.toml": 'server = "http://127.0.0.1:1"\n',
        CONFIG / "cni/10-exquisite-mlops.conflist": json.dumps(_cni(network), indent=2),
    }
    return Process("containerd", ("/usr/bin/containerd", "--config", str(settings)), _trouble, files)


def ctr(*arguments: str) -> str:
    """Containerd's own command, in the namespace where the kubelet keeps its images and containers."""
    done = subprocess.run(
        ["ctr", "--address", str(CONTAINERD_SOCKET), "--namespace", "k8s.io", *arguments],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise LocalError(f"`ctr {' '.join(arguments)}` failed", done.stderr.strip()[-500:] or "see the containerd log")
    return done.stdout


def forget_containers() -> None:
    """What has run leaves nothing in the store, which outlives it, but the images."""
    if containers := ctr("containers", "list", "--quiet").split():
        ctr("tasks", "delete", "--force", *containers)
        ctr("containers", "delete", *containers)


def pause_archive() -> Path:
    """The image that holds a pod's namespaces, compiled from its source beside this file."""
    source = Path(__file__).parent / "pause" / "main.go"
    folder = CACHE / "pause" / hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    archive = folder / "pause.tar"
    if not archive.exists():
        draft = folder / f"draft-{os.getpid()}.tar"
        pack(draft, PAUSE, {"pause": compile_static(source, folder / "pause")}, ["/pause"])
        draft.replace(archive)
    return archive


def compile_static(source: Path, binary: Path) -> Path:
    """One Go file that needs the standard library only, as a binary that needs nothing."""
    if shutil.which("go") is None:
        raise LocalError("there is no `go` on PATH", "install Go, which builds the cluster's programs")
    binary.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(binary), str(source)],
        env={**os.environ, "CGO_ENABLED": "0", "GO111MODULE": "off"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise LocalError(f"{source.name} of {source.parent.name} does not compile", done.stderr.strip()[-500:])
    return binary


def _trouble() -> str | None:
    try:
        ctr("version")
    except LocalError as error:
        return error.remedy
    return None


def _settings() -> str:
    return f"""version = 2
root = "{IMAGE_STORE}/root"
state = "{CONTAINERD}/state"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  # Without CAP_SYS_RESOURCE nobody may lower an OOM score, not even root.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{PLUGINS}"
    conf_dir = "{CONFIG}/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{CONFIG}/registries"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "runc"
        Root = "{CONTAINERD}/runc"
        SystemdCgroup = false
"""


def _cni(network: Network) -> dict[str, object]:
    """The bridge is ours already; the plugin only joins pods to it. No masquerade: nothing goes outside."""
    ranges = [
        [
            {
                "subnet": str(network.pods),
                "rangeStart": str(network.real[2]),
                "rangeEnd": str(network.real[-2]),
                "gateway": str(network.bridge),
            }
        ]
    ]
    return {
        "cniVersion": "1.0.0",
        "name": "exquisite-mlops",
        "plugins": [
            {
                "type": "bridge",
                "bridge": BRIDGE,
                "isGateway": False,
                "ipMasq": False,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": f"{CONTAINERD}/addresses",
                    "ranges": ranges,
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            }
        ],
    }
