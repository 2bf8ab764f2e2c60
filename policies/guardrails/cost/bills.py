"""The bills of each resource that costs money while it exists: at rest, and at most, when everything has scaled up."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ...open_source.reading import UNKNOWN
from ..cloud.values import at

_CUSTOM = re.compile(r"db-custom-(\d+)-(\d+)")
_USUAL_DISK = 10
_RESERVED = {
    "aws:ec2/launchTemplate:LaunchTemplate": "capacityReservationSpecification.capacityReservationTarget",
    "gcp:container/nodePool:NodePool": "nodeConfig.reservationAffinity.values",
}
_SQL_DISKS = {None: "cloud-sql-ssd", "PD_SSD": "cloud-sql-ssd", "PD_HDD": "cloud-sql-hdd"}


class Bill(NamedTuple):
    """Names of prices, one of them or the dearest, times a quantity; UNKNOWN where the update tells."""

    names: list[Any]
    least: Any = 1
    most: Any = 1


def is_reserved(token: str, props: dict[str, Any]) -> bool:
    """Whether machines are taken from a reservation or a capacity block, which is paid whether they run or not."""
    return token in _RESERVED and bool(at(props, _RESERVED[token]))


def _eks_nodes(props: dict[str, Any]) -> Iterator[Bill]:
    kinds = at(props, "instanceTypes")
    if at(props, "capacityType") == "CAPACITY_BLOCK":
        kinds = ["a capacity block, which is paid in advance"]
    names = kinds if isinstance(kinds, list) and kinds else [kinds]
    yield Bill(names, at(props, "scalingConfig.minSize"), at(props, "scalingConfig.maxSize"))


def gke_nodes(props: dict[str, Any]) -> Iterator[Bill]:
    scaling = at(props, "autoscaling")
    if isinstance(scaling, dict):
        zones = _zones(props)
        least = _either(scaling, "totalMinNodeCount", "minNodeCount", zones)
        most = _either(scaling, "totalMaxNodeCount", "maxNodeCount", zones)
    else:
        count = at(props, "nodeCount")
        least = most = times(1 if count is None else count, _zones(props))
    # What is reserved are machines with their GPUs; their disks come and go with the nodes.
    held = most if is_reserved("gcp:container/nodePool:NodePool", props) else least
    yield Bill([at(props, "nodeConfig.machineType") or "e2-medium"], held, most)
    if (size := at(props, "nodeConfig.diskSizeGb")) is not None:
        yield Bill([at(props, "nodeConfig.diskType") or "pd-balanced"], times(least, size), times(most, size))
    for one in at(props, "nodeConfig.guestAccelerators") or ():
        # The price of every machine but N1 has its GPUs in it.
        if isinstance(one, dict) and str(at(props, "nodeConfig.machineType")).startswith("n1-"):
            count = one.get("count", 1)
            yield Bill([one.get("type")], times(held, count), times(most, count))


def _zones(props: dict[str, Any]) -> Any:
    """Counts of a pool are for each of its zones."""
    zones = at(props, "nodeLocations")
    return zones if zones is UNKNOWN else len(zones) if zones else 1


def _either(scaling: dict[str, Any], total: str, each: str, zones: Any) -> Any:
    stated = scaling.get(total)
    return times(scaling.get(each) or 0, zones) if stated is None else stated


def times(one: Any, other: Any) -> Any:
    """UNKNOWN, or None for what is no number, if either is."""
    if UNKNOWN in (one, other):
        return UNKNOWN
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return one * other if numbers else None


def _rds(props: dict[str, Any]) -> Iterator[Bill]:
    """The standby costs what the instance does, machine and storage; storage that grows by itself, what it may become.

    A cluster brings its machines as instances of its own.
    """
    standby = at(props, "multiAz")
    copies = standby if standby is UNKNOWN else 2 if standby else 1
    yield Bill([at(props, "instanceClass")], copies, copies)
    kind, size = at(props, "storageType"), at(props, "allocatedStorage")
    most = at(props, "maxAllocatedStorage") or size
    if size is not None:
        yield Bill([kind if kind is UNKNOWN else f"rds-{kind or 'gp2'}"], times(copies, size), times(copies, most))


def _cloud_sql(props: dict[str, Any]) -> Iterator[Bill]:
    """A tier that names its vCPUs and MiB costs by these; another one has a price of its own."""
    kind, tier = at(props, "settings.availabilityType"), at(props, "settings.tier")
    copies = kind if kind is UNKNOWN else 2 if kind == "REGIONAL" else 1
    if custom := _CUSTOM.fullmatch(tier) if isinstance(tier, str) else None:
        for name, count in (("cloud-sql-cpu", int(custom[1])), ("cloud-sql-memory", int(custom[2]) / 1024)):
            yield Bill([name], times(copies, count), times(copies, count))
    else:
        yield Bill([tier], copies, copies)
    disk, size = at(props, "settings.diskType"), at(props, "settings.diskSize")
    size = _USUAL_DISK if size is None else size
    most = at(props, "settings.diskAutoresizeLimit") or size
    name = disk if disk is UNKNOWN else _SQL_DISKS.get(disk, disk)
    yield Bill([name], times(copies, size), times(copies, most))


def _one(field: str, default: str | None = None) -> Callable[[dict[str, Any]], Iterator[Bill]]:
    return lambda props: iter([Bill([at(props, field) or default])])


def _service(name: str) -> Callable[[dict[str, Any]], Iterator[Bill]]:
    return lambda _: iter([Bill([name])])


def _interface(props: dict[str, Any]) -> Iterator[Bill]:
    """An endpoint costs in each zone; a gateway, the other kind, nothing."""
    subnets = at(props, "subnetIds")
    zones = subnets if subnets is UNKNOWN else len(subnets) if isinstance(subnets, list) else 1
    if at(props, "vpcEndpointType") == "Interface":
        yield Bill(["aws-interface-endpoint"], zones, zones)


def _disk(kind: str, default: str, size: str) -> Callable[[dict[str, Any]], Iterator[Bill]]:
    def bills(props: dict[str, Any]) -> Iterator[Bill]:
        gigabytes = at(props, size)
        yield Bill([at(props, kind) or default], gigabytes, gigabytes)

    return bills


BILLS: Mapping[str, Callable[[dict[str, Any]], Iterator[Bill]]] = {
    "aws:ebs/volume:Volume": _disk("type", "gp2", "size"),
    "aws:ec2/eip:Eip": _service("aws-address"),
    "aws:ec2/instance:Instance": _one("instanceType"),
    "aws:ec2/natGateway:NatGateway": _service("aws-nat"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _interface,
    "aws:eks/cluster:Cluster": _service("eks-cluster"),
    "aws:eks/nodeGroup:NodeGroup": _eks_nodes,
    "aws:elasticache/replicationGroup:ReplicationGroup": _one("nodeType"),
    "aws:kms/key:Key": _service("aws-key"),
    "aws:lb/loadBalancer:LoadBalancer": _service("aws-load-balancer"),
    "aws:rds/clusterInstance:ClusterInstance": _one("instanceClass"),
    "aws:rds/instance:Instance": _rds,
    "gcp:compute/disk:Disk": _disk("type", "pd-standard", "size"),
    "gcp:compute/forwardingRule:ForwardingRule": _service("gcp-load-balancer"),
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": _service("gcp-load-balancer"),
    "gcp:compute/instance:Instance": _one("machineType"),
    "gcp:compute/routerNat:RouterNat": _service("gcp-nat"),
    "gcp:container/cluster:Cluster": _service("gke-cluster"),
    "gcp:container/nodePool:NodePool": gke_nodes,
    "gcp:kms/cryptoKey:CryptoKey": _service("gcp-key"),
    "gcp:redis/instance:Instance": _one("tier"),
    "gcp:sql/databaseInstance:DatabaseInstance": _cloud_sql,
}
"""Types that cost money while they exist. What is billed by use, such as traffic and requests, no plan can tell."""
