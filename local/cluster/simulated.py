"""Nodes that do not exist: a pool of GPUs, and room for workloads whose images cannot be had on this machine.

The real scheduler places pods there; kwok reports them as running. Nothing runs.
"""

from pathlib import Path

from local.cluster import api, kubeconfigs
from local.cluster.api import Manifest
from local.cluster.control_plane import flags, trouble
from local.cluster.names import KWOK_PORT, SIMULATED
from local.cluster.network import Network
from local.cluster.processes import Process

FAKE = "kwok.x-k8s.io/node"
PLAIN, GPU = 2, 2
GPUS_PER_NODE = 8


def kwok(binaries: Path, network: Network) -> Process:
    known = kubeconfigs.path("kwok")
    command = flags(
        binaries / "kwok",
        {
            "kubeconfig": known,
            "manage-nodes-with-annotation-selector": f"{FAKE}=fake",
            "cidr": network.simulated,
            "node-ip": network.bridge,
            "server-address": f"127.0.0.1:{KWOK_PORT}",
            "node-lease-duration-seconds": 40,
            "v": "WARN",
        },
    )
    return Process("kwok", command, lambda: trouble(KWOK_PORT, "/healthz"), inputs=(known,))


def nodes() -> list[Manifest]:
    plain = [_node(f"simulated-{number}", {}, SIMULATED, "true", {}) for number in range(1, PLAIN + 1)]
    labels = {
        "accelerator": "nvidia-a100",
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.count": str(GPUS_PER_NODE),
        "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB",
        "nvidia.com/gpu.memory": "81920",
    }
    gpu = [
        _node(f"simulated-gpu-{number}", labels, "nvidia.com/gpu", "present", {"nvidia.com/gpu": str(GPUS_PER_NODE)})
        for number in range(1, GPU + 1)
    ]
    return plain + gpu


def apply_nodes() -> None:
    for node in nodes():
        api.apply({key: value for key, value in node.items() if key != "status"})
        api.apply(node, "/status")


def _node(name: str, labels: dict[str, str], taint: str, value: str, devices: dict[str, str]) -> Manifest:
    capacity = {"cpu": "64", "memory": "512Gi", "ephemeral-storage": "1Ti", "pods": "250", **devices}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {FAKE: "fake"},
            "labels": {
                SIMULATED: "true",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/region": "local",
                "topology.kubernetes.io/zone": "local",
                **labels,
            },
        },
        "spec": {"taints": [{"key": taint, "value": value, "effect": "NoSchedule"}]},
        "status": {"capacity": capacity, "allocatable": capacity},
    }
