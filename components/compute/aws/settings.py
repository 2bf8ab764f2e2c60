"""What a stack file may say of a cluster in AWS. Impossible asks are refused here, before anything is registered."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ...base import Settings
from ...k8s.resources import Resources
from ...types import Cidr, Count, Name
from ..machines import Offer
from ..settings import (
    ApiSettings,
    CloudSettings,
    GpuMetricsSettings,
    NetworkSettings,
    RentedPoolSettings,
    SystemPoolSettings,
    Zone,
    sized,
)
from .addresses import LARGEST, MOST_ZONES, SMALLEST
from .machines import INTERFACE, INTERFACES, OFFER, PROFILES, choose
from .versions import NEWEST, VERSIONS, known


def _network(value: str) -> str:
    return sized(value, LARGEST, SMALLEST, "10.0.0.0/16")


class AwsNetworkSettings(NetworkSettings):
    """The addresses, and how private nodes reach the internet."""

    addresses: Annotated[Cidr, AfterValidator(_network)] = "10.0.0.0/16"
    zones: tuple[Zone, ...] = Field(default=("a", "b", "c"), min_length=2)
    """Letters of availability zones. New ones go to the end: their place decides on their addresses."""
    nat: Literal["per-zone", "single"] = "per-zone"
    """`single` is cheaper, and takes the way out from all zones when its own fails."""
    flow_log_days: int = Field(default=90, ge=1)

    @model_validator(mode="after")
    def _few_zones(self) -> Self:
        if len(self.zones) > MOST_ZONES or len(set(self.zones)) < len(self.zones):
            raise ValueError(f"zones: write two or three different letters, not {', '.join(self.zones)}")
        return self


class AwsApiSettings(ApiSettings):
    """The Kubernetes API: always reached from inside the network, and from outside only by those named here."""

    administrators: dict[Name, Annotated[str, Field(pattern=r"^arn:aws:iam::\d{12}:role/.+$")]] = Field(min_length=1)
    """Roles whose bearers may do everything in the cluster, the one that runs this program among them."""


class AwsSystemPoolSettings(SystemPoolSettings):
    """Nodes without GPUs, where everything runs that asks for none."""

    machine: str = Field(default="m7i.2xlarge", pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$")


class AwsGpuPoolSettings(RentedPoolSettings):
    """The same, with what AWS alone has."""

    profiles: ClassVar[Mapping[str, Mapping[str, int]]] = PROFILES

    reservation: str | None = Field(default=None, pattern=r"^cr-[0-9a-f]+$")
    """A capacity reservation, paid whether used or not."""
    placement_group: str | None = Field(default=None, min_length=1, max_length=255)
    """Name of the one that the reservation was bought in, where it was: nodes get its capacity in no other."""
    capacity_block: str | None = Field(default=None, pattern=r"^cr-[0-9a-f]+$")
    """A reservation for some days, bought in advance."""
    efa: bool = False
    """Let nodes write into each other's memory (EFA), for training over several of them, which are near each other."""

    @model_validator(mode="after")
    def _offered(self) -> Self:
        self._bought_once(spot=self.spot, reservation=self.reservation, capacityBlock=self.capacity_block)
        self._placed_once()
        if self.capacity_block:
            self._in_one_zone("a capacity block lies")
        if self.reservation:
            self._in_one_zone("a reservation lies")
        if self.together:
            self._in_one_zone("nodes that are together lie")
        machine = choose(self).name
        if self.efa and not (self.together or self.reservation or self.capacity_block):
            raise ValueError("efa: it reaches nodes near each other alone; write `together: true`, or remove it")
        if self.efa and machine not in INTERFACES:
            having = ", ".join(one.name for one in OFFER.machines[self.accelerator] if one.name in INTERFACES)
            raise ValueError(f"efa: {machine} has no such interface; ask for a machine that has: {having}")
        return self

    def _placed_once(self) -> None:
        """Capacity that is bought has its place already: a group that this program makes has none of it."""
        if self.together and self.capacity_block:
            raise ValueError("together: a capacity block's machines lie near each other anyway; remove it")
        if self.together and self.placement_group:
            raise ValueError("together makes a placement group, and placementGroup names one: remove one of them")
        if self.together and self.reservation:
            raise ValueError(
                "together makes a new placement group, where the reservation is not; "
                "write `placementGroup`, the one it was bought in, or remove `together`"
            )
        if self.placement_group and not self.reservation:
            raise ValueError("placementGroup: of a reservation; write that as well, or `together: true` instead")

    @property
    def interfaces(self) -> int:
        """Of EFA, on each node."""
        return INTERFACES[choose(self).name] if self.efa else 0

    @property
    def devices(self) -> dict[str, int]:
        return {**super().devices, **({INTERFACE: self.interfaces} if self.efa else {})}


class AutoscalerSettings(Settings):
    """What makes pools larger and smaller: cluster-autoscaler, which goes with the version of Kubernetes."""

    namespace: Name = "autoscaler"
    idle_minutes: int = Field(default=10, ge=1, le=24 * 60)
    """For how long nobody must need a node before it goes."""
    replicas: Count = 2
    resources: Resources = Resources(cpu="100m", memory="300Mi", memory_limit="600Mi")


class AwsSettings(GpuMetricsSettings, CloudSettings):
    """A cluster of EKS and what it stands on, all in one region of one account."""

    offer: ClassVar[Offer] = OFFER

    kind: Literal["aws"]
    account: str = Field(pattern=r"^\d{12}$")
    """Any other account is refused by the provider, whoever's credentials are at hand."""
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    tags: dict[str, str] = Field(default_factory=dict)
    """On everything: whom it belongs to, and who pays."""
    cluster_name: Name = "mlops"
    """Nothing else in the account and region may have it."""
    version: Annotated[str, AfterValidator(known)] = Field(default=NEWEST, json_schema_extra={"enum": [*VERSIONS]})
    """Of Kubernetes. A cluster goes from one to the next, and not further at once."""
    network: AwsNetworkSettings = AwsNetworkSettings()
    api: AwsApiSettings
    log_days: int = Field(default=365, ge=1)
    """For how long the control plane's logs are kept."""
    system: AwsSystemPoolSettings = AwsSystemPoolSettings()
    gpu_pools: dict[Name, AwsGpuPoolSettings] = Field(default_factory=dict)
    autoscaler: AutoscalerSettings | None = AutoscalerSettings()
    """Null where something else does that, such as Karpenter; without any, pools stay as small as `min`."""
    devices_namespace: Name = "gpu-devices"
    """Of the pods that show the kubelets what pools with `efa` have, and of those that `dcgmImage` is for."""
