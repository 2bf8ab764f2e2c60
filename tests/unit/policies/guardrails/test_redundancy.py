"""In production servers have two pods or more, and a budget that keeps some of them."""

from typing import Any

import pytest

from tests.unit.policies.analysis import UNKNOWN
from tests.unit.policies.guardrails.judged import DEPLOYMENT, of_stack

LABELS = {"app": "web", "tier": "front"}
BUDGET, SCALER = "kubernetes:policy/v1:PodDisruptionBudget", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"


def server(replicas: Any = 2, space: Any = "a", labels: Any = LABELS) -> tuple[str, str, dict[str, Any]]:
    spec = {"replicas": replicas, "template": {"metadata": {"labels": labels}}}
    return DEPLOYMENT, "web", {"metadata": {"name": "web-1", "namespace": space}, "spec": spec}


def budget(selector: Any = None, **spec: Any) -> tuple[str, str, dict[str, Any]]:
    chosen = {"matchLabels": {"app": "web"}} if selector is None else selector
    said = {"metadata": {"namespace": "a"}, "spec": {"selector": chosen, **(spec or {"maxUnavailable": 1})}}
    return BUDGET, "web-budget", said


def scaler(least: Any, target: str = "web-1") -> tuple[str, str, dict[str, Any]]:
    reference = {"kind": "Deployment", "name": target}
    spec = {"minReplicas": least, "scaleTargetRef": reference}
    return SCALER, "web-scaler", {"metadata": {"namespace": "a"}, "spec": spec}


def said(*resources: Any, **settings: Any) -> list[tuple[str, bool]]:
    return list(of_stack("redundant-servers", {"required": True, **settings}, *resources))


@pytest.mark.parametrize(
    "resources",
    [
        (server(), budget()),
        (server(), budget({})),
        (server(), budget({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]})),
        (server(), budget({"matchExpressions": [{"key": "old", "operator": "DoesNotExist"}]})),
        (server(), budget({"matchExpressions": [{"key": "app", "operator": "Exists"}]})),
        (server(), budget({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]})),
        (server(), budget(minAvailable=1)),
        (server(None), scaler(2), budget()),
        (server(0),),
    ],
)
def test_what_outlives_a_node_passes(resources: tuple[Any, ...]):
    assert said(*resources) == []


@pytest.mark.parametrize(
    "resources, problem",
    [
        ((server(1), budget()), "web: spec.replicas: is gone with its node; run 2 or more."),
        ((server(None), budget()), "is gone with its node"),
        ((server(3), scaler(1), budget()), "is gone with its node"),
        ((server(1), scaler(2, "other"), budget()), "is gone with its node"),
        ((server(),), "may lose all pods"),
        ((server(), budget({"matchLabels": {"app": "api"}})), "may lose all pods"),
        ((server(), budget({"matchLabels": LABELS | {"more": "1"}})), "may lose all pods"),
        (
            (server(), budget({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]})),
            "may lose",
        ),
        ((server(), budget({"matchExpressions": [{"key": "app", "operator": "Matches"}]})), "may lose"),
        ((server(), budget({"matchExpressions": [{"key": "old", "operator": "Exists"}]})), "may lose"),
        ((server(), budget({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]})), "may lose"),
        ((server(space="b"), budget()), "may lose all pods"),
        ((server(), budget(maxUnavailable="100%")), "may lose all pods"),
        ((server(), budget(minAvailable=0)), "may lose all pods"),
        ((server(), budget(minAvailable="0%")), "may lose all pods"),
        ((budget(), server(1)), "is gone with its node"),
        (((DEPLOYMENT, "off", {"spec": {"replicas": 0}}), server(1), budget()), "is gone with its node"),
    ],
)
def test_what_is_gone_with_a_node_is_refused(resources: tuple[Any, ...], problem: str):
    ((message, mandatory),) = said(*resources)
    assert mandatory and problem in message


@pytest.mark.parametrize(
    "resources",
    [
        (server(UNKNOWN), budget()),
        (server(), budget(UNKNOWN)),
        (server(None), scaler(UNKNOWN), budget()),
        (server(), budget({"matchExpressions": [UNKNOWN]})),
        (server(), budget({"matchExpressions": [{"key": "app", "operator": "In", "values": UNKNOWN}]})),
        (server(), budget({"matchExpressions": [{"key": "app", "operator": "In", "values": [UNKNOWN]}]})),
        (server(), budget({"matchExpressions": [{"key": UNKNOWN, "operator": "Exists"}]})),
        (server(), budget({"matchExpressions": [{"key": "app", "operator": UNKNOWN}]})),
        (
            server(labels={"app": UNKNOWN}),
            budget({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}),
        ),
    ],
)
def test_what_is_not_known_yet_is_announced(resources: tuple[Any, ...]):
    ((_, mandatory),) = said(*resources)
    assert not mandatory


def test_a_namespace_that_is_not_known_yet_is_taken_for_the_same():
    assert said(server(space=UNKNOWN), budget()) == []


def test_an_exemption_ends():
    exemption = {"resource": "we*", "reason": "one writer only", "owner": "team", "until": "2999-01-31"}
    assert said(server(1), exemptions=[exemption]) == []
    found = said(server(1), budget(), exemptions=[{**exemption, "until": "2020-01-31"}])
    assert found[0][0].endswith("The exemption ended on 2020-01-31; ask team.")


def test_outside_production_one_pod_will_do():
    assert said(server(1), required=False) == []
