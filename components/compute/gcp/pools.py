"""Groups of nodes: machines, disks, and what tells the scheduler which is which."""

from collections.abc import Mapping, Sequence

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_gcp import container

from ...base import Args, Text
from ..gpus import EFFECTS, POOL, GpuNodes, parts
from .machines import ACCELERATORS, OFFER, disk_for
from .settings import GcpGpuPoolSettings, GcpSystemPoolSettings

_RESERVATION = "compute.googleapis.com/reservation-name"
_INTERFACES = "cloud.google.com/gke-networking-dra-driver"
"""Has GKE's driver (DRANET) offer a node's interfaces to pods that claim some."""


class PoolArgs(Args):
    """`account` is who the nodes are in Google Cloud, `key` what their disks are encrypted with."""

    cluster: Text
    region: str
    zones: Sequence[str]
    account: Text
    key: Text
    labels: Mapping[str, str]
    settings: GcpSystemPoolSettings | GcpGpuPoolSettings


class NodePool(ComponentResource):
    """Container-Optimized OS throughout; with GPUs, GKE brings the driver and the device plugin."""

    nodes: GpuNodes | None
    ready: Output[str]

    def __init__(self, name: str, pool: str, args: PoolArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:GcpNodePool", name, None, opts)
        settings = args.settings
        gpu = settings if isinstance(settings, GcpGpuPoolSettings) else None
        machine = OFFER.choose(gpu).name if gpu else settings.machine
        # A machine with GPUs is not to be had for a moment, and not at all beyond a reservation.
        spare = (0, 1) if gpu else (1, 0)
        made = container.NodePool(
            name,
            cluster=args.cluster,
            location=args.region,
            node_locations=[f"{args.region}-{zone}" for zone in args.zones],
            initial_node_count=-(-settings.min // len(args.zones)),
            autoscaling=container.NodePoolAutoscalingArgs(
                total_min_node_count=settings.min,
                total_max_node_count=settings.max,
                location_policy="ANY" if gpu else "BALANCED",
            ),
            node_config=_node(pool, machine, args, gpu),
            management=container.NodePoolManagementArgs(
                auto_upgrade=True,
                # A node that has waited for its turn is not given back for the sake of a repair.
                auto_repair=not (gpu and gpu.flex_start),
            ),
            upgrade_settings=container.NodePoolUpgradeSettingsArgs(
                strategy="SURGE", max_surge=spare[0], max_unavailable=spare[1]
            ),
            placement_policy=container.NodePoolPlacementPolicyArgs(type="COMPACT") if gpu and gpu.together else None,
            network_config=container.NodePoolNetworkConfigArgs(
                enable_private_nodes=True,
                # Networks for RDMA, with their subnets, are made by GKE.
                accelerator_network_profile="auto" if gpu and gpu.gpu_direct else None,
            ),
            # How many there are right now is the autoscaler's affair.
            opts=ResourceOptions(parent=self, ignore_changes=["initialNodeCount"]),
        )
        self.ready = made.id
        self.nodes = None
        if gpu:
            self.nodes = OFFER.nodes(pool, gpu)
        self.register_outputs({"nodes": made.name})


def _node(pool: str, machine: str, args: PoolArgs, gpu: GcpGpuPoolSettings | None) -> container.NodePoolNodeConfigArgs:
    return container.NodePoolNodeConfigArgs(
        machine_type=machine,
        image_type="COS_CONTAINERD",
        disk_size_gb=args.settings.disk,
        disk_type=disk_for(machine),
        boot_disk_kms_key=args.key,
        service_account=args.account,
        # What the account may do is said by its roles alone.
        oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
        labels={POOL: pool, **({_INTERFACES: "true"} if gpu and gpu.gpu_direct else {})},
        resource_labels=dict(args.labels),
        taints=[taint(gpu.taint)] if gpu else [],
        guest_accelerators=[accelerator(gpu)] if gpu else [],
        spot=bool(gpu and gpu.spot),
        flex_start=True if gpu and gpu.flex_start else None,
        reservation_affinity=reservation(gpu) if gpu else None,
        gvnic=container.NodePoolNodeConfigGvnicArgs(enabled=True),
        shielded_instance_config=container.NodePoolNodeConfigShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_integrity_monitoring=True
        ),
        # A pod asks for its own identity, and must not get the node's.
        workload_metadata_config=container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
        metadata={"disable-legacy-endpoints": "true"},
    )


def accelerator(gpu: GcpGpuPoolSettings) -> container.NodePoolNodeConfigGuestAcceleratorArgs:
    """The GPUs of a node, with the driver that Google tests with the node's image, and how pods share them."""
    driver = container.NodePoolNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs(gpu_driver_version="DEFAULT")
    turns = gpu.time_slices and container.NodePoolNodeConfigGuestAcceleratorGpuSharingConfigArgs(
        gpu_sharing_strategy="TIME_SHARING", max_shared_clients_per_gpu=gpu.time_slices
    )
    return container.NodePoolNodeConfigGuestAcceleratorArgs(
        type=ACCELERATORS[gpu.accelerator],
        count=gpu.per_node,
        gpu_driver_installation_config=driver,
        gpu_partition_size=gpu.mig,
        gpu_sharing_config=turns or None,
    )


def reservation(gpu: GcpGpuPoolSettings) -> container.NodePoolNodeConfigReservationAffinityArgs:
    """The one that is named, or none: others' reservations are not used up."""
    if gpu.reservation is None:
        return container.NodePoolNodeConfigReservationAffinityArgs(consume_reservation_type="NO_RESERVATION")
    return container.NodePoolNodeConfigReservationAffinityArgs(
        consume_reservation_type="SPECIFIC_RESERVATION", key=_RESERVATION, values=[gpu.reservation]
    )


def taint(written: str | None) -> container.NodePoolNodeConfigTaintArgs:
    """From kubectl's spelling to that of GKE."""
    key, value, effect = parts(str(written))
    return container.NodePoolNodeConfigTaintArgs(key=key, value=value, effect=EFFECTS[effect])
