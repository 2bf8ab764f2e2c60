"""Whose resources they are: the components that a program makes, by their layer."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .events import Planned

# A provider is no resource of anybody, though the engine keeps its settings as one.
_SETTINGS = "pulumi:providers:"


@dataclass(frozen=True)
class Layer:
    """The middle part of the components' types, their names, and their resources by provider."""

    name: str
    components: tuple[str, ...]
    resources: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.resources.values())


def layers(resources: Iterable[Planned]) -> tuple[Layer, ...]:
    """What belongs to no component is a layer of its own."""
    known = {one.urn: one for one in resources if not one.token.startswith(_SETTINGS)}
    components: dict[str, dict[str, None]] = {}
    counts: dict[str, Counter[str]] = {}
    for one in known.values():
        top = _top(one, known)
        layer = "(no component)" if top.custom else top.token.split(":")[1]
        components.setdefault(layer, {})
        counts.setdefault(layer, Counter())
        if not top.custom:
            components[layer][top.name] = None
        if one.custom:
            counts[layer][one.token.partition(":")[0]] += 1
    return tuple(Layer(name, tuple(components[name]), counts[name]) for name in sorted(counts))


def _top(one: Planned, known: Mapping[str, Planned]) -> Planned:
    while one.parent in known:
        one = known[one.parent]
    return one
