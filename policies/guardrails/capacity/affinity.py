"""Which nodes a pod asks for: its node selector and its required node affinity, by the scheduler's own rules."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...open_source.reading import UNKNOWN
from ..cloud.values import at, listed

EVERYWHERE = ("kubernetes.io/", "beta.kubernetes.io/", "topology.kubernetes.io/", "node.kubernetes.io/")
"""Labels that nodes have by themselves; a declaration of nodes need not say them."""

_NUMBER = re.compile(r"[+-]?\d+")
_REQUIRED = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"


@dataclass(frozen=True)
class Wish:
    """One condition on a label."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.operator == "In":
            return f"{self.key}={'|'.join(self.values)}"
        return " ".join([self.key, self.operator, *self.values])

    def holds(self, labels: Mapping[str, str]) -> bool:
        """What a declaration need not say is taken for granted."""
        has = labels.get(self.key)
        if has is None and self.key.startswith(EVERYWHERE):
            return True
        match self.operator:
            case "In":
                return has in self.values
            case "NotIn":
                return has not in self.values
            case "Exists":
                return has is not None
            case "DoesNotExist":
                return has is None
            case "Gt" | "Lt":
                return _differs(has, self.operator, self.values)
        return False


@dataclass(frozen=True)
class Nodes:
    """Those that a pod may run on: all `selector` holds, and one of `terms`, if there are any, wholly."""

    selector: tuple[Wish, ...] = ()
    terms: tuple[tuple[Wish, ...], ...] | None = None

    def include(self, labels: Mapping[str, str]) -> bool:
        if not all(wish.holds(labels) for wish in self.selector):
            return False
        return self.terms is None or any(all(wish.holds(labels) for wish in term) for term in self.terms)

    def __str__(self) -> str:
        either = " or ".join(_joined(term) for term in self.terms or ())
        return ", ".join(part for part in (_joined(self.selector), either) if part)


def asked(pod: Mapping[str, Any], labels: Iterable[str] = ()) -> Nodes | None:
    """By the specification of a pod, and labels that a node must have; None if a part of it is not known yet."""
    selector, required = pod.get("nodeSelector") or {}, at(pod, _REQUIRED)
    if is_unknown(selector) or is_unknown(required):
        return None
    chosen = (
        tuple(Wish(key, "In", (text(value),)) for key, value in selector.items()) if isinstance(selector, dict) else ()
    )
    chosen += tuple(Wish(key, "Exists") for key in labels)
    if not isinstance(required, dict):
        return Nodes(chosen)
    return Nodes(chosen, tuple(filter(None, map(_term, listed(required.get("nodeSelectorTerms"))))))


def _term(term: Any) -> tuple[Wish, ...] | None:
    """None for an empty one, which is for no node. `matchFields` asks for names of nodes, which nobody declares."""
    wishes = tuple(wish(one) for one in listed(at(term, "matchExpressions")) if isinstance(one, dict))
    by_name = tuple(Wish(f"{EVERYWHERE[0]}name", "Exists") for _ in listed(at(term, "matchFields")))
    return (*wishes, *by_name) or None


def wish(said: Mapping[str, Any]) -> Wish:
    """As an expression of a selector has it."""
    return Wish(str(said.get("key")), str(said.get("operator")), tuple(map(text, listed(said.get("values")))))


def _differs(has: str | None, operator: str, values: tuple[str, ...]) -> bool:
    """The scheduler compares whole numbers, and one of them."""
    if has is None or len(values) != 1 or not _NUMBER.fullmatch(has) or not _NUMBER.fullmatch(values[0]):
        return False
    return int(has) > int(values[0]) if operator == "Gt" else int(has) < int(values[0])


def _joined(wishes: Iterable[Wish]) -> str:
    return ", ".join(map(str, wishes))


def is_unknown(node: Any) -> bool:
    """Whether any part of it is."""
    if isinstance(node, dict):
        return any(map(is_unknown, node.values()))
    return any(map(is_unknown, node)) if isinstance(node, list) else node is UNKNOWN


def text(value: Any) -> str:
    """The engine hands numbers over as floats, which a label can't be."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
