"""The network: private nodes in several zones, a way out, and short ways to what AWS offers in the region."""

from collections.abc import Mapping, Sequence

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, ec2, iam, vpc

from ...base import Args, Text
from ...k8s.order import after
from . import documents
from .addresses import ZoneRanges, cut
from .settings import AwsNetworkSettings

_EVERYWHERE = "0.0.0.0/0"
_HTTPS = 443
# By which a controller finds the subnets for a load balancer, on the internet or without an address there.
_PUBLIC, _PRIVATE = "kubernetes.io/role/elb", "kubernetes.io/role/internal-elb"
# Images and identities: what a node asks for before anything runs on it.
_SERVICES = ("ecr.api", "ecr.dkr", "sts")


class NetworkArgs(Args):
    settings: AwsNetworkSettings = AwsNetworkSettings()
    region: str
    key: Text
    """ARN of the key that encrypts the flow logs."""


class Network(ComponentResource):
    """Nodes have private addresses alone. S3 is reached through a gateway, which costs nothing, and not through NAT."""

    vpc: Output[str]
    subnets: Mapping[str, Output[str]]
    """Zone's letter -> the private subnet there, known once it has its ways out: what is in it goes before they do."""

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:AwsNetwork", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        settings = args.settings
        ranges = cut(settings.addresses, settings.zones)
        self._vpc = ec2.Vpc(
            f"{name}-vpc",
            cidr_block=settings.addresses,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            opts=self._child,
        )
        self.vpc = self._vpc.id
        # The group that whoever names none gets: it lets nothing in and nothing out.
        ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=self._vpc.id, ingress=[], egress=[], opts=self._child)
        gateways = self._ways_out(ranges)
        connected, tables = {}, []
        for zone in settings.zones:
            subnet = self._subnet(f"{name}-private-{zone}", zone, ranges[zone].private, _PRIVATE)
            gateway = gateways[zone if settings.nat == "per-zone" else settings.zones[0]]
            connected[zone], table = self._connect(f"{name}-private-{zone}", subnet, nat_gateway_id=gateway)
            tables.append(table)
        services = self._endpoints(tables, list(connected.values()))
        self.subnets = {zone: after(services, subnet) for zone, subnet in connected.items()}
        self._flow_log()
        self.register_outputs({"vpc": self._vpc.id})

    def _ways_out(self, ranges: Mapping[str, ZoneRanges]) -> dict[str, Output[str]]:
        """Zone -> its NAT gateway, in each zone or in the first alone. Load balancers need a public subnet in all."""
        name, settings = self._name, self._args.settings
        internet = ec2.InternetGateway(f"{name}-internet", vpc_id=self._vpc.id, opts=self._child)
        # A public address is no use before the network has its gateway, and that can't go while there is one.
        behind = ResourceOptions.merge(self._child, ResourceOptions(depends_on=[internet]))
        with_nat = settings.zones if settings.nat == "per-zone" else settings.zones[:1]
        gateways = {}
        for zone in settings.zones:
            key = f"{name}-public-{zone}"
            subnet = self._subnet(key, zone, ranges[zone].public, _PUBLIC)
            public, _ = self._connect(key, subnet, gateway_id=internet.id)
            if zone not in with_nat:
                continue
            address = ec2.Eip(f"{name}-nat-{zone}", domain="vpc", opts=behind)
            made = ec2.NatGateway(f"{name}-nat-{zone}", allocation_id=address.id, subnet_id=public, opts=behind)
            gateways[zone] = made.id
        return gateways

    def _subnet(self, key: str, zone: str, cidr: str, role: str) -> ec2.Subnet:
        return ec2.Subnet(
            key,
            vpc_id=self._vpc.id,
            availability_zone=f"{self._args.region}{zone}",
            cidr_block=cidr,
            # A NAT gateway or a load balancer brings an address of its own; nothing else here may have one.
            map_public_ip_on_launch=False,
            tags={"Name": key, role: "1"},
            opts=self._child,
        )

    def _connect(self, key: str, subnet: ec2.Subnet, **way: Output[str]) -> tuple[Output[str], Output[str]]:
        """The subnet, known once it has this way out, and its table of routes, to which others may add some."""
        table = ec2.RouteTable(key, vpc_id=self._vpc.id, opts=self._child)
        route = ec2.Route(key, route_table_id=table.id, destination_cidr_block=_EVERYWHERE, opts=self._child, **way)
        joined = ec2.RouteTableAssociation(key, subnet_id=subnet.id, route_table_id=table.id, opts=self._child)
        return after(Output.all(route.id, joined.id), subnet.id), table.id

    def _endpoints(self, tables: Sequence[Output[str]], subnets: Sequence[Output[str]]) -> Output[list[str]]:
        """Their ids, known once all are there."""
        name, region = self._name, self._args.region
        storage = ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=self._vpc.id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=list(tables),
            opts=self._child,
        )
        group = ec2.SecurityGroup(
            f"{name}-services", vpc_id=self._vpc.id, description="Services of AWS inside the network", opts=self._child
        )
        opened = https_from(f"{name}-services", self._args.settings.addresses, group.id, self._child)
        services = [
            ec2.VpcEndpoint(
                f"{name}-{service.replace('.', '-')}",
                vpc_id=self._vpc.id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=list(subnets),
                security_group_ids=[group.id],
                opts=self._child,
            )
            for service in _SERVICES
        ]
        return Output.all(opened, *(endpoint.id for endpoint in (storage, *services)))

    def _flow_log(self) -> None:
        """Who talked to whom, for those who have to find out later."""
        name, days = f"{self._name}-flows", self._args.settings.flow_log_days
        group = cloudwatch.LogGroup(name, retention_in_days=days, kms_key_id=self._args.key, opts=self._child)
        trust = documents.service_trust("vpc-flow-logs.amazonaws.com")
        role = iam.Role(name, assume_role_policy=trust, opts=self._child)
        iam.RolePolicy(name, role=role.name, policy=group.arn.apply(documents.flow_logs), opts=self._child)
        ec2.FlowLog(
            name,
            vpc_id=self._vpc.id,
            traffic_type="ALL",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            opts=self._child,
        )


def https_from(
    name: str, addresses: str, group: Input[str], opts: ResourceOptions, description: str | None = None
) -> Output[str]:
    """Let those addresses in to what has that security group, at its port for HTTPS. Known once they are."""
    return vpc.SecurityGroupIngressRule(
        name,
        security_group_id=group,
        description=description,
        cidr_ipv4=addresses,
        ip_protocol="tcp",
        from_port=_HTTPS,
        to_port=_HTTPS,
        opts=opts,
    ).id
