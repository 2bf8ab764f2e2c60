"""Servers outlive the loss of a node, and its planned drain, where a stack asks for that: in production."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import Severity

from ..open_source.kinds import of_object
from ..open_source.reading import UNKNOWN
from .cloud.values import at, listed
from .findings import Finding, Problem, Resource, Unknown
from .stack import stack_rule

_SERVERS = {("apps", "Deployment"), ("apps", "StatefulSet")}
_BUDGET, _SCALER = ("policy", "PodDisruptionBudget"), ("autoscaling", "HorizontalPodAutoscaler")
_CONFIG = {"required": {"type": "boolean", "default": False, "description": "Whether the stack is for production"}}


def _wants(token: str) -> bool:
    return of_object(token) in {*_SERVERS, _BUDGET, _SCALER}


def _redundant(resources: Sequence[Resource], settings: Mapping[str, Any]) -> Iterator[tuple[Resource, Finding]]:
    if not settings.get("required"):
        return
    budgets = [one for one in resources if of_object(one.token) == _BUDGET]
    scalers = [one for one in resources if of_object(one.token) == _SCALER]
    for server in resources:
        if of_object(server.token) not in _SERVERS:
            continue
        least = _least(server, scalers)
        if least is UNKNOWN:
            yield server, Unknown("spec.replicas")
        elif least == 1:
            yield server, Problem("spec.replicas", "is gone with its node; run 2 or more.")
        if least == 0:  # switched off
            continue
        covered = [_covers(budget, server, least) for budget in budgets]
        if True not in covered:
            text = "may lose all pods when nodes are drained; select them by a PodDisruptionBudget that keeps some."
            known = UNKNOWN not in (least, *covered)
            yield server, Problem("spec.template", text) if known else Unknown("PodDisruptionBudget")


def _least(server: Resource, scalers: Sequence[Resource]) -> Any:
    """The least number of pods: a scaler's word goes before the server's own."""
    wanted = (server.token.rpartition(":")[2], at(server.props, "metadata.name"))
    may_be_scaled = False
    for scaler in (one for one in scalers if _same(one, server)):
        target = tuple(at(scaler.props, f"spec.scaleTargetRef.{field}") for field in ("kind", "name"))
        if UNKNOWN in (*target, *wanted):
            may_be_scaled = True
        elif target == wanted:
            return _stated(scaler, "spec.minReplicas")
    least = _stated(server, "spec.replicas")
    return UNKNOWN if may_be_scaled and least == 1 else least


def _stated(resource: Resource, path: str) -> Any:
    stated = at(resource.props, path)
    return 1 if stated is None else stated


def _covers(budget: Resource, server: Resource, pods: Any) -> Any:
    """Whether the budget keeps some of this server's pods; UNKNOWN if that can't be told yet."""
    kept = _keeps(budget, pods)
    if not _same(budget, server) or kept is False:
        return False
    selector, labels = at(budget.props, "spec.selector"), at(server.props, "spec.template.metadata.labels")
    if UNKNOWN in (selector, labels):
        return UNKNOWN
    selects = isinstance(selector, dict) and _selects(selector, labels or {})
    return kept if selects is True else selects


def _same(one: Resource, other: Resource) -> bool:
    spaces = [at(each.props, "metadata.namespace") for each in (one, other)]
    return UNKNOWN in spaces or spaces[0] == spaces[1]


def _keeps(budget: Resource, pods: Any) -> Any:
    """One that lets all pods go at once, or that says nothing, keeps none."""
    gone, kept = at(budget.props, "spec.maxUnavailable"), at(budget.props, "spec.minAvailable")
    if UNKNOWN in (gone, kept):
        return UNKNOWN
    if isinstance(gone, int | float) and isinstance(pods, int | float):
        return gone < max(pods, 2)  # that one pod is too few is said already
    return gone not in (None, "100%") or kept not in (None, 0, "0%")


def _selects(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> Any:
    wanted, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or ()
    if UNKNOWN in (wanted, expressions):
        return UNKNOWN
    answers = [
        UNKNOWN if UNKNOWN in (value, labels.get(key)) else labels.get(key) == value for key, value in wanted.items()
    ]
    answers += [_meets(one, labels) for one in expressions]
    return False if False in answers else UNKNOWN if UNKNOWN in answers else True


def _meets(expression: Any, labels: Mapping[str, Any]) -> Any:
    key, operator = at(expression, "key"), at(expression, "operator")
    own, values = labels.get(key), listed(at(expression, "values"))
    if UNKNOWN in (key, operator, own, *values):
        return UNKNOWN
    return {
        "In": own in values,
        "NotIn": own not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }.get(str(operator), False)


REDUNDANT = stack_rule(
    "redundant-servers",
    "Servers have more than one pod, and some stay when nodes are drained.",
    _redundant,
    _wants,
    Severity.MEDIUM,
    _CONFIG,
)
