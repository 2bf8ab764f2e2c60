"""What a stack file says of a cluster in the same words, whichever cloud it is made in."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from ..base import Settings
from ..k8s.resources import Resources
from ..types import Cidr, Count, Name, PinnedImage
from .addresses import clash
from .gpus import RESOURCE, GpuPoolSettings
from .machines import Offer

EVERYWHERE = "0.0.0.0/0"
SYSTEM = "system"
"""The pool of nodes without GPUs, among the others."""
Zone = Literal["a", "b", "c", "d", "e", "f"]


def sized(value: str, largest: int, smallest: int, example: str) -> str:
    """A range as large as the cloud allows, and as this program can cut it."""
    if not largest <= int(value.partition("/")[2]) <= smallest:
        raise ValueError(f"write a range of /{largest} to /{smallest}, for example {example}")
    return value


class GpuMetricsSettings(Settings):
    """Figures of NVIDIA's GPUs for Prometheus. No image that NVIDIA publishes is open source, so none is brought."""

    dcgm_image: PinnedImage | None = None
    """DCGM's exporter, such as nvcr.io/nvidia/k8s/dcgm-exporter, which is refused unless the policies exempt it."""
    dcgm_scraped_from: tuple[Name, ...] = ()
    """Namespaces whose pods may read its port `metrics`; no other is let in by network policy."""
    dcgm_resources: Resources = Resources(cpu="100m", memory="256Mi", memory_limit="512Mi")

    @model_validator(mode="after")
    def _read_where_there_is_something(self) -> Self:
        if self.dcgm_scraped_from and not self.dcgm_image:
            raise ValueError("dcgmScrapedFrom: there is nothing to read without dcgmImage; write that, or remove this")
        return self


class NetworkSettings(Settings):
    """The addresses, and those that they must not clash with."""

    addresses: Cidr = "10.0.0.0/16"
    services: Cidr = "172.20.0.0/16"
    """Of the cluster's Services; they exist inside it alone."""
    connected: tuple[Cidr, ...] = ()
    """Ranges of networks that this one is, or will be, connected to."""
    zones: tuple[Zone, ...] = ()

    @model_validator(mode="after")
    def _apart(self) -> Self:
        ranges = {"addresses": self.addresses, "services": self.services}
        ranges |= {f"connected[{index}]": one for index, one in enumerate(self.connected)}
        if pair := clash(ranges):
            first, second = pair
            raise ValueError(f"{first} ({ranges[first]}) and {second} ({ranges[second]}) overlap: move one of them")
        return self


class ApiSettings(Settings):
    """From where the Kubernetes API is reached. Who may do what there, each cloud says in its own way."""

    public_from: tuple[Cidr, ...] = ()
    """Ranges on the internet that may reach it; none, and it has no public address."""


class SystemPoolSettings(Settings):
    """Of the nodes without GPUs: how many, and with what."""

    machine: str
    min: Count = 3
    max: Count = 9
    disk: int = Field(default=100, ge=20, le=16384)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min is {self.min} and max {self.max}: write no more than that for min")
        return self


class RentedPoolSettings(GpuPoolSettings):
    """Nodes with GPUs that a cloud rents out."""

    zones: tuple[Zone, ...] = ()
    """All of the network's, if not given."""

    @property
    def devices(self) -> dict[str, int]:
        """What each node offers, by the resource that a pod asks for."""
        return {RESOURCE: self.seen_per_node}

    def _bought_once(self, **ways: object) -> None:
        chosen = [way for way, value in ways.items() if value]
        if len(chosen) > 1:
            raise ValueError(f"{' and '.join(chosen)} exclude each other: remove all but one")

    def _in_one_zone(self, what: str) -> None:
        if len(self.zones) != 1:
            raise ValueError(f"zones: {what} in one zone; write it, for example [a]")


class CloudSettings(Settings):
    """A cluster that is made in a cloud, and what it stands on."""

    offer: ClassVar[Offer]

    region: str
    production: bool = True
    """Protect what can't be made again, and keep the API away from the internet at large."""
    cluster_name: Name = "mlops"
    network: NetworkSettings = NetworkSettings()
    api: ApiSettings
    system: SystemPoolSettings
    gpu_pools: Mapping[Name, RentedPoolSettings] = Field(default_factory=dict)
    kubelet_root: Literal["/var/lib/kubelet"] = "/var/lib/kubelet"

    @property
    def zones(self) -> tuple[Zone, ...]:
        """Of the network."""
        return self.network.zones

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.production and EVERYWHERE in self.api.public_from:
            raise ValueError(f"api.publicFrom: {EVERYWHERE} lets everybody try; write the ranges of your offices")
        if SYSTEM in self.gpu_pools:
            raise ValueError(f"gpuPools.{SYSTEM}: the nodes without GPUs are called so; write another name")
        for name, pool in self.gpu_pools.items():
            machine = self.offer.choose(pool)
            if not self.offer.offered_in(machine, self.region):
                there = ", ".join(sorted(self.offer.where(machine) or ()))
                raise ValueError(f"gpuPools.{name}: {self.region} has no {machine.name}; these have: {there}")
            if missing := set(pool.zones) - set(self.zones):
                raise ValueError(f"gpuPools.{name}.zones: the network has no zone {', '.join(sorted(missing))}")
        return self
