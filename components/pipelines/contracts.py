"""What every engine is given alike: where steps log, where they keep data, whose GPUs they may ask for."""

from collections.abc import Mapping
from typing import Self

from pulumi_kubernetes.core.v1 import TolerationArgs
from pydantic import Field

from ..base import Args, Settings, Text
from ..compute.gpus import GpuNodes, GpuPlace, Taint, parts
from ..compute.queues.contracts import TeamQueues
from ..data.fluid.contracts import Volume
from ..features.contracts import FeatureStoreClient
from ..k8s.placement import ANYWHERE, Placement
from ..storage.contracts import Bucket
from ..tracking.contracts import TrackingServer
from ..types import Count, Name


class GpuPool(Settings):
    """Nodes with GPUs, kept free of other work by a taint."""

    resource: str = "nvidia.com/gpu"
    """The extended resource by which a pod asks for one."""
    taint: Taint = "nvidia.com/gpu=present:NoSchedule"
    """The nodes' taint, as `kubectl taint` writes it: key=value:effect."""
    node_labels: dict[str, str] = Field(default_factory=dict)
    """Labels that the pool's nodes have, and others have not."""
    pool: Name | None = None
    """One of the cluster's own pools, which then says all of the above by itself."""
    quota: Count = 8
    """GPUs that the steps of one engine may hold at the same time, where `queue` names no team whose quota holds."""

    def of(self, pools: Mapping[str, GpuNodes]) -> Self:
        """The same, told by the pool that it names, if it names one."""
        if self.pool is None:
            return self
        nodes = pools[self.pool]
        told = {"resource": nodes.resource, "taint": nodes.taint, "node_labels": dict(nodes.node_labels)}
        return self.model_copy(update=told)

    @property
    def place(self) -> GpuPlace:
        """As queues know it."""
        return GpuPlace(resource=self.resource, taint=str(self.taint), node_labels=self.node_labels)

    def placement(self, gpus: int) -> Placement:
        """Onto the pool for those that ask for a GPU, and away from it for all others."""
        if not gpus:
            return ANYWHERE
        key, value, effect = parts(str(self.taint))
        toleration = TolerationArgs(key=key, operator="Equal", value=value, effect=effect)
        return Placement(self.node_labels, (toleration,), {self.resource: gpus})


class PipelineContext(Args):
    """The same for each engine, so that a step neither knows nor cares which one runs it."""

    tracking: TrackingServer
    artifacts: Bucket
    gpu: GpuPool | None = None
    datasets: Mapping[str, Volume] = Field(default_factory=dict)
    """Those that steps may name."""
    features: FeatureStoreClient | None = None
    """For steps that ask for it; it has to let in the accounts of the namespaces that they run in."""
    queues: TeamQueues | None = None
    queue: Name | None = None
    """The team on whose quota steps run that name no other."""
    pull_secrets: tuple[Text, ...] = ()
    """Names of Secrets with registry logins, in the namespace that steps run in."""
