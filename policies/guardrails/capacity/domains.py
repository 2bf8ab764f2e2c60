"""Where the next pod of a workload may go beside those that it has, and how many places there are apart."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil

from .asks import Ask
from .nodes import Machine
from .topology import HOSTNAME, Spread, unit, unknown_to


def may_take(machine: Machine, ask: Ask, machines: Sequence[Machine]) -> bool:
    """As far as the workload's own pods keep apart, whatever room there is."""
    return all(_is_free(key, machine, ask, machines) for key in ask.rules.apart) and all(
        _is_even(spread, machine, ask, machines) for spread in ask.rules.spreads
    )


def lacking(ask: Ask, machines: Sequence[Machine]) -> str:
    """How many nodes or zones its pods need and there are, if that is too few; else nothing."""
    usable = [machine for machine in machines if machine.group.admits(ask)]
    needs = [(key, ask.count, usable) for key in ask.rules.apart]
    needs += [(spread.key, _places(spread, ask, machines), usable) for spread in ask.rules.spreads]
    for key, wanted, among in needs:
        domains = {machine.domain(key) for machine in among}
        # Who has no such label keeps nothing apart.
        if None not in domains and len(domains) < wanted:
            word = unit(HOSTNAME if _is_unknown(key, among) else key)
            return f"needs {wanted} {word}, has {len(domains)}"
    return ""


def _is_free(key: str, machine: Machine, ask: Ask, machines: Iterable[Machine]) -> bool:
    domain = machine.domain(key)
    return domain is None or not any(other.holds[ask.resource.urn] for other in machines if other.domain(key) == domain)


def _is_even(spread: Spread, machine: Machine, ask: Ask, machines: Sequence[Machine]) -> bool:
    """Nobody can tell where the declaration doesn't say which nodes are together."""
    counted = _counted(spread, ask, machines)
    if _is_unknown(spread.key, counted):
        return True
    pods: Counter[object] = Counter()
    for other in counted:
        pods[other.domain(spread.key)] += other.holds[ask.resource.urn]
    fewest = min(pods.values()) if len(pods) >= spread.domains else 0
    return pods[machine.domain(spread.key)] + 1 - fewest <= spread.skew


def _places(spread: Spread, ask: Ask, machines: Sequence[Machine]) -> int:
    """Domains without which not all pods have a place: where one stays empty, no other may have more than the skew."""
    counted = _counted(spread, ask, machines)
    if _is_unknown(spread.key, counted):
        return 0
    wanted = ceil(ask.count / spread.skew)
    domains = {machine.domain(spread.key) for machine in counted}
    filled = {machine.domain(spread.key) for machine in counted if machine.group.admits(ask)}
    if domains - filled:
        return wanted
    return min(wanted, spread.domains) if len(domains) < spread.domains else 0


def _counted(spread: Spread, ask: Ask, machines: Iterable[Machine]) -> list[Machine]:
    """By default also those whose taints keep the pods off, on which they stay none."""
    return [
        machine
        for machine in machines
        if machine.domain(spread.key) is not None
        and (not spread.heeds_nodes or ask.nodes.include(machine.group.labels))
        and (not spread.heeds_taints or all(ask.tolerates(taint) for taint in machine.group.taints))
    ]


def _is_unknown(key: str, machines: Iterable[Machine]) -> bool:
    return any(unknown_to(machine.group.labels, key) for machine in machines)
