"""The rule: every pod of a stack finds a node that may take it and has room, with all others in their places."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import Severity

from ...open_source.kinds import of_object
from ...open_source.reading import UNKNOWN
from ..cloud.values import at
from ..findings import Finding, Problem, Resource, Unknown
from ..stack import stack_rule
from .asks import Ask, Room, amount, asks
from .domains import lacking, may_take
from .nodes import GROUP, Group, Machine, declared

_CONFIG = {
    "nodes": {
        "type": "array",
        "default": [],
        "items": dict(GROUP),
        "description": "The nodes, where no component of the program has an output of that name and form",
    }
}
_REQUESTED = "requests."
_GIBIBYTE = 2**30
_CORES: Room = {"cpu": 1, "memory": 1 / (4 * _GIBIBYTE)}
"""By which pods are compared in size: most machines have about so much memory to a core."""


_WITHOUT_PODS = {"apiextensions.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "storage.k8s.io"}
"""Groups that half of a stack is of."""
_OF_CORE = {"Pod", "ReplicationController", "ResourceQuota"}


def _wants(token: str) -> bool:
    kind = of_object(token)
    if kind is None:
        return token.endswith("Cluster")
    return kind.name in _OF_CORE if kind.group == "core" else kind.group not in _WITHOUT_PODS


def _room(resources: Sequence[Resource], settings: Mapping[str, Any]) -> Iterator[tuple[Resource | None, Finding]]:
    groups = declared(resources, settings)
    if not groups:
        return
    if unknown := [group.name for group in groups if group.room is None]:
        yield None, Unknown(f"what the nodes of {', '.join(unknown)} have")
        return
    known = []
    for resource in resources:
        for ask in asks(resource):
            if isinstance(ask, Ask):
                known.append(ask)
            else:
                yield resource, ask
    machines = [Machine(group) for group in groups for _ in range(group.count)]
    yield from _placed(known, machines)
    yield from _quotas(resources, groups)


def _placed(known: Sequence[Ask], machines: Sequence[Machine]) -> Iterator[tuple[Resource | None, Finding]]:
    for ask in known:
        if ask.on_each_node:
            for machine in machines:
                if machine.group.admits(ask):
                    machine.take(ask)
    # What comes and goes finds its room when it comes; here it is enough that there could be.
    possible = []
    for ask in known:
        if ask.on_each_node or not ask.count:
            continue
        if any(machine.fits(ask) for machine in machines):
            possible.append(ask)
        else:
            yield ask.resource, Problem("capacity", _alone(ask, machines))
    left: dict[tuple[frozenset[str], str], dict[str, int]] = {}
    # Those with the least choice first, and of these the largest.
    steady = sorted((one for one in possible if one.steady), key=_size, reverse=True)
    for ask in sorted(steady, key=lambda one: len(_may_use(one, machines))):
        for _ in range(ask.count):
            fitting = [machine for machine in machines if machine.fits(ask) and may_take(machine, ask, machines)]
            if fitting:
                min(fitting, key=lambda machine: _preference(machine, ask)).take(ask)
            else:
                names = left.setdefault((_may_use(ask, machines), lacking(ask, machines)), {})
                names[ask.resource.name] = names.get(ask.resource.name, 0) + 1
    for (groups, domains), names in left.items():
        sums = domains or _sums(groups, known, machines)
        without = ", ".join(f"{name} ({count})" for name, count in names.items())
        text = f"{', '.join(sorted(groups))}: {sums}; add nodes, or ask for less. Pods without a place: {without}."
        yield None, Problem("capacity", text)


def _preference(machine: Machine, ask: Ask) -> tuple[int, int]:
    """Nodes with taints last, and of those that must be alike the emptiest first."""
    return len(machine.group.taints), machine.holds[ask.resource.urn] if ask.rules.spreads else 0


def _size(ask: Ask) -> tuple[float, float]:
    """By devices, then by all the rest."""
    devices = sum(value for one, value in ask.room.items() if one not in _CORES)
    return devices, sum(value * _CORES[one] for one, value in ask.room.items() if one in _CORES)


def _may_use(ask: Ask, machines: Iterable[Machine]) -> frozenset[str]:
    return frozenset(machine.group.name for machine in machines if machine.group.admits(ask))


def _alone(ask: Ask, machines: Sequence[Machine]) -> str:
    admitting = [machine for machine in machines if machine.group.admits(ask)]
    if not admitting:
        chosen = str(ask.nodes) or "without taints"
        return f"no declared node may take its pods (they ask for nodes {chosen}); add such nodes."
    short = [one for one, value in ask.room.items() if all(machine.free[one] < value for machine in admitting)]
    most = {one: max(machine.free[one] for machine in admitting) for one in short or ask.room}
    wanted = {one: ask.room[one] for one in most}
    return f"a pod needs {_said(wanted)}, and no node that may take it has more than {_said(most)}; use larger ones."


def _sums(groups: frozenset[str], known: Sequence[Ask], machines: Sequence[Machine]) -> str:
    """Over the pods that can use these nodes alone."""
    needs: dict[str, float] = {}
    for ask in known:
        usable = _may_use(ask, machines)
        if ask.steady and usable and (usable <= groups or ask.on_each_node):
            pods = sum(machine.group.name in groups & usable for machine in machines) if ask.on_each_node else ask.count
            for one, value in ask.room.items():
                needs[one] = needs.get(one, 0) + value * pods
    has: dict[str, float] = {one: 0 for one in needs}
    for machine in machines:
        if machine.group.name in groups:
            for one in needs:
                has[one] += (machine.group.room or {}).get(one, 0)
    short = [one for one in needs if needs[one] > has[one]]
    if short:
        return f"needs {_said({one: needs[one] for one in short})}, has {_said({one: has[one] for one in short})}"
    return f"needs {_said(needs)} of {_said(has)}, in pieces too large for what each node has left"


def _quotas(resources: Iterable[Resource], groups: Sequence[Group]) -> Iterator[tuple[Resource, Finding]]:
    """A quota of devices that nodes can't fill lets pods wait for ever."""
    for resource in resources:
        if of_object(resource.token) != ("core", "ResourceQuota"):
            continue
        for what, most in (at(resource.props, "spec.hard") or {}).items():
            device = what.removeprefix(_REQUESTED)
            if not what.startswith(_REQUESTED) or "/" not in device or most is UNKNOWN:
                continue
            there = sum(group.count * (group.room or {}).get(device, 0) for group in groups)
            if amount(most) > there:
                text = f"admits {_said({device: amount(most)})} at once, and all nodes have {there:.0f}; lower it."
                yield resource, Problem("spec.hard", text)


def _said(room: Room) -> str:
    """14.2 CPU and 33.1 GiB of memory."""
    return " and ".join(_amount(one, value) for one, value in sorted(room.items()))


def _amount(resource: str, value: float) -> str:
    if resource == "cpu":
        return f"{value:.1f} CPU"
    return f"{value / _GIBIBYTE:.1f} GiB of memory" if resource == "memory" else f"{value:.0f} {resource}"


CAPACITY = stack_rule(
    "capacity",
    "What a stack runs fits on the nodes that it declares.",
    _room,
    _wants,
    Severity.HIGH,
    _CONFIG,
)
