"""The rule on a stack's budgets: for a month of full use, and for one in which nothing runs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import Severity

from ..findings import Finding, Problem, Resource, Unknown
from ..stack import stack_rule
from .estimate import Cost, costs, is_billed
from .prices import Prices, prices

_LIMIT = {"type": "number", "minimum": 0, "default": 0}
_CONFIG = {
    "monthly": {**_LIMIT, "description": "USD a month when all has scaled up; 0 is no limit"},
    "idle": {**_LIMIT, "description": "USD a month when all has scaled down, but for what is reserved; 0 is no limit"},
    "prices": {
        "type": "object",
        "default": {},
        "description": "USD an hour, by the name of a machine, a tier or a service, where the list has none or another",
        "additionalProperties": {"type": "number", "minimum": 0},
    },
}


def _within(resources: Sequence[Resource], settings: Mapping[str, Any]) -> Iterator[tuple[Resource | None, Finding]]:
    limits = {kind: settings.get(kind) or 0 for kind in ("monthly", "idle")}
    if not any(limits.values()):
        return
    known = prices(settings.get("prices") or {})
    found = list(costs(resources, known))
    for cost in found:
        if cost.is_later:
            yield cost.resource, Unknown("what it costs")
        elif cost.lacking:
            text = f"has no price on the list ({cost.lacking}), so no sum is true; add it to `prices`."
            yield cost.resource, Problem("cost", text)
    for kind, limit in limits.items():
        total = sum(getattr(cost, kind) for cost in found)
        if limit and total > limit:
            yield None, Problem(kind, _over(kind, total, limit, found, known))


def _over(kind: str, total: float, limit: float, costs: Sequence[Cost], known: Prices) -> str:
    dearest = sorted(costs, key=lambda cost: -getattr(cost, kind))[:3]
    named = ", ".join(f"{cost.resource.name} {getattr(cost, kind):,.0f}" for cost in dearest)
    when = "with all scaled up" if kind == "monthly" else "with all scaled down"
    return f"costs {total:,.0f} USD a month {when}, over {limit:,.0f}. Dearest: {named} (prices of {known.taken})."


BUDGET = stack_rule("budget", "A stack stays within its budget.", _within, is_billed, Severity.HIGH, _CONFIG)
