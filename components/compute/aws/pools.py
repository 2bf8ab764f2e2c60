"""Groups of nodes: machines, their versions, and what tells the scheduler which is which."""

from collections.abc import Mapping

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_aws import autoscaling, eks

from ...base import Args, Text
from ..gpus import EFFECTS, POOL, RESOURCE, GpuNodes, parts
from .autoscaler import TAGS
from .machines import INTERFACE, KNOWN_AS, OFFER, choose
from .settings import AwsGpuPoolSettings, AwsSystemPoolSettings
from .template import TemplateArgs, launch_template

_ACCELERATOR = "k8s.amazonaws.com/accelerator"
"""By it the autoscaler knows a node whose GPUs are about to be offered, and buys no other one for the same pod."""


class PoolArgs(Args):
    """`role` is what the nodes may do in AWS, `group` the cluster's security group, by which it knows its nodes.

    `version` is that of the cluster's Kubernetes: EKS leaves the nodes' alone unless it is told.
    """

    cluster: Text
    version: str
    role: Text
    network: Text
    group: Text
    subnets: Mapping[str, Output[str]]
    tags: Mapping[str, str]
    settings: AwsSystemPoolSettings | AwsGpuPoolSettings


class NodePool(ComponentResource):
    """Bottlerocket throughout: read-only, without a shell, and with GPUs it brings the driver and the device plugin."""

    nodes: GpuNodes | None
    ready: Output[str]

    def __init__(self, name: str, pool: str, args: PoolArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:AwsNodePool", name, None, opts)
        self._name, self._child = name, ResourceOptions(parent=self)
        settings = args.settings
        gpu = settings if isinstance(settings, AwsGpuPoolSettings) else None
        machine = choose(gpu).name if gpu else settings.machine
        template = launch_template(
            name,
            TemplateArgs(machine=machine, network=args.network, group=args.group, tags=args.tags, settings=settings),
            self._child,
        )
        labels = {POOL: pool, **({_ACCELERATOR: KNOWN_AS[gpu.accelerator]} if gpu else {})}
        zones = gpu.zones if gpu and gpu.zones else tuple(args.subnets)
        group = eks.NodeGroup(
            f"{name}-nodes",
            cluster_name=args.cluster,
            version=args.version,
            node_role_arn=args.role,
            subnet_ids=[args.subnets[zone] for zone in zones],
            ami_type="BOTTLEROCKET_x86_64_NVIDIA" if gpu else "BOTTLEROCKET_x86_64",
            capacity_type=capacity(gpu),
            # A capacity block takes the machine from the template alone.
            instance_types=None if gpu and gpu.capacity_block else [machine],
            scaling_config=eks.NodeGroupScalingConfigArgs(
                min_size=settings.min, max_size=settings.max, desired_size=settings.min
            ),
            labels=labels,
            taints=[taint(gpu.taint)] if gpu else [],
            launch_template=eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(lambda version: str(version))
            ),
            update_config=eks.NodeGroupUpdateConfigArgs(
                max_unavailable=1,
                # There may be no other machine to have, in a full reservation above all: the old one goes first.
                update_strategy="MINIMAL" if gpu else "DEFAULT",
            ),
            node_repair_config=eks.NodeGroupNodeRepairConfigArgs(enabled=True),
            # How many there are right now is the autoscaler's affair.
            opts=ResourceOptions(parent=self, ignore_changes=["scalingConfig.desiredSize"]),
        )
        self.ready = group.arn
        self.nodes = None
        if gpu:
            self.nodes = OFFER.nodes(pool, gpu)
            self._tell_autoscaler(group, args.cluster, self.nodes, labels, gpu.interfaces)
        self.register_outputs({"nodes": group.node_group_name})

    def _tell_autoscaler(
        self, group: eks.NodeGroup, cluster: Input[str], nodes: GpuNodes, labels: Mapping[str, str], interfaces: int
    ) -> None:
        """What a node would be like, while there is none to look at. EKS hands its own tags on to no group."""
        scaled = group.resources.apply(lambda made: made[0].autoscaling_groups[0].name)
        key, value, effect = parts(nodes.taint)
        told: dict[str, tuple[Input[str], str]] = {
            "owner": (Output.concat(f"{TAGS}/", cluster), "owned"),
            "enabled": (f"{TAGS}/enabled", "true"),
            "label": (f"{TAGS}/node-template/label/{POOL}", labels[POOL]),
            "accelerator": (f"{TAGS}/node-template/label/{_ACCELERATOR}", labels[_ACCELERATOR]),
            "taint": (f"{TAGS}/node-template/taint/{key}", f"{value}:{effect}"),
            "gpus": (f"{TAGS}/node-template/resources/{RESOURCE}", str(nodes.per_node)),
        }
        if interfaces:
            told["interfaces"] = (f"{TAGS}/node-template/resources/{INTERFACE}", str(interfaces))
        for what, (tag, said) in told.items():
            given = autoscaling.TagTagArgs(key=tag, value=said, propagate_at_launch=False)
            autoscaling.Tag(f"{self._name}-{what}", autoscaling_group_name=scaled, tag=given, opts=self._child)


def capacity(gpu: AwsGpuPoolSettings | None) -> str:
    """In EKS's words: how the machines are paid for."""
    if gpu and gpu.capacity_block:
        return "CAPACITY_BLOCK"
    return "SPOT" if gpu and gpu.spot else "ON_DEMAND"


def taint(written: str | None) -> eks.NodeGroupTaintArgs:
    """From kubectl's spelling to that of EKS."""
    key, value, effect = parts(str(written))
    return eks.NodeGroupTaintArgs(key=key, value=value, effect=EFFECTS[effect])
