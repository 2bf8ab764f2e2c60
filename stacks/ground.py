"""Whether what a stack file asks of its ground is there: Kubernetes new enough, storage, GPUs, keys, a zone of DNS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from components.compute.aws.settings import AwsSettings
from components.compute.cluster import GivenClusterSettings
from components.compute.settings import CloudSettings
from components.edge.dns import hosted, managed
from components.storage.aws import machines as aws_machines
from components.storage.cloud import CloudDatabaseSettings, CloudStoreSettings
from components.storage.gcp import machines as gcp_machines

if TYPE_CHECKING:
    from .environment import Environment

_ZONES = {"aws": hosted, "gcp": managed}
# Minor version of Kubernetes 1, and what of it the layer uses.
_SINCE = {
    "mlrun": (36, "mutating admission policies of version v1"),
    "admission": (35, "functions for lists in its policies' expressions"),
}
_DATABASE_MACHINES = {"aws": aws_machines.choose, "gcp": gcp_machines.choose}


def ungrounded(environment: Environment) -> list[str]:
    """One line for each mistake."""
    checks = (_version, _store, _keys, _lock, _database, _pool, _zone)
    return [mistake for check in checks for mistake in check(environment)]


def _version(environment: Environment) -> Iterator[str]:
    """Where the stack file says it: a given cluster has the version that it has, and Google chooses one by channel."""
    if not isinstance(environment.cluster, AwsSettings):
        return
    for layer, (since, used) in _SINCE.items():
        if getattr(environment, layer) and int(environment.cluster.version.partition(".")[2]) < since:
            yield (
                f"cluster.version: `{layer}` needs Kubernetes 1.{since}, for {used}; write that or a later one, or "
                f"remove `{layer}:` (it says {environment.cluster.version})"
            )


def _store(environment: Environment) -> Iterator[str]:
    if isinstance(environment.object_store, CloudStoreSettings) and isinstance(
        environment.cluster, GivenClusterSettings
    ):
        yield "objectStore.kind: this cluster is in no cloud; write `cluster`, for buckets inside it"


def _keys(environment: Environment) -> Iterator[str]:
    if isinstance(environment.object_store, CloudStoreSettings):
        for layer in ("alluxio", "datasets"):
            if getattr(environment, layer):
                yield (
                    f"{layer}: Alluxio opens buckets by a key alone, and a cloud's are opened by who a pod is; remove "
                    "this, or write `objectStore: {kind: cluster}`"
                )


def _lock(environment: Environment) -> Iterator[str]:
    """What is locked outlives the stack, and nobody can unlock it."""
    store, cluster = environment.object_store, environment.cluster
    days = store.lock_days if isinstance(store, CloudStoreSettings) else None
    if days and isinstance(cluster, CloudSettings) and not cluster.production:
        yield (
            f"objectStore.lockDays: with `production: false` all goes with the stack, which buckets locked for {days} "
            "days would hold up; remove it, or write `production: true`"
        )


def _database(environment: Environment) -> Iterator[str]:
    if not isinstance(environment.database, CloudDatabaseSettings):
        return
    if isinstance(environment.cluster, GivenClusterSettings):
        yield "database.kind: this cluster is in no cloud; write `operator`, for servers inside it"
        return
    try:
        _DATABASE_MACHINES[environment.cluster.kind](environment.database)
    except ValueError as error:
        yield f"database: {error}"


def _pool(environment: Environment) -> Iterator[str]:
    gpu = environment.pipelines.gpu if environment.pipelines else None
    pools = getattr(environment.cluster, "gpu_pools", {})
    if gpu and gpu.pool and gpu.pool not in pools:
        known = ", ".join(pools) or "none; say `taint` and `nodeLabels` of the nodes that are there"
        yield f"pipelines.gpu.pool: the cluster has no pool `{gpu.pool}`; it has {known}"


def _zone(environment: Environment) -> Iterator[str]:
    zone = environment.front_door.dns.zone if environment.front_door else None
    if zone is None:
        return
    if isinstance(environment.cluster, GivenClusterSettings):
        yield (
            "frontDoor.dns.zone: this cluster is in no cloud; write `externalDns: true` for the one that is on it, or "
            "make the records yourself"
        )
        return
    try:
        _ZONES[environment.cluster.kind](zone)
    except ValueError as error:
        yield f"frontDoor.dns.zone: {error}"
