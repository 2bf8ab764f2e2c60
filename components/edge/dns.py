"""A zone of a cloud's own DNS, said without saying which cloud."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pulumi import Output
from pydantic import AfterValidator

from ..k8s.cloud import CloudIdentity
from ..k8s.network import Outside

TTL = 300
"""For how many seconds a name is remembered: how long people may look for a load balancer that has been replaced."""

_HOSTED = re.compile(r"Z[A-Z0-9]{5,31}")
_MANAGED = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


class DnsZone(ABC):
    """A zone that is there. Its records are made here; what proves whose domain it is, cert-manager writes into it."""

    solver: Mapping[str, Any]
    """This zone in cert-manager's words, for `dns01`."""
    peer: Outside
    """The way to the cloud, for network policies of who has the identity."""

    @property
    @abstractmethod
    def identity(self) -> CloudIdentity:
        """For the account of cert-manager's controller: challenges in this zone, and nothing elsewhere."""

    @abstractmethod
    def lead(self, hosts: Sequence[str], address: Output[str]) -> Output[str]:
        """Make the records that lead each host to an address. It is what comes back, known once all are there."""


def hosted(value: str) -> str:
    """The form of an ID of Route 53."""
    if not _HOSTED.fullmatch(value):
        raise ValueError(
            "write the hosted zone's ID, such as Z0123456789ABCDEFGHIJ, as `aws route53 list-hosted-zones` shows it "
            "behind /hostedzone/"
        )
    return value


def managed(value: str) -> str:
    """The form of a name in Cloud DNS, which is not that of a domain."""
    if not _MANAGED.fullmatch(value):
        raise ValueError(
            "write the managed zone's name, such as ml-example-org, as `gcloud dns managed-zones list` shows it, and "
            "not its domain"
        )
    return value


HostedZone = Annotated[str, AfterValidator(hosted)]
ManagedZone = Annotated[str, AfterValidator(managed)]
