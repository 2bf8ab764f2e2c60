"""What a machine of a pool starts with: disks, tags, interfaces, and whose capacity it takes."""

import base64
from collections.abc import Mapping
from typing import Any

from pulumi import Output, ResourceOptions
from pulumi_aws import ec2

from ...base import Args, Text
from . import efa
from .machines import CARDS
from .settings import AwsGpuPoolSettings, AwsSystemPoolSettings

_ROOT, _DATA = "/dev/xvda", "/dev/xvdb"  # of Bottlerocket
_ROOT_SIZE = 4
# Neither a group's tags nor the provider's reach what its machines are made of.
_TAGGED = ("instance", "volume", "network-interface")


class TemplateArgs(Args):
    """`group` is the cluster's security group, by which it knows its nodes."""

    machine: str
    network: Text
    group: Text
    tags: Mapping[str, str]
    settings: AwsSystemPoolSettings | AwsGpuPoolSettings


def launch_template(name: str, args: TemplateArgs, opts: ResourceOptions) -> ec2.LaunchTemplate:
    """Of one pool. Machines that run already keep what they started with until EKS replaces them."""
    gpu = args.settings if isinstance(args.settings, AwsGpuPoolSettings) else None
    own: dict[str, Any] = {}
    if gpu:
        own = {**_bought(args.machine, gpu), **_placed(name, gpu, opts)}
        if gpu.efa:
            among = efa.among_themselves(name, args.network, opts)
            own["network_interfaces"] = efa.interfaces(gpu.interfaces, [args.group, among.id])
        if text := sharing(gpu):
            own["user_data"] = base64.b64encode(text.encode()).decode()
    return ec2.LaunchTemplate(
        f"{name}-template",
        update_default_version=True,
        block_device_mappings=[_disk(_ROOT, _ROOT_SIZE), _disk(_DATA, args.settings.disk)],
        # A pod is one hop further away than its node, and must not get the node's rights.
        metadata_options=ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
        ),
        tag_specifications=[
            ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=dict(args.tags)) for kind in _TAGGED
        ],
        opts=opts,
        **own,
    )


def _bought(machine: str, gpu: AwsGpuPoolSettings) -> dict[str, Any]:
    """The capacity that is paid for already, if any."""
    own: dict[str, Any] = {}
    if gpu.capacity_block:
        own["instance_type"] = machine
        own["instance_market_options"] = ec2.LaunchTemplateInstanceMarketOptionsArgs(market_type="capacity-block")
    if reservation := gpu.capacity_block or gpu.reservation:
        target = ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs(
            capacity_reservation_id=reservation
        )
        own["capacity_reservation_specification"] = ec2.LaunchTemplateCapacityReservationSpecificationArgs(
            capacity_reservation_target=target
        )
    return own


def _placed(name: str, gpu: AwsGpuPoolSettings, opts: ResourceOptions) -> dict[str, Any]:
    """Near each other, in a group of the pool's own or in that of its reservation."""
    group: Output[str] | str | None = gpu.placement_group
    if gpu.together:
        group = ec2.PlacementGroup(f"{name}-together", strategy="cluster", opts=opts).name
    return {"placement": ec2.LaunchTemplatePlacementArgs(group_name=group)} if group else {}


def sharing(gpu: AwsGpuPoolSettings) -> str:
    """Bottlerocket's settings for a GPU that several pods use, in TOML; none where each has its own."""
    if gpu.mig:
        return (
            '[settings.kubelet-device-plugins.nvidia]\ndevice-partitioning-strategy = "mig"\n'
            f'[settings.kubelet-device-plugins.nvidia.mig.profile]\n"{CARDS[gpu.accelerator]}" = "{gpu.mig}"\n'
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
