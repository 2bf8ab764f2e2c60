"""Pools of nodes that are there already: labelled, tainted, and asked whether they have what the stack file says."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pulumi import ComponentResource, Output, Resource, ResourceOptions, RunError, log
from pulumi_kubernetes.core.v1 import Node, NodePatch, NodeSpecPatchArgs, TaintPatchArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaPatchArgs
from pydantic import AfterValidator, Field, model_validator

from ..base import Args, Settings, Text
from ..types import Bytes, amount
from .dcgm import run_exporter
from .devices import AMD, DevicePluginSettings, run_plugin
from .gpus import POOL, RESOURCE, Accelerator, GpuNodes, NodeGpus, parts

_MEMORY: Mapping[str, int] = {
    "T4": 16384,
    "L4": 22888,
    "A10G": 22888,
    "A100-40": 40960,
    "A100-80": 81920,
    "H100": 81920,
    "H200": 144384,
    "B200": 183359,
    "MI300": 196608,
}
"""Accelerator -> MiB of one GPU: NVIDIA's as the EC2 API reports them, AMD's the 192 GiB of the MI300X."""

_Known = Mapping[str, Any]
"""A part of a live object, which the SDK hands over as a mapping."""

_NODE = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_PRODUCT = "nvidia.com/gpu.product"
"""A label of NVIDIA's feature discovery, such as NVIDIA-A100-SXM4-80GB, where a cluster has that."""


def _node(value: str) -> str:
    if not _NODE.fullmatch(value):
        raise ValueError("write the name of a node as `kubectl get nodes` shows it")
    return value


class Room(Settings):
    """What each of some nodes has for pods: `Allocatable`, as `kubectl describe node` shows it."""

    cpu: int = Field(ge=1)
    memory: Bytes


class MachinesSettings(Room):
    """The nodes without GPUs: so that a preview can tell whether the platform fits. Nothing is done with them."""

    count: int = Field(ge=1)


def _resource(accelerator: object) -> str:
    return AMD if accelerator == "MI300" else RESOURCE


class GivenGpuPoolSettings(NodeGpus, Room):
    """Nodes with the same GPUs, called by their names."""

    accelerator: Literal[Accelerator, "MI300"]
    nodes: tuple[Annotated[str, AfterValidator(_node)], ...]
    """As `kubectl get nodes` shows them. Each is in one pool."""

    @model_validator(mode="before")
    @classmethod
    def _usual_taint(cls, raw: Any) -> Any:
        """After the resource, which the accelerator decides on."""
        if not isinstance(raw, dict) or "taint" in raw:
            return raw
        return {**raw, "taint": f"{_resource(raw.get('accelerator'))}=present:NoSchedule"}

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if not self.nodes or len(set(self.nodes)) < len(self.nodes):
            raise ValueError("nodes: name at least one, and none of them twice")
        if self.time_slices and self.resource == AMD:
            raise ValueError("timeSlices: AMD's device plugin gives a GPU to one pod alone; remove it")
        return self

    @property
    def resource(self) -> str:
        """By which a pod asks for a GPU."""
        return _resource(self.accelerator)


class GivenGpuPoolArgs(Args):
    """`namespace` is for the device plugin and the exporter, where the settings bring them."""

    settings: GivenGpuPoolSettings
    plugin: DevicePluginSettings = DevicePluginSettings()
    namespace: Text | None = None
    kubelet_root: str = "/var/lib/kubelet"


class GivenGpuPool(ComponentResource):
    """Its label and its taint mark the nodes. An update ends where one of them lacks what the file says it has."""

    nodes: GpuNodes

    def __init__(self, name: str, pool: str, args: GivenGpuPoolArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:GivenGpuPool", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, labels = args.settings, {POOL: pool}
        self.nodes = GpuNodes(
            resource=settings.resource,
            taint=str(settings.taint),
            node_labels=labels,
            per_node=settings.seen_per_node,
            memory=_MEMORY[settings.accelerator] * settings.per_node // settings.seen_per_node,
        )
        patched = {node: _patch(f"{name}-{node}", node, labels, str(settings.taint), child) for node in settings.nodes}
        brought = args.namespace is not None and args.plugin.image_for(settings.resource) is not None
        before: list[Resource] = []
        ready = ResourceOptions.merge(child, ResourceOptions(depends_on=list(patched.values())))
        if args.namespace is not None and args.plugin.dcgm_image and settings.resource == RESOURCE:
            runtime, root = args.plugin.nvidia_runtime, args.kubelet_root
            run_exporter(name, args.plugin, labels, args.namespace, ready, kubelet_root=root, runtime=runtime)
        if brought:
            before = [run_plugin(name, settings, settings.resource, args.plugin, labels, args.namespace, ready)]
        checks = []
        for node, patch in patched.items():
            # Its id is known once it is patched, so a preview of a new pool needs no cluster to ask.
            reads = ResourceOptions.merge(child, ResourceOptions(depends_on=before))
            found = Node.get(f"{name}-{node}", patch.id, reads)
            said = Output.all(found.metadata, found.status)
            checks.append(said.apply(lambda known, node=node: _check(node, settings, brought, *known)))
        self.register_outputs({"checked": Output.all(*checks)})


def disagreements(pool: GivenGpuPoolSettings, has: Mapping[str, str], labels: Mapping[str, str]) -> list[str]:
    """What the pool says of a node and the node, by its `allocatable` and labels, doesn't."""
    found = []
    offered, wanted = int(amount(has[pool.resource])) if pool.resource in has else 0, pool.seen_per_node
    if offered != wanted:
        why = "is its device plugin running?" if not offered else "correct the pool, or how the node shares its GPUs"
        found.append(f"offers {offered} {pool.resource}, not {wanted}: {why}")
    for what, least in (("cpu", str(pool.cpu)), ("memory", pool.memory)):
        if amount(has.get(what, "0")) < amount(least):
            found.append(f"has {has.get(what, 'no')} {what} for pods, less than {least}")
    product = labels.get(_PRODUCT, "")
    model, _, size = pool.accelerator.partition("-")
    if product and (model not in product or (size and f"{size}GB" not in product)):
        found.append(f"has {product}, not {pool.accelerator}")
    return found


def _check(node: str, pool: GivenGpuPoolSettings, brought: bool, metadata: _Known, status: _Known) -> str:
    allocatable = status.get("allocatable") or {}
    if brought and amount(allocatable.get(pool.resource, "0")) == 0:
        log.warn(f"{node} does not offer {pool.resource} yet; the next preview looks again")
        return node
    if found := disagreements(pool, allocatable, metadata.get("labels") or {}):
        raise RunError("\n".join(f"the node {node} {one}" for one in found))
    return node


def _patch(name: str, node: str, labels: Mapping[str, str], taint: str, opts: ResourceOptions) -> NodePatch:
    """Taints are one list with one owner: where another program has set it, the API server refuses and says which."""
    key, value, effect = parts(taint)
    return NodePatch(
        name,
        metadata=ObjectMetaPatchArgs(name=node, labels=dict(labels)),
        spec=NodeSpecPatchArgs(taints=[TaintPatchArgs(key=key, value=value, effect=effect)]),
        opts=opts,
    )
