"""Pods that must keep apart need so many nodes or zones, whatever room there is."""

from typing import Any

import pytest

from tests.unit.policies.analysis import UNKNOWN
from tests.unit.policies.guardrails.judged import DEPLOYMENT, container, of_stack

HOST, ZONE, RACK = "kubernetes.io/hostname", "topology.kubernetes.io/zone", "example.org/rack"
REGION = "topology.kubernetes.io/region"
OWN = {"matchLabels": {"app": "web"}}
TAINT = "gpu=yes:NoSchedule"


def nodes(count: int = 2, name: str = "plain", cpu: Any = 4, **more: Any) -> dict[str, Any]:
    return {"name": name, "count": count, "room": {"cpu": cpu, "memory": "64Gi"}, **more}


def in_zone(zone: str, count: int = 2, **more: Any) -> dict[str, Any]:
    return nodes(count, zone, labels={ZONE: zone}, **more)


def apart(key: str = HOST, selector: Any = OWN) -> dict[str, Any]:
    term = {"topologyKey": key, **({"labelSelector": selector} if selector else {})}
    return {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def spread(key: str = HOST, skew: int = 1, selector: Any = OWN, **more: Any) -> dict[str, Any]:
    said = {"topologyKey": key, "maxSkew": skew, "whenUnsatisfiable": "DoNotSchedule", **more}
    return {"topologySpreadConstraints": [said | ({"labelSelector": selector} if selector else {})]}


def said(pod: dict[str, Any], replicas: int, *declared: Any, cpu: str = "100m", labels: Any = None) -> list[Any]:
    one = container(resources={"requests": {"cpu": cpu, "memory": "1Gi"}})
    template = {"metadata": {"labels": {"app": "web"} if labels is None else labels}, "spec": {"containers": [one]}}
    template["spec"] |= pod
    made = (DEPLOYMENT, "web", {"spec": {"replicas": replicas, "template": template}})
    return list(of_stack("capacity", {"nodes": list(declared) or [nodes()]}, made))


TWO_ZONES = (in_zone("a"), in_zone("b"))
EXPRESSION = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]}


@pytest.mark.parametrize(
    ("pod", "replicas", "declared", "sums"),
    [
        (apart(), 3, (), "plain: needs 3 nodes, has 2"),
        (apart(selector=EXPRESSION), 4, (), "plain: needs 4 nodes, has 2"),
        (apart(selector={"matchLabels": {}}), 2, (nodes(1),), "plain: needs 2 nodes, has 1"),
        (apart(ZONE), 3, TWO_ZONES, "a, b: needs 3 zones, has 2"),
        (apart(REGION), 2, (nodes(labels={REGION: "eu"}),), "plain: needs 2 regions, has 1"),
        (apart(RACK), 3, (nodes(9, labels={RACK: "1"}),), f"plain: needs 3 values of {RACK}, has 1"),
        # Which zones there are nobody says, but there are no more than nodes.
        (apart(ZONE), 3, (), "plain: needs 3 nodes, has 2"),
        # Nodes that pods may not use stay empty, and the others may be no more than one ahead.
        (spread(), 3, (nodes(), nodes(1, "gpu", taints=[TAINT])), "plain: needs 3 nodes, has 2"),
        (spread(skew=2), 5, (nodes(), nodes(1, "gpu", taints=[TAINT])), "plain: needs 3 nodes, has 2"),
        (spread(minDomains=3), 4, (), "plain: needs 3 nodes, has 2"),
        # The least that the API server takes is one.
        (spread(skew=0), 5, (nodes(), nodes(1, "gpu", taints=[TAINT])), "plain: needs 5 nodes, has 2"),
        (spread(ZONE, minDomains=3), 3, TWO_ZONES, "a, b: needs 3 zones, has 2"),
        (spread(ZONE), 3, (*TWO_ZONES, in_zone("c", taints=[TAINT])), "a, b: needs 3 zones, has 2"),
    ],
)
def test_too_few_places_apart_are_refused_with_how_many_there_must_be(
    pod: dict[str, Any], replicas: int, declared: tuple[Any, ...], sums: str
):
    ((message, mandatory),) = said(pod, replicas, *declared)
    assert mandatory and message.startswith(
        f"capacity: {sums}; add nodes, or ask for less. Pods without a place: web ("
    )


@pytest.mark.parametrize(
    ("pod", "replicas", "declared"),
    [
        (apart(), 2, ()),
        (apart(), 3, (nodes(), nodes(1, "more"))),
        (apart(ZONE), 2, TWO_ZONES),
        (apart(ZONE), 2, ()),
        (apart(selector=None), 3, ()),  # without a selector it keeps away from nobody
        (apart(selector={"matchLabels": {"app": "other"}}), 3, ()),  # from others
        (apart(selector={"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}), 3, ()),
        (apart(RACK), 3, ()),  # nodes without the label keep nothing apart
        (spread(), 5, ()),
        (spread(ZONE), 5, TWO_ZONES),
        (spread(ZONE), 5, (in_zone("a", 1), in_zone("b", 3))),
        (spread(minDomains=2), 5, ()),
        (spread(minDomains=3, skew=4), 8, ()),
        (spread(ZONE, minDomains=3), 9, ()),
        (spread(selector=None), 5, (nodes(), nodes(1, "gpu", taints=[TAINT]))),
        (spread(selector={"matchLabels": {"app": "other"}}), 5, (nodes(), nodes(1, "gpu", taints=[TAINT]))),
        (spread(whenUnsatisfiable="ScheduleAnyway"), 5, (nodes(), nodes(1, "gpu", taints=[TAINT]))),
        (spread(nodeTaintsPolicy="Honor"), 5, (nodes(), nodes(1, "gpu", taints=[TAINT]))),
        (spread() | {"nodeSelector": {"pool": "a"}}, 5, (nodes(labels={"pool": "a"}), nodes(1, "other"))),
    ],
)
def test_enough_places_apart_pass(pod: dict[str, Any], replicas: int, declared: tuple[Any, ...]):
    assert said(pod, replicas, *declared) == []


def test_nodes_that_pods_do_not_ask_for_are_counted_where_the_constraint_says_so():
    pod = spread(nodeAffinityPolicy="Ignore") | {"nodeSelector": {"pool": "a"}}
    ((message, _),) = said(pod, 3, nodes(labels={"pool": "a"}), nodes(1, "other"))
    assert "plain: needs 3 nodes, has 2" in message


def test_nodes_without_the_label_that_tells_domains_apart_take_no_pod():
    ((message, _),) = said(spread(RACK), 1)
    assert f"no declared node may take its pods (they ask for nodes {RACK} Exists)" in message
    assert said(spread(RACK), 2, nodes(labels={RACK: "1"})) == []


def test_a_full_domain_holds_the_others_back():
    small = (in_zone("a", 1), in_zone("b", 4))
    assert said(spread(ZONE), 3, *small, cpu="4") == []
    ((message, _),) = said(spread(ZONE), 4, *small, cpu="4")
    assert "a, b: needs 16.0 CPU and 4.0 GiB of memory of 20.0 CPU" in message


@pytest.mark.parametrize(
    "pod",
    [
        {"topologySpreadConstraints": UNKNOWN},
        {"topologySpreadConstraints": [UNKNOWN]},
        spread(selector=UNKNOWN),
        apart(selector={"matchLabels": {"app": UNKNOWN}}),
    ],
)
def test_what_is_not_known_yet_is_announced(pod: dict[str, Any]):
    ((message, mandatory),) = said(pod, 3)
    assert not mandatory and "spec.template.spec.affinity" in message


def test_labels_that_are_not_known_yet_matter_where_pods_keep_apart_alone():
    ((_, mandatory),) = said(apart(), 3, labels={"app": UNKNOWN})
    assert not mandatory
    preferred = spread(whenUnsatisfiable="ScheduleAnyway", selector=UNKNOWN)
    assert said({}, 3, labels={"app": UNKNOWN}) == said(preferred, 3, labels={"app": UNKNOWN}) == []
