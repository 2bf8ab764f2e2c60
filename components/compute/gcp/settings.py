"""What a stack file may say of a cluster in Google Cloud. Impossible asks are refused before anything is registered."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ...types import Cidr, Name
from ..machines import Offer
from ..settings import ApiSettings, CloudSettings, NetworkSettings, RentedPoolSettings, SystemPoolSettings, Zone, sized
from .addresses import LARGEST, SMALLEST, cut, largest_for
from .machines import OFFER, WITH_RDMA, zones_of, zones_with

_FEWEST_ZONES, _USUAL_ZONES = 2, 3

Label = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,63}$")]
Member = Annotated[str, Field(pattern=r"^(user|group|serviceAccount):[^@\s]+@[^@\s]+$")]


def _network(value: str) -> str:
    return sized(value, LARGEST, SMALLEST, "10.0.0.0/16")


class GcpNetworkSettings(NetworkSettings):
    """The addresses. One NAT serves the whole region, and no zone depends on another for it."""

    addresses: Annotated[Cidr, AfterValidator(_network)] = "10.0.0.0/16"
    zones: tuple[Zone, ...] = ()
    """Letters of at least two zones; the region's first three, if not given."""
    flow_logs: float = Field(default=0.5, gt=0, le=1)
    """The share of connections that is logged. Logs are kept as long as the project's bucket for them says."""

    @model_validator(mode="after")
    def _several_zones(self) -> Self:
        if self.zones and len(set(self.zones)) < max(_FEWEST_ZONES, len(self.zones)):
            raise ValueError(f"zones: write two or more different letters, not {', '.join(self.zones)}")
        return self


class GcpApiSettings(ApiSettings):
    """The Kubernetes API: reached from inside the network and those connected to it, and by those named here."""

    administrators: dict[Name, Member] = Field(min_length=1)
    """Who may do everything in this cluster, such as group:ml-platform@example.org."""


class GcpSystemPoolSettings(SystemPoolSettings):
    """Nodes without GPUs, where everything runs that asks for none."""

    machine: str = Field(default="n2-standard-8", pattern=r"^[a-z0-9]+(-[a-z0-9]+)+$")


class GcpGpuPoolSettings(RentedPoolSettings):
    """The same, with what Google Cloud alone has. Without `zones`, those of the network that have the machine."""

    reservation: str | None = Field(default=None, pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$")
    """Name of a reservation, paid whether used or not."""
    flex_start: bool = False
    """Cheaper than on demand, for seven days at most: a node comes when there is one for so long."""
    gpu_direct: bool = False
    """Let GPUs of several nodes write into each other's memory (RDMA), for training over several of them."""

    @model_validator(mode="after")
    def _offered(self) -> Self:
        self._bought_once(spot=self.spot, reservation=self.reservation, flexStart=self.flex_start)
        if self.flex_start and self.min:
            raise ValueError("min: with flexStart nodes come when they are asked for; write 0")
        if self.reservation and not self.zones:
            raise ValueError("zones: a reservation lies in a zone; write it, for example [a]")
        if self.together:
            self._in_one_zone("nodes that are together lie")
        machine = OFFER.choose(self).name
        if self.gpu_direct:
            self._in_one_zone("nodes whose GPUs reach each other lie")
            if machine not in WITH_RDMA:
                having = " and ".join(WITH_RDMA)
                raise ValueError(f"gpuDirect: {machine} has no network for it; {having} have: ask for their GPUs")
        return self


class GcpSettings(CloudSettings):
    """A cluster of GKE and what it stands on, all in one region of one project."""

    offer: ClassVar[Offer] = OFFER

    kind: Literal["gcp"]
    project: str = Field(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")
    number: str = Field(pattern=r"^\d{6,}$")
    """The project's, as `gcloud projects describe` has it: identities and Google's own accounts go by this."""
    region: str = Field(pattern=r"^[a-z]+-[a-z]+\d+$")
    tags: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")], Label] = Field(default_factory=dict)
    """Labels on everything that has some: whom it belongs to, and who pays."""
    cluster_name: Annotated[Name, Field(max_length=22)] = "mlops"
    """Nothing else in the project and region may have it."""
    channel: Literal["rapid", "regular", "stable", "extended"] = "regular"
    """How soon Google brings the cluster to a new version of Kubernetes."""
    network: GcpNetworkSettings = GcpNetworkSettings()
    api: GcpApiSettings
    system: GcpSystemPoolSettings = GcpSystemPoolSettings()
    gpu_metrics: bool = False
    """Have GKE run DCGM's exporter, which is not open source, and bring its figures to Cloud Monitoring, for a fee."""
    gpu_pools: dict[Annotated[Name, Field(max_length=20)], GcpGpuPoolSettings] = Field(default_factory=dict)

    @property
    def zones(self) -> tuple[Zone, ...]:
        return self.network.zones or tuple(zones_of(self.region)[:_USUAL_ZONES])  # type: ignore[return-value]

    def zones_for(self, pool: GcpGpuPoolSettings) -> tuple[str, ...]:
        """Those that are asked for or else all of the network's, without the ones that lack the machine."""
        there = zones_with(OFFER.choose(pool), self.region)
        return tuple(zone for zone in pool.zones or self.zones if zone in there)

    @model_validator(mode="after")
    def _in_these_zones(self) -> Self:
        known = zones_of(self.region)
        if unknown := set(self.zones) - set(known):
            there = ", ".join(known)
            raise ValueError(f"network.zones: {self.region} has no zone {', '.join(sorted(unknown))}; it has {there}")
        for name, pool in self.gpu_pools.items():
            found = self.zones_for(pool)
            if not found or (pool.zones and found != pool.zones):
                machine = OFFER.choose(pool)
                there = ", ".join(zones_with(machine, self.region))
                asked = ", ".join(pool.zones or self.zones)
                raise ValueError(f"gpuPools.{name}: zones {asked} have not all {machine.name}; these have: {there}")
        return self

    @model_validator(mode="after")
    def _room_for_nodes(self) -> Self:
        # One more, while the system pool is upgraded; the others give up a node instead.
        most = self.system.max + sum(pool.max for pool in self.gpu_pools.values()) + 1
        room = cut(self.network.addresses).most_nodes
        if most > room:
            size = largest_for(most)
            raise ValueError(
                f"network.addresses: {self.network.addresses} has addresses for {room} nodes, and the pools may grow "
                f"to {most}; write a larger range (/{size}), or less for max"
            )
        return self
