"""GPU nodes cost as much as all others together: they run what asks for a GPU, and go when nothing does."""

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from ...open_source.reading import UNKNOWN
from ..findings import Finding, Problem, Unknown
from ..rule import rule
from .values import at, by_type

_MACHINES_WITH_GPU = ("a2-", "a3-", "a4-", "g2-", "g4-")
_WITH_GPU = ("p3", "p4", "p5", "p6", "g4", "g5", "g6", "g7", "trn", "inf")


def _eks(props: dict[str, Any]) -> Iterator[Finding]:
    kinds = at(props, "instanceTypes")
    gpus = str(at(props, "amiType") or "").endswith(("GPU", "NVIDIA")) or any(
        isinstance(one, str) and one.startswith(_WITH_GPU) for one in (kinds if isinstance(kinds, list) else ())
    )
    if gpus:
        yield from _judge(at(props, "taints"), "taints", at(props, "scalingConfig.minSize"), "scalingConfig.minSize")


def _gke(props: dict[str, Any]) -> Iterator[Finding]:
    machine = str(at(props, "nodeConfig.machineType") or "")
    if at(props, "nodeConfig.guestAccelerators") or machine.startswith(_MACHINES_WITH_GPU):
        least = at(props, "autoscaling.totalMinNodeCount") or at(props, "autoscaling.minNodeCount")
        scaled = least if at(props, "autoscaling") else at(props, "nodeCount") or 1
        yield from _judge(at(props, "nodeConfig.taints"), "nodeConfig.taints", scaled or 0, "autoscaling")


def _judge(taints: Any, path: str, least: Any, where: str) -> Iterator[Finding]:
    if UNKNOWN in (taints, least):
        yield Unknown(path if taints is UNKNOWN else where)
    if not taints:
        yield Problem(path, "takes any pod onto nodes with GPUs; taint them with nvidia.com/gpu.")
    if isinstance(least, int | float) and least > 0:
        yield Problem(where, f"keeps {least:.0f} nodes with GPUs when nothing needs them; let the least be 0.")


GPU_POOLS = rule(
    "gpu-pools",
    "Nodes with GPUs are tainted, and can all go.",
    by_type({"aws:eks/nodeGroup:NodeGroup": _eks, "gcp:container/nodePool:NodePool": _gke}),
    Severity.HIGH,
)
