"""Accelerators by the names people use for them, and what pools of them have in common in every cloud."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ..base import Args, Settings

Accelerator = Literal["T4", "L4", "A10G", "A100-40", "A100-80", "H100", "H200", "B200"]
"""Of NVIDIA, as the clouds offer them."""

MIG: Mapping[str, Mapping[str, int]] = {
    "A100-40": {"1g.5gb": 7, "2g.10gb": 3, "3g.20gb": 2, "4g.20gb": 1, "7g.40gb": 1},
    "A100-80": {"1g.10gb": 7, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1},
    "H100": {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1},
    "H200": {"1g.18gb": 7, "1g.35gb": 4, "2g.35gb": 3, "3g.71gb": 2, "4g.71gb": 1, "7g.141gb": 1},
    "B200": {"1g.23gb": 7, "1g.45gb": 4, "2g.45gb": 3, "3g.90gb": 2, "4g.90gb": 1, "7g.180gb": 1},
}
"""Accelerator -> profile -> slices of it on one GPU, as in partition_gpu of Google's container-engine-accelerators."""

RESOURCE = "nvidia.com/gpu"
POOL = "mlops/pool"
"""The label by which a node says which pool it is of."""


def _taint(value: str | None) -> str:
    key, separator, effect = (value or "").rpartition(":")
    if not separator or not key or effect not in ("NoSchedule", "NoExecute"):
        raise ValueError(
            "write key=value:NoSchedule, as kubectl does; without a taint any pod lands on nodes with GPUs"
        )
    return str(value)


Taint = Annotated[str | None, AfterValidator(_taint)]
"""Never none, once it is checked."""


class NodeGpus(Settings):
    """The GPUs of each node of a pool, and how pods share them."""

    profiles: ClassVar[Mapping[str, Mapping[str, int]]] = MIG
    """What GPUs can be cut into, by who cuts them there."""

    accelerator: str
    per_node: int = Field(default=1, ge=1, le=16)
    taint: Taint = f"{RESOURCE}=present:NoSchedule"
    mig: str | None = None
    """Cut each GPU into slices of this profile, such as 1g.10gb; a pod then asks for slices as for GPUs."""
    time_slices: int | None = Field(default=None, ge=2, le=48)
    """Let so many pods share a GPU by turns, with nothing between their memory."""

    @model_validator(mode="after")
    def _shared_in_one_way(self) -> Self:
        if self.mig and self.mig not in self.profiles.get(self.accelerator, {}):
            known = ", ".join(self.profiles.get(self.accelerator, {})) or "none: it can't be cut"
            raise ValueError(f"mig: {self.accelerator} has no profile {self.mig}; it has {known}")
        if self.mig and self.time_slices:
            raise ValueError("mig and timeSlices exclude each other: remove one of them")
        return self

    @property
    def seen_per_node(self) -> int:
        """As many GPUs as a node offers to pods, slices counted."""
        slices = self.profiles[self.accelerator][self.mig] if self.mig else self.time_slices or 1
        return self.per_node * slices


class GpuPoolSettings(NodeGpus):
    """Nodes with GPUs: what is on them, how many there may be, and how they are paid for."""

    accelerator: Accelerator
    least_cpu: int = Field(default=0, ge=0)
    """vCPUs that a node must have, where the smallest machine with such GPUs has too few."""
    min: int = Field(default=0, ge=0, le=1000)
    max: int = Field(ge=1, le=1000)
    """Nodes. From none, by default, so that an idle pool costs nothing."""
    spot: bool = False
    """Much cheaper, and taken away when somebody pays more."""
    disk: int = Field(default=200, ge=50, le=16384)
    """GiB of a node's disk, where images and scratch space lie."""
    together: bool = False
    """Near each other on the network, for training over several nodes: one zone."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min is {self.min} and max {self.max}: write no more than that for min")
        return self


class GpuPlace(Args):
    """How to ask for a pool's GPUs, and how to get to its nodes."""

    resource: str = RESOURCE
    taint: str
    node_labels: Mapping[str, str]


class GpuNodes(GpuPlace):
    """What the layers above know of a pool, wherever it is: how to ask for its GPUs, and how many a node has."""

    per_node: int
    memory: int
    """MiB of one GPU, or of a slice of it."""


EFFECTS = {"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE"}
"""How clouds spell what Kubernetes calls the effects of a taint."""


def parts(taint: str) -> tuple[str, str, str]:
    """Key, value and effect of a taint as kubectl writes it."""
    key_value, _, effect = taint.rpartition(":")
    key, _, value = key_value.partition("=")
    return key, value, effect
