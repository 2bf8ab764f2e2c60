"""EFA: interfaces by which nodes write into each other's memory, for training that spans several of them.

Amazon's own device plugin has no open source. One that shows any device file does the same under the same resource, so
that what is written for the other runs here: github.com/squat/generic-device-plugin.
"""

import json
from collections.abc import Sequence

from pulumi import Input, ResourceOptions
from pulumi_aws import ec2, vpc
from pulumi_kubernetes.core.v1 import ContainerArgs, VolumeMountArgs

from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.resources import Resources
from ...k8s.volumes import host_path
from ..devices import SOCKETS, SOCKETS_MOUNT, on_nodes, security
from ..gpus import POOL
from .machines import INTERFACE

_ALL = "-1"
_FILES = "/dev/infiniband"
_RESOURCES = Resources(cpu="10m", memory="32Mi", memory_limit="64Mi")


def among_themselves(name: str, network: Input[str], opts: ResourceOptions) -> ec2.SecurityGroup:
    """All traffic within the group. A rule for all addresses is not enough for EFA: it has to name the group."""
    group = ec2.SecurityGroup(
        f"{name}-interfaces", vpc_id=network, description="Interfaces of EFA, among themselves", opts=opts
    )
    for way, rule in (("in", vpc.SecurityGroupIngressRule), ("out", vpc.SecurityGroupEgressRule)):
        rule(
            f"{name}-interfaces-{way}",
            security_group_id=group.id,
            referenced_security_group_id=group.id,
            ip_protocol=_ALL,
            opts=opts,
        )
    return group


def interfaces(count: int, groups: Sequence[Input[str]]) -> list[ec2.LaunchTemplateNetworkInterfaceArgs]:
    """One on each of the machine's network cards; the first carries all other traffic, too."""
    return [
        ec2.LaunchTemplateNetworkInterfaceArgs(
            network_card_index=card,
            device_index=1 if card else 0,
            interface_type="efa-only" if card else "efa",
            delete_on_termination="true",
            security_groups=list(groups),
        )
        for card in range(count)
    ]


def show_interfaces(name: str, pools: Sequence[str], namespace: Input[str], opts: ResourceOptions) -> None:
    """Have the kubelets of these pools offer them. The plugin opens no device: what it looks at are names."""
    domain, _, device = INTERFACE.partition("/")
    files = {"name": device, "groups": [{"paths": [{"path": f"{_FILES}/uverbs*"}]}]}
    container = ContainerArgs(
        name="plugin",
        image=image("device-files-plugin").reference,
        args=[f"--domain={domain}", f"--device={json.dumps(files)}"],
        volume_mounts=[SOCKETS_MOUNT, VolumeMountArgs(name="files", mount_path=_FILES, read_only=True)],
        resources=_RESOURCES.requirements(),
        security_context=security(),
    )
    volumes = [SOCKETS, host_path("files", _FILES)]
    for pool in pools:
        own = f"{name}-{pool}"
        on_nodes(own, Identity("device-plugin", own), container, volumes, {POOL: pool}, namespace, opts)
