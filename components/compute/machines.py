"""What clouds rent out: which machine has which GPUs, and where it is to be had."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .gpus import POOL, GpuNodes, GpuPoolSettings


@dataclass(frozen=True)
class Machine:
    """A type of machine. `memory` is one GPU's, in MiB, and `ram` the machine's own, in GiB."""

    name: str
    gpus: int
    memory: int
    cpu: int
    ram: int


@dataclass(frozen=True)
class Offer:
    """One cloud's machines with GPUs."""

    cloud: str
    machines: Mapping[str, tuple[Machine, ...]]
    """Accelerator -> machines that have it, the smallest first."""
    places: Mapping[str, Collection[str]]
    """Machine or family -> regions. What is not in here is taken to be everywhere."""
    separator: str
    """Between the family and the size in a machine's name."""

    def choose(self, pool: GpuPoolSettings) -> Machine:
        """The smallest machine with just so many GPUs. Raises ValueError, saying what there is, if none fits."""
        offered = self.machines.get(pool.accelerator)
        if offered is None:
            raise ValueError(f"{self.cloud} has no {pool.accelerator}; write one of {', '.join(self.machines)}")
        fitting = [one for one in offered if one.gpus == pool.per_node and one.cpu >= pool.least_cpu]
        if not fitting:
            known = ", ".join(f"{one.gpus} ({one.cpu} vCPUs)" for one in offered)
            asked = f"{pool.per_node} x {pool.accelerator}"
            raise ValueError(f"{self.cloud} has no machine with {asked} as asked for; it has {known}")
        return fitting[0]

    def nodes(self, pool: str, settings: GpuPoolSettings) -> GpuNodes:
        """What the layers above are told of such a pool."""
        seen = settings.seen_per_node
        memory = self.choose(settings).memory * settings.per_node // seen
        return GpuNodes(taint=str(settings.taint), node_labels={POOL: pool}, per_node=seen, memory=memory)

    def family(self, machine: Machine) -> str:
        """By which the cloud counts quotas."""
        return machine.name.rpartition(self.separator)[0]

    def where(self, machine: Machine) -> Collection[str] | None:
        """The regions that have it, or None if nothing is known of them."""
        return self.places.get(machine.name) or self.places.get(self.family(machine))

    def offered_in(self, machine: Machine, region: str) -> bool:
        """Whether the region has it, as far as is known here."""
        known = self.where(machine)
        return known is None or region in known
