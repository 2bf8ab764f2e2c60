"""A hosted zone of Route 53: a record for each host, and challenges for who shows whose domain it is."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_aws import route53

from ...base import Args
from ...compute.aws import documents
from ...compute.aws.identity import OUT, PodIdentities, PodIdentity
from ...k8s.network import Outside
from ...k8s.order import after
from ..dns import TTL, DnsZone, HostedZone


class Route53ZoneArgs(Args):
    """Which zone, and the cluster that it is for."""

    zone: HostedZone
    region: str
    identities: PodIdentities
    """The cluster whose accounts may be let in."""


class Route53Zone(ComponentResource, DnsZone):
    """Load balancers of EKS have a name and no address that stays, so each record is one for a name (CNAME)."""

    solver: Mapping[str, Any]
    """This zone in cert-manager's words, for `dns01`."""
    peer: Outside
    """The way to AWS, for network policies of who has the identity."""

    def __init__(self, name: str, args: Route53ZoneArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:edge:Route53Zone", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        self._through = ResourceOptions(provider=opts.provider if opts else None)
        self.solver = {"route53": {"region": args.region, "hostedZoneID": args.zone}}
        self.peer = OUT
        self.register_outputs({})

    @property
    def identity(self) -> PodIdentity:
        """For the account of cert-manager's controller: challenges in this zone, and nothing elsewhere."""
        zone = self._args.zone
        return PodIdentity(
            self._args.identities,
            lambda writes: Output.from_input(documents.dns_challenges(zone, writes)),
            self._through,
        )

    def lead(self, hosts: Sequence[str], address: Output[str]) -> Output[str]:
        """Make the records that lead each host to an address. It is what comes back, known once all are there."""
        made = [
            route53.Record(
                f"{self._name}-{host}",
                zone_id=self._args.zone,
                name=host,
                type="CNAME",
                ttl=TTL,
                records=[address],
                opts=self._child,
            ).fqdn.apply(partial(_where_it_should, host))
            for host in hosts
        ]
        return after(Output.all(*made), address)


def _where_it_should(host: str, is_at: str) -> str:
    """AWS takes a host that does not end with the zone's domain for one below that. Raises ValueError for it."""
    if is_at != host:
        raise ValueError(
            f"{host} has become {is_at}: the hosted zone is of another domain; write the ID of the one that holds it"
        )
    return is_at
