"""What every engine is given alike: where steps log, where they keep data, whose GPUs they may ask for."""

from collections.abc import Mapping

from pulumi_kubernetes.core.v1 import TolerationArgs
from pydantic import Field

from ..base import Args, Settings, Text
from ..data.fluid.contracts import Volume
from ..k8s.placement import ANYWHERE, Placement
from ..storage.contracts import Bucket
from ..tracking.contracts import TrackingServer
from ..types import Count


class GpuPool(Settings):
    """Nodes with GPUs, kept free of other work by a taint."""

    resource: str = "nvidia.com/gpu"
    """The extended resource by which a pod asks for one."""
    taint: str = "nvidia.com/gpu=present:NoSchedule"
    """The nodes' taint, as `kubectl taint` writes it: key=value:effect."""
    node_labels: dict[str, str] = Field(default_factory=dict)
    """Labels that the pool's nodes have, and others have not."""
    quota: Count = 8
    """GPUs that the steps of one engine may hold at the same time."""

    def placement(self, gpus: int) -> Placement:
        """Onto the pool for those that ask for a GPU, and away from it for all others."""
        if not gpus:
            return ANYWHERE
        key_value, effect = self.taint.rsplit(":", 1)
        key, _, value = key_value.partition("=")
        toleration = TolerationArgs(key=key, operator="Equal", value=value, effect=effect)
        return Placement(self.node_labels, (toleration,), {self.resource: gpus})


class PipelineContext(Args):
    """The same for each engine, so that a step neither knows nor cares which one runs it."""

    tracking: TrackingServer
    artifacts: Bucket
    gpu: GpuPool | None = None
    datasets: Mapping[str, Volume] = Field(default_factory=dict)
    """Those that steps may name."""
    identity: Mapping[str, Text] = Field(default_factory=dict)
    """Annotations of a step's account by which a cloud knows it."""
    pull_secrets: tuple[Text, ...] = ()
    """Names of Secrets with registry logins, in the namespace that steps run in."""
