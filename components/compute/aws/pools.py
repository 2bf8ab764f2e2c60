"""Groups of nodes: machines, disks, and what tells the scheduler which is which."""

import base64
from collections.abc import Mapping
from typing import Any

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_aws import autoscaling, ec2, eks

from ...base import Args, Text
from ..gpus import EFFECTS, POOL, RESOURCE, GpuNodes, parts
from . import efa
from .autoscaler import TAGS
from .machines import INTERFACE, OFFER, choose
from .settings import AwsGpuPoolSettings, AwsSystemPoolSettings

_ROOT, _DATA = "/dev/xvda", "/dev/xvdb"  # of Bottlerocket
_ROOT_SIZE = 4


class PoolArgs(Args):
    """`role` is what the nodes may do in AWS, `group` the cluster's security group, by which it knows its nodes."""

    cluster: Text
    role: Text
    network: Text
    group: Text
    subnets: Mapping[str, Output[str]]
    settings: AwsSystemPoolSettings | AwsGpuPoolSettings


class NodePool(ComponentResource):
    """Bottlerocket throughout: read-only, without a shell, and with GPUs it brings the driver and the device plugin."""

    nodes: GpuNodes | None
    ready: Output[str]

    def __init__(self, name: str, pool: str, args: PoolArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:AwsNodePool", name, None, opts)
        self._name, self._pool, self._child = name, pool, ResourceOptions(parent=self)
        settings = args.settings
        gpu = settings if isinstance(settings, AwsGpuPoolSettings) else None
        machine = choose(gpu).name if gpu else settings.machine
        template = self._template(machine, args, gpu)
        zones = gpu.zones if gpu and gpu.zones else tuple(args.subnets)
        group = eks.NodeGroup(
            f"{name}-nodes",
            cluster_name=args.cluster,
            node_role_arn=args.role,
            subnet_ids=[args.subnets[zone] for zone in zones],
            ami_type="BOTTLEROCKET_x86_64_NVIDIA" if gpu else "BOTTLEROCKET_x86_64",
            capacity_type=capacity(gpu),
            # A capacity block takes the machine from the template alone.
            instance_types=None if gpu and gpu.capacity_block else [machine],
            scaling_config=eks.NodeGroupScalingConfigArgs(
                min_size=settings.min, max_size=settings.max, desired_size=settings.min
            ),
            labels={POOL: pool},
            taints=[taint(gpu.taint)] if gpu else [],
            launch_template=eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(lambda version: str(version))
            ),
            update_config=eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
            node_repair_config=eks.NodeGroupNodeRepairConfigArgs(enabled=True),
            # How many there are right now is the autoscaler's affair.
            opts=ResourceOptions(parent=self, ignore_changes=["scalingConfig.desiredSize"]),
        )
        self.ready = group.arn
        self.nodes = None
        if gpu:
            self.nodes = OFFER.nodes(pool, gpu)
            self._tell_autoscaler(group, args.cluster, self.nodes, gpu.interfaces)
        self.register_outputs({"nodes": group.node_group_name})

    def _template(self, machine: str, args: PoolArgs, gpu: AwsGpuPoolSettings | None) -> ec2.LaunchTemplate:
        own: dict[str, Any] = {"instance_type": machine} if gpu and gpu.capacity_block else {}
        if gpu and gpu.capacity_block:
            own["instance_market_options"] = ec2.LaunchTemplateInstanceMarketOptionsArgs(market_type="capacity-block")
        if reservation := gpu and (gpu.capacity_block or gpu.reservation):
            target = ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs(
                capacity_reservation_id=reservation
            )
            own["capacity_reservation_specification"] = ec2.LaunchTemplateCapacityReservationSpecificationArgs(
                capacity_reservation_target=target
            )
        if gpu and gpu.together:
            group = ec2.PlacementGroup(f"{self._name}-together", strategy="cluster", opts=self._child)
            own["placement"] = ec2.LaunchTemplatePlacementArgs(group_name=group.name)
        if gpu and gpu.efa:
            among = efa.among_themselves(self._name, args.network, self._child)
            own["network_interfaces"] = efa.interfaces(gpu.interfaces, [args.group, among.id])
        if gpu and (text := sharing(gpu)):
            own["user_data"] = base64.b64encode(text.encode()).decode()
        return ec2.LaunchTemplate(
            f"{self._name}-template",
            update_default_version=True,
            block_device_mappings=[_disk(_ROOT, _ROOT_SIZE), _disk(_DATA, args.settings.disk)],
            # A pod is one hop further away than its node, and must not get the node's rights.
            metadata_options=ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            opts=self._child,
            **own,
        )

    def _tell_autoscaler(self, group: eks.NodeGroup, cluster: Input[str], nodes: GpuNodes, interfaces: int) -> None:
        """What a node would be like, while there is none to look at. EKS hands its own tags on to no group."""
        scaled = group.resources.apply(lambda made: made[0].autoscaling_groups[0].name)
        key, _, effect = nodes.taint.partition("=")
        told: dict[str, tuple[Input[str], str]] = {
            "owner": (Output.concat(f"{TAGS}/", cluster), "owned"),
            "enabled": (f"{TAGS}/enabled", "true"),
            "label": (f"{TAGS}/node-template/label/{POOL}", self._pool),
            "taint": (f"{TAGS}/node-template/taint/{key}", effect),
            "gpus": (f"{TAGS}/node-template/resources/{RESOURCE}", str(nodes.per_node)),
        }
        if interfaces:
            told["interfaces"] = (f"{TAGS}/node-template/resources/{INTERFACE}", str(interfaces))
        for what, (tag, value) in told.items():
            given = autoscaling.TagTagArgs(key=tag, value=value, propagate_at_launch=False)
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


def sharing(gpu: AwsGpuPoolSettings) -> str:
    """Bottlerocket's settings for a GPU that several pods use, in TOML; none where each has its own."""
    if gpu.mig:
        model, _, size = gpu.accelerator.partition("-")
        known = {"H100": "h100.80gb", "H200": "h200.141gb", "B200": "b200.180gb"}
        card = known.get(gpu.accelerator, f"{model.lower()}.{size}gb")
        return (
            '[settings.kubelet-device-plugins.nvidia]\ndevice-partitioning-strategy = "mig"\n'
            f'[settings.kubelet-device-plugins.nvidia.mig.profile]\n"{card}" = "{gpu.mig}"\n'
        )
    if gpu.time_slices:
        return (
            '[settings.kubelet-device-plugins.nvidia]\ndevice-sharing-strategy = "time-slicing"\n'
            f"[settings.kubelet-device-plugins.nvidia.time-slicing]\nreplicas = {gpu.time_slices}\n"
            # Two turns on one GPU are no two GPUs.
            "rename-by-default = false\nfail-requests-greater-than-one = true\n"
        )
    return ""


def _disk(device: str, size: int) -> ec2.LaunchTemplateBlockDeviceMappingArgs:
    volume = ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
        volume_size=size, volume_type="gp3", encrypted="true", delete_on_termination="true"
    )
    return ec2.LaunchTemplateBlockDeviceMappingArgs(device_name=device, ebs=volume)
