"""A Kubernetes cluster that is already there: one's own racks, a laptop, the embedded one."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Self

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes import Provider
from pydantic import Field, model_validator

from ..base import Args, Settings
from ..edge.dns import DnsZone
from ..k8s.namespace import Namespace, NamespaceArgs
from ..storage.cloud import BucketStore, CloudDatabaseSettings, CloudStoreSettings, SqlService
from ..types import Folder, Name, amount
from .devices import DevicePluginSettings
from .gpus import POOL, GpuNodes
from .nodes import GivenGpuPool, GivenGpuPoolArgs, GivenGpuPoolSettings, MachinesSettings


class GivenClusterSettings(Settings):
    """Which cluster. The credentials stay in the kubeconfig; neither the stack file nor the state ever holds them."""

    kind: Literal["given"] = "given"
    context: str | None = None
    """A context of the kubeconfig that KUBECONFIG names; by default its current one."""
    kubelet_root: Folder = "/var/lib/kubelet"
    """`--root-dir` of its kubelets, for what mounts file systems into pods. The embedded cluster fills in its own."""
    machines: MachinesSettings | None = None
    gpu_pools: dict[Name, GivenGpuPoolSettings] = Field(default_factory=dict)
    device_plugin: DevicePluginSettings = DevicePluginSettings()

    @model_validator(mode="after")
    def _each_node_in_one_pool(self) -> Self:
        seen: dict[str, str] = {}
        for pool, settings in self.gpu_pools.items():
            for node in dict.fromkeys(settings.nodes):
                if node in seen:
                    raise ValueError(f"gpuPools.{pool}.nodes: {node} is in the pool `{seen[node]}`; remove it from one")
                seen[node] = pool
        return self


class GivenClusterArgs(Args):
    """Which cluster it is."""

    settings: GivenClusterSettings = GivenClusterSettings()


class GivenCluster(ComponentResource):
    """The contract that every cluster hands to the layers above: a provider for objects inside it."""

    kubernetes: Provider
    gpu_pools: Mapping[str, GpuNodes]

    def __init__(self, name: str, args: GivenClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:GivenCluster", name, None, opts)
        self._name, self._context = name, args.settings.context
        self.kubernetes = Provider(f"{name}-objects", context=self._context, opts=ResourceOptions(parent=self))
        self.gpu_pools = self._pools(args.settings)
        # Read by the policy that tells before an update whether all pods fit.
        self.register_outputs({"nodes": nodes(args.settings)})

    @cached_property
    def shared(self) -> Provider:
        """For what a cluster has once, and several stacks bring alike: it takes over what it finds."""
        own = ResourceOptions(parent=self)
        return Provider(f"{self._name}-shared", context=self._context, upsert_existing_objects=True, opts=own)

    def _pools(self, settings: GivenClusterSettings) -> Mapping[str, GpuNodes]:
        inside = ResourceOptions(parent=self, provider=self.kubernetes)
        plugin = settings.device_plugin
        namespace: Output[str] | None = None
        if any(plugin.brings_to(pool.resource) for pool in settings.gpu_pools.values()):
            # A device plugin talks to the kubelet through a folder of the node, which is what `privileged` means.
            place = NamespaceArgs(name=plugin.namespace, level="privileged")
            namespace = Namespace(f"{self._name}-gpu-devices", place, inside).name
        pools = {}
        for pool, chosen in settings.gpu_pools.items():
            wires = GivenGpuPoolArgs(
                settings=chosen, plugin=plugin, namespace=namespace, kubelet_root=settings.kubelet_root
            )
            pools[pool] = GivenGpuPool(f"{self._name}-{pool}", pool, wires, inside).nodes
        return pools

    def object_store(self, name: str, settings: CloudStoreSettings, buckets: tuple[str, ...]) -> BucketStore:
        raise LookupError("this cluster is in no cloud: make an ObjectStore inside it")

    def database(self, name: str, settings: CloudDatabaseSettings) -> SqlService:
        raise LookupError("this cluster is in no cloud: make a Postgres inside it")

    def dns_zone(self, name: str, zone: str) -> DnsZone:
        raise LookupError("this cluster is in no cloud: let external-dns make the records, or make them by hand")


def nodes(settings: GivenClusterSettings) -> list[dict[str, Any]]:
    """What the stack file says of nodes, in Kubernetes's words; nothing where it says nothing of those without GPUs."""
    if settings.machines is None:
        return []
    plain = settings.machines
    found = [{"name": "machines", "count": plain.count, "room": {"cpu": plain.cpu, "memory": amount(plain.memory)}}]
    for name, pool in settings.gpu_pools.items():
        room = {"cpu": pool.cpu, "memory": amount(pool.memory), pool.resource: pool.seen_per_node}
        told = {"labels": {POOL: name}, "taints": [str(pool.taint)]}
        found.append({"name": name, "count": len(pool.nodes), "room": room, **told})
    return found
