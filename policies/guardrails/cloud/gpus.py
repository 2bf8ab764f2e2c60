"""GPU nodes cost as much as all others together: they run what asks for a GPU, and go when nothing does."""

import re
from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from ...open_source.reading import UNKNOWN
from ..findings import Finding, Problem, Unknown
from ..rule import rule
from .values import at, by_type, listed

_MACHINES_WITH_GPU = re.compile(r"[ag][2-9]x?-")
_WITH_GPU = re.compile(r"(?:p|gr?|trn|inf|dl|vt)\d")
_IMAGES_FOR_GPU = ("GPU", "NVIDIA")
_KEEPS_OFF = ("NO_SCHEDULE", "NO_EXECUTE")


def _eks(props: dict[str, Any]) -> Iterator[Finding]:
    kinds, image = listed(at(props, "instanceTypes")), at(props, "amiType")
    if any(map(has_gpu, kinds)) or is_for_gpu(image):
        yield from judged(props)
    elif UNKNOWN in (*kinds, image):
        yield Unknown("instanceTypes")


def has_gpu(machine: Any) -> bool:
    """Of a type of machine of EC2, or the beginning of one."""
    return isinstance(machine, str) and bool(_WITH_GPU.match(machine))


def is_for_gpu(image: Any) -> bool:
    """Of a kind of EKS's images for nodes."""
    return isinstance(image, str) and image.endswith(_IMAGES_FOR_GPU)


def judged(props: dict[str, Any]) -> Iterator[Finding]:
    """What is wrong with a node group of EKS whose machines have GPUs."""
    yield from _judge(at(props, "taints"), "taints", at(props, "scalingConfig.minSize"), "scalingConfig.minSize")


def _gke(props: dict[str, Any]) -> Iterator[Finding]:
    machine, accelerators = at(props, "nodeConfig.machineType"), at(props, "nodeConfig.guestAccelerators")
    if UNKNOWN in (machine, accelerators):
        yield Unknown("nodeConfig")
    elif accelerators or (isinstance(machine, str) and _MACHINES_WITH_GPU.match(machine)):
        least = at(props, "autoscaling.totalMinNodeCount") or at(props, "autoscaling.minNodeCount")
        count = at(props, "nodeCount")
        scaled = least if at(props, "autoscaling") else 1 if count is None else count
        yield from _judge(at(props, "nodeConfig.taints"), "nodeConfig.taints", scaled, "autoscaling")


def _judge(taints: Any, path: str, least: Any, where: str) -> Iterator[Finding]:
    effects = [at(one, "effect") for one in listed(taints)]
    if UNKNOWN in (*effects, least):
        yield Unknown(path if UNKNOWN in effects else where)
    if UNKNOWN not in effects and not any(effect in _KEEPS_OFF for effect in effects):
        yield Problem(path, "takes any pod onto nodes with GPUs; taint them with nvidia.com/gpu.")
    if isinstance(least, int | float) and least > 0:
        yield Problem(where, f"keeps {least:.0f} nodes with GPUs when nothing needs them; let the least be 0.")


GPU_POOLS = rule(
    "gpu-pools",
    "Nodes with GPUs are tainted, and can all go.",
    by_type({"aws:eks/nodeGroup:NodeGroup": _eks, "gcp:container/nodePool:NodePool": _gke}),
    Severity.HIGH,
)
