"""What a stack file says of queues: who has which share of what, and how the controller runs."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ...base import Settings
from ...k8s.resources import Resources
from ...types import Count, Name, Quantity, amount


class GpuShare(Settings):
    """Of one pool's GPUs, slices of them counted as the pool does."""

    quota: int = Field(ge=0, le=10000)
    """The team's own, there whenever it asks."""
    borrow: int | None = Field(default=None, ge=0, le=10000)
    """At most so many of what others leave idle; as many as there are, if not given."""
    lend: int | None = Field(default=None, ge=0, le=10000)
    """At most so many of its own, while it leaves them idle; all, if not given."""

    @model_validator(mode="after")
    def _lends_its_own(self) -> Self:
        if self.lend is not None and self.lend > self.quota:
            raise ValueError(
                f"lend is {self.lend} and quota {self.quota}: a team lends its own; write no more than that"
            )
        return self


class Share(Settings):
    """Of what all nodes have: CPUs, or bytes of memory."""

    quota: Quantity
    borrow: Quantity | Literal["0"] | None = None
    """At most so much of what others leave idle; as much as there is, if not given."""
    lend: Quantity | Literal["0"] | None = None
    """At most so much of its own, while it leaves it idle; all, if not given."""

    @model_validator(mode="after")
    def _lends_its_own(self) -> Self:
        if self.lend is not None and amount(self.lend) > amount(self.quota):
            raise ValueError(
                f"lend is {self.lend} and quota {self.quota}: a team lends its own; write no more than that"
            )
        return self


class TeamSettings(Settings):
    """One team's quota. What is not listed here, its work can't ask for."""

    cpu: Share
    memory: Share
    gpus: dict[Name, GpuShare] = Field(default_factory=dict)
    """By pool."""


class KueueSettings(Settings):
    """One in a cluster: the names of its webhooks are fixed."""

    namespace: Name = "kueue"
    replicas: Count = 2
    """One of them decides, all of them answer the API server: with none, no work of a team starts."""
    resources: Resources = Resources(cpu="100m", memory="256Mi", memory_limit="512Mi")
    ready_within: int = Field(default=1200, ge=30, le=24 * 3600)
    """Seconds until all pods of a gang must be ready, new nodes counted; else all of them go, and wait once more."""
    attempts: int = Field(default=5, ge=1, le=100)
    """So often a gang may fail to get ready before it is taken out of its queue."""
    keep_definitions: bool = True
    """Leave the kinds of objects behind when Kueue goes: with them would go all queues in the cluster."""


class QueueSettings(Settings):
    """Teams that share the cluster. What one of them leaves idle, the others may use until it wants that back."""

    teams: dict[Name, TeamSettings] = Field(min_length=1)
    reclaim: bool = True
    """Evict work that runs on borrowed quota when its owner needs that; else the owner waits for its end."""
    patience: int = Field(default=24 * 3600, ge=60, le=30 * 24 * 3600)
    """Seconds that a step may wait in its queue before its engine gives up."""
    controller: KueueSettings = KueueSettings()

    def most_gpus(self, team: str, pool: str) -> int:
        """As many as that team's work can ever hold at once of that pool."""
        share = self.teams[team].gpus.get(pool)
        if share is None:
            return 0
        rest = (other.gpus[pool] for name, other in self.teams.items() if name != team and pool in other.gpus)
        idle = sum(other.quota if other.lend is None else other.lend for other in rest)
        return share.quota + (idle if share.borrow is None else min(idle, share.borrow))

    def most(self, team: str, resource: Literal["cpu", "memory"]) -> float:
        """The same of CPUs, or of bytes of memory."""
        share: Share = getattr(self.teams[team], resource)
        others: list[Share] = [getattr(other, resource) for name, other in self.teams.items() if name != team]
        idle = sum(amount(other.quota if other.lend is None else other.lend) for other in others)
        return amount(share.quota) + (idle if share.borrow is None else min(idle, amount(share.borrow)))
