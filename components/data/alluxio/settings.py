"""What a stack file says of Alluxio: how many servers, how much memory each, and what they keep the cache on."""

from typing import Annotated, Literal

from pydantic import Field

from ...base import Settings
from ...k8s.resources import Resources
from ...types import BucketName, Bytes, Count, Name, Quantity, Schedule, amount

_MIB = 2**20
_LEAST_BESIDE_HEAP = 160 * _MIB
_BESIDE_HEAP = 0.25  # of the heap: classes, compiled code and the threads' stacks
_FOR_THE_SHELL = 192 * _MIB  # `alluxio fs` and `alluxio fsadmin` run in the servers' own containers


class Java(Settings):
    """What one Java program may use. Its container's limit follows from this, so that the two can't disagree."""

    cpu: Quantity = "250m"
    heap: Bytes = "2Gi"
    direct: Bytes = "512Mi"
    """Buffers outside the heap."""

    @property
    def options(self) -> str:
        heap, direct = (int(amount(size) / _MIB) for size in (self.heap, self.direct))
        return f"-Xmx{heap}m -XX:MaxDirectMemorySize={direct}m"

    def resources(self, tier: str | None = None) -> Resources:
        """`tier` is memory that the cache itself lies in, which counts as its container's."""
        heap, kept = amount(self.heap), amount(tier) if tier else 0
        beside = max(_BESIDE_HEAP * heap, _LEAST_BESIDE_HEAP) + _FOR_THE_SHELL
        limit = heap + amount(self.direct) + beside + kept
        return Resources(cpu=self.cpu, memory=_mebibytes(heap + kept), memory_limit=_mebibytes(limit))


class Tier(Settings):
    """Where each worker keeps what it caches. It is worth no back-up: the bucket has it all."""

    medium: Literal["MEM", "SSD", "HDD"] = "SSD"
    """MEM is the worker's own memory; the others are a volume that outlives the pod, of the class that is named."""
    quota: Bytes = "100Gi"
    storage_class: Name | None = None


class AlluxioSettings(Settings):
    """A cache of one bucket. Who reads by files rather than by Alluxio's own client takes a Dataset instead."""

    namespace: Name = "alluxio"
    bucket: BucketName = "datasets"
    masters: Literal[1, 3] = 3
    """They hold the names, not the data. A quorum needs an odd number: 1 for trying things out, 3 to lose any one."""
    workers: Count = 2
    tier: Tier = Tier()
    journal_size: Bytes = "10Gi"
    """Of each master's volume: the journal, and the index that is made from it."""
    storage_class: Name | None = None
    sync_seconds: Annotated[int, Field(ge=0, le=86400)] = 60
    """How long a change that others make in the bucket may go unnoticed. At 0 each access asks the bucket."""
    backup: Schedule | None = None
    """When the masters' journal is copied into the bucket. Without it, whenever somebody starts the job."""
    restore_from: str | None = None
    """The address of such a copy, from which masters with empty volumes begin."""
    master: Java = Java(heap="4Gi")
    worker: Java = Java(heap="2Gi", direct="2Gi")
    job_master: Java = Java(cpu="50m", heap="512Mi", direct="128Mi")
    job_worker: Java = Java(cpu="50m", heap="512Mi", direct="256Mi")


def _mebibytes(size: float) -> str:
    return f"{int(size / _MIB)}Mi"
