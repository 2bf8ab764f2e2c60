"""The nodes that a stack declares, and how much of each is left."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..findings import Resource
from .affinity import is_unknown, text
from .asks import Ask, Room, amount
from .topology import HOSTNAME, unknown_to

GROUP: Mapping[str, Any] = {
    "type": "object",
    "required": ["name", "count"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "count": {"type": "integer", "minimum": 0, "description": "How many there may be"},
        "room": {"type": "object", "description": "What each has for pods: cpu, memory, and devices by their names"},
        "labels": {"type": "object", "description": "By which pods choose these nodes"},
        "taints": {"type": "array", "items": {"type": "string"}, "description": "As key=value:effect"},
    },
}
"""Of nodes that are alike."""

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Group:
    """Nodes that are alike; `room` is None where nobody knows what they have."""

    name: str
    count: int
    room: Room | None
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[str] = ()

    def admits(self, ask: Ask) -> bool:
        """By labels and taints, whatever room there is."""
        return ask.nodes.include(self.labels) and all(ask.tolerates(taint) for taint in self.taints)


@dataclass(eq=False)
class Machine:
    """One node, which fills up."""

    group: Group
    free: defaultdict[str, float] = field(init=False)
    holds: Counter[str] = field(default_factory=Counter)
    """Resource -> how many of its pods."""

    def __post_init__(self) -> None:
        self.free = defaultdict(float, self.group.room or {})

    def fits(self, ask: Ask) -> bool:
        """Whatever its other pods do."""
        return self.group.admits(ask) and all(self.free[one] + _ROUNDING >= value for one, value in ask.room.items())

    def take(self, ask: Ask) -> None:
        self.holds[ask.resource.urn] += 1
        for one, value in ask.room.items():
            self.free[one] -= value

    def domain(self, key: str) -> "str | Machine | None":
        """Where the label of that name puts it: with others of the same value, by itself, or nowhere."""
        if key == HOSTNAME or unknown_to(self.group.labels, key):
            return self
        return self.group.labels.get(key)


def declared(resources: Iterable[Resource], settings: Mapping[str, Any]) -> list[Group]:
    """By the settings, or else by components of the program: by their output `nodes`, in the form of GROUP."""
    said = settings.get("nodes") or [
        one
        for resource in resources
        if isinstance(resource.props.get("nodes"), list)
        for one in resource.props["nodes"]
    ]
    return list(_groups(said))


def _groups(said: Iterable[Any]) -> Iterator[Group]:
    for one in said:
        if isinstance(one, Mapping) and isinstance(one.get("count"), int | float):
            stated = one.get("room")
            room = (
                {key: amount(_plain(value)) for key, value in stated.items()} if isinstance(stated, Mapping) else None
            )
            labels, taints = one.get("labels") or {}, one.get("taints") or ()
            if is_unknown([labels, taints]):
                room = None
            elif isinstance(labels, dict):
                labels = {key: text(value) for key, value in labels.items()}
            yield Group(str(one.get("name")), int(one["count"]), room, labels, taints)


def _plain(value: Any) -> Any:
    """The engine hands whole numbers over as floats, large ones in powers of ten."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
