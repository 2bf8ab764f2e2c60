"""A managed zone of Cloud DNS: a record for each host, and challenges for who shows whose domain it is."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_gcp import dns, projects
from pydantic import Field

from ...base import Args
from ...compute.gcp import bindings
from ...compute.gcp.identity import OUT, WorkloadIdentities, ZoneIdentity
from ...k8s.network import Outside
from ...k8s.order import after
from ..dns import TTL, DnsZone, ManagedZone


class CloudDnsZoneArgs(Args):
    """Which zone, and the cluster that it is for."""

    zone: ManagedZone
    role: str = Field(pattern=r"^[a-zA-Z0-9_.]{3,64}$")
    """What the role is called that challenges take; nothing else in the project may be called so."""
    identities: WorkloadIdentities
    """The project whose clusters' accounts may be let in, and whose zone it is."""


class CloudDnsZone(ComponentResource, DnsZone):
    """Load balancers of GKE have an address that stays, so each record is one for an address (A)."""

    solver: Mapping[str, Any]
    """This zone in cert-manager's words, for `dns01`."""
    peer: Outside
    """The way to Google, for network policies of who has the identity."""

    def __init__(self, name: str, args: CloudDnsZoneArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:edge:CloudDnsZone", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        self._through = ResourceOptions(provider=opts.provider if opts else None)
        # With the zone's name, cert-manager looks for no zone, and needs no right to see others.
        self.solver = {"cloudDNS": {"project": args.identities.project, "hostedZoneName": args.zone}}
        self.peer = OUT
        self.register_outputs({})

    @cached_property
    def identity(self) -> ZoneIdentity:
        """For the account of cert-manager's controller: records of this zone, and nothing elsewhere.

        Google's own roles that write records may also delete the zone, so there is one here that may not. It is made
        when somebody asks.
        """
        role = projects.IAMCustomRole(
            f"{self._name}-challenges",
            role_id=self._args.role,
            title="Challenges in a DNS zone",
            permissions=list(bindings.CHALLENGES),
            opts=self._child,
        )
        return ZoneIdentity(self._args.identities, self._args.zone, role.name, self._through)

    def lead(self, hosts: Sequence[str], address: Output[str]) -> Output[str]:
        """Make the records that lead each host to an address. It is what comes back, known once all are there."""
        made = [
            dns.RecordSet(
                f"{self._name}-{host}",
                managed_zone=self._args.zone,
                name=f"{host}.",
                type="A",
                ttl=TTL,
                rrdatas=[address],
                opts=self._child,
            ).id
            for host in hosts
        ]
        return after(Output.all(*made), address)
