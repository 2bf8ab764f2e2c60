"""What every ground hands to the layers above it, so that none of them asks which cloud it is on."""

from collections.abc import Mapping
from typing import Protocol

from pulumi_kubernetes import Provider

from ..edge.dns import DnsZone
from ..storage.cloud import BucketStore, CloudDatabaseSettings, CloudStoreSettings, SqlService
from .gpus import GpuNodes


class Cluster(Protocol):
    """A cluster with a default storage class. `docs/ground.md` says what else its makers have to see to."""

    kubernetes: Provider
    """For objects inside it."""
    gpu_pools: Mapping[str, GpuNodes]
    """By the names that a stack file gives them; none where the nodes are somebody else's."""

    @property
    def shared(self) -> Provider:
        """For what a cluster has once, and several stacks bring alike: it takes over what it finds."""
        ...

    def object_store(self, name: str, settings: CloudStoreSettings, buckets: tuple[str, ...]) -> BucketStore:
        """Of the cloud that the cluster is in. Raises LookupError where it is in none."""
        ...

    def database(self, name: str, settings: CloudDatabaseSettings) -> SqlService:
        """The same, of PostgreSQL that the cloud runs."""
        ...

    def dns_zone(self, name: str, zone: str) -> DnsZone:
        """The same, of a zone that is there in the cloud's DNS. Raises ValueError for one that can't be."""
        ...
