"""How pods of one workload keep apart: required anti-affinity, and spread constraints that hold a pod back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...open_source.reading import UNKNOWN
from ..cloud.values import at, listed
from .affinity import EVERYWHERE, Wish, is_unknown, text, wish

HOSTNAME = "kubernetes.io/hostname"
_APART = "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"
_SPREAD = "topologySpreadConstraints"


@dataclass(frozen=True)
class Spread:
    """Of the pods in one domain, as the key's label tells domains apart, there are at most `skew` more than in the
    domain with the fewest; none are counted there while there are fewer than `domains` of them."""

    key: str
    skew: int
    domains: int = 1
    heeds_nodes: bool = True
    """Only the nodes that the pods ask for are counted."""
    heeds_taints: bool = False
    """Only the nodes whose taints they tolerate are counted."""


@dataclass(frozen=True)
class Rules:
    """No two pods in one domain of any key of `apart`, and each of `spreads` holds."""

    apart: tuple[str, ...] = ()
    spreads: tuple[Spread, ...] = ()

    @property
    def keys(self) -> Iterator[str]:
        """Labels without which a node gets no pod."""
        return (one.key for one in self.spreads)


def rules(pod: Mapping[str, Any], labels: Any) -> Rules | None:
    """By a pod's specification and labels, as far as its own workload goes; None if a part is not known yet."""
    apart, spreads = at(pod, _APART), pod.get(_SPREAD)
    if spreads is UNKNOWN:
        return None
    spreads = [one for one in listed(spreads) if _holds_back(one)]
    if is_unknown([apart, spreads]) or ((apart or spreads) and is_unknown(labels)):
        return None
    own = {key: text(value) for key, value in labels.items()} if isinstance(labels, dict) else {}
    return Rules(
        tuple(str(one.get("topologyKey")) for one in listed(apart) if _selects(one, own)),
        tuple(_spread(one) for one in spreads if _selects(one, own)),
    )


def _holds_back(said: Any) -> bool:
    """All but those that are only preferred."""
    return at(said, "whenUnsatisfiable") != "ScheduleAnyway"


def _spread(said: Mapping[str, Any]) -> Spread:
    return Spread(
        key=str(said.get("topologyKey")),
        skew=int(said.get("maxSkew") or 1),
        domains=int(said.get("minDomains") or 1),
        heeds_nodes=said.get("nodeAffinityPolicy") != "Ignore",
        heeds_taints=said.get("nodeTaintsPolicy") == "Honor",
    )


def _selects(said: Any, labels: Mapping[str, str]) -> bool:
    """Whether pods with these labels are counted; without a selector none are."""
    selector = at(said, "labelSelector")
    if not isinstance(selector, dict):
        return False
    exact = (Wish(key, "In", (text(value),)) for key, value in (selector.get("matchLabels") or {}).items())
    other = (wish(one) for one in listed(selector.get("matchExpressions")) if isinstance(one, dict))
    return all(one.holds(labels) for one in (*exact, *other))


def unit(key: str) -> str:
    """What there are several of, in the plural."""
    name = key.rpartition("/")[2]
    return {"hostname": "nodes", "zone": "zones", "region": "regions"}.get(name, f"values of {key}")


def unknown_to(labels: Mapping[str, str], key: str) -> bool:
    """Whether a node has the label and its declaration does not say which: each may be a domain of its own."""
    return key != HOSTNAME and key not in labels and key.startswith(EVERYWHERE)
