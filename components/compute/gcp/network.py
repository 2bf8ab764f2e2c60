"""The network: private nodes in one subnet of the region, and a way out for them."""

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_gcp import compute

from ...base import Args
from .addresses import cut
from .settings import GcpNetworkSettings

PODS, SERVICES = "pods", "services"
"""Names of the subnet's secondary ranges."""


class NetworkArgs(Args):
    """The addresses, and the region that they are in."""

    settings: GcpNetworkSettings = GcpNetworkSettings()
    region: str


class Network(ComponentResource):
    """Nodes have private addresses alone. Google's services are reached by its own network, and not through NAT."""

    vpc: Output[str]
    subnet: Output[str]
    """Known once it has its way out."""

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:GcpNetwork", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, ranges = args.settings, cut(args.settings.addresses)
        vpc = compute.Network(
            f"{name}-vpc",
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            opts=child,
        )
        subnet = compute.Subnetwork(
            f"{name}-nodes",
            network=vpc.id,
            region=args.region,
            ip_cidr_range=ranges.nodes,
            secondary_ip_ranges=[
                compute.SubnetworkSecondaryIpRangeArgs(range_name=PODS, ip_cidr_range=ranges.pods),
                compute.SubnetworkSecondaryIpRangeArgs(range_name=SERVICES, ip_cidr_range=settings.services),
            ],
            private_ip_google_access=True,
            # Who talked to whom, for those who have to find out later.
            log_config=compute.SubnetworkLogConfigArgs(
                aggregation_interval="INTERVAL_5_SEC", flow_sampling=settings.flow_logs, metadata="INCLUDE_ALL_METADATA"
            ),
            opts=child,
        )
        router = compute.Router(f"{name}-router", network=vpc.id, region=args.region, opts=child)
        nat = compute.RouterNat(
            f"{name}-nat",
            router=router.name,
            region=args.region,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[
                compute.RouterNatSubnetworkArgs(name=subnet.id, source_ip_ranges_to_nats=["ALL_IP_RANGES"]),
            ],
            # Pulls of many images at once take more ports than a node has by default.
            enable_dynamic_port_allocation=True,
            enable_endpoint_independent_mapping=False,
            min_ports_per_vm=128,
            max_ports_per_vm=8192,
            log_config=compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
            opts=child,
        )
        self.vpc = vpc.id
        self.subnet = Output.all(subnet.id, nat.id).apply(lambda both: both[0])
        self.register_outputs({"vpc": vpc.id})
