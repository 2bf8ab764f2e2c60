"""The node affinity that pods require decides where they may run: each of its operators, as the scheduler reads it."""

from typing import Any

import pytest

from tests.unit.policies.analysis import UNKNOWN
from tests.unit.policies.guardrails.judged import DEPLOYMENT, container, of_stack

ROOM = {"cpu": 4, "memory": "16Gi"}
SMALL = {"name": "small", "count": 1, "room": ROOM, "labels": {"pool": "small", "generation": "3"}}
LARGE = {"name": "large", "count": 1, "room": ROOM, "labels": {"pool": "large", "generation": "12", "disk": "nvme"}}
NOWHERE = "no declared node may take its pods"


def wish(key: str, operator: Any, *values: Any) -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def terms(*wishes: dict[str, Any]) -> dict[str, Any]:
    """A required affinity of one term for each."""
    return required(*({"matchExpressions": [one]} for one in wishes))


def required(*said: Any) -> dict[str, Any]:
    ask = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(said)}}
    return {"affinity": {"nodeAffinity": ask}}


def said(pod: dict[str, Any], *nodes: dict[str, Any], replicas: int = 1) -> list[tuple[str, bool]]:
    one = container(resources={"requests": {"cpu": "3", "memory": "1Gi"}})
    spec = {"replicas": replicas, "template": {"spec": {"containers": [one], **pod}}}
    return list(of_stack("capacity", {"nodes": list(nodes)}, (DEPLOYMENT, "web", {"spec": spec})))


MATCHES = [
    wish("pool", "In", "small", "other"),
    wish("pool", "NotIn", "large"),
    wish("zone", "NotIn", "large"),  # a label that is not there is not in it
    wish("pool", "Exists"),
    wish("disk", "DoesNotExist"),
    wish("generation", "Gt", "2"),
    wish("generation", "Lt", "12"),  # as numbers: by letters, 12 is the smaller
    wish("generation", "Lt", 12),
    wish("generation", "Gt", "-1"),
]
MATCHES_NOT = [
    wish("pool", "In", "large", "other"),
    wish("zone", "In", "small"),
    wish("pool", "In"),
    wish("pool", "NotIn", "large", "small"),
    wish("disk", "Exists"),
    wish("pool", "DoesNotExist"),
    wish("generation", "Gt", "3"),
    wish("generation", "Lt", "3"),
    wish("pool", "Gt", "2"),  # no number
    wish("zone", "Lt", "2"),  # not there
    wish("generation", "Gt", "2", "1"),  # which of them
    wish("generation", "Gt", "two"),
    wish("generation", "Is", "3"),
]


@pytest.mark.parametrize("one", MATCHES, ids=str)
def test_a_node_is_taken_that_the_wish_holds_for(one: dict[str, Any]):
    assert said(terms(one), SMALL) == []


@pytest.mark.parametrize("one", MATCHES_NOT, ids=str)
def test_no_node_is_taken_that_the_wish_does_not_hold_for(one: dict[str, Any]):
    ((message, mandatory),) = said(terms(one), SMALL)
    assert mandatory and NOWHERE in message


def test_pods_fill_the_nodes_that_their_affinity_leaves_and_no_others():
    for_large = terms(wish("disk", "In", "nvme"))
    assert said(for_large, SMALL, LARGE) == []
    ((message, mandatory),) = said(for_large, SMALL, LARGE, replicas=2)
    assert mandatory and message.startswith("capacity: large: needs 6.0 CPU, has 4.0 CPU")
    assert said({}, SMALL, LARGE, replicas=2) == []


def test_of_several_terms_one_is_enough_and_within_a_term_all_must_hold():
    here, there = wish("pool", "In", "small"), wish("disk", "Exists")
    assert said(terms(there, here), SMALL) == []
    ((message, _),) = said(required({"matchExpressions": [here, there]}), SMALL)
    assert NOWHERE in message


def test_selector_and_affinity_must_both_hold():
    both = {"nodeSelector": {"pool": "small"}, **terms(wish("disk", "Exists"))}
    ((message, _),) = said(both, SMALL, LARGE)
    assert f"{NOWHERE} (they ask for nodes pool=small, disk Exists)" in message


def test_the_message_has_all_that_the_pod_asks_for():
    ((message, _),) = said(terms(wish("pool", "In", "a", "b"), wish("generation", "Gt", "20")), SMALL)
    assert "(they ask for nodes pool=a|b or generation Gt 20)" in message


@pytest.mark.parametrize("said_of_nodes", [required(), required({}), required({"matchExpressions": []})])
def test_a_required_affinity_without_a_wish_is_for_no_node(said_of_nodes: dict[str, Any]):
    ((message, mandatory),) = said(said_of_nodes, SMALL)
    assert mandatory and NOWHERE in message


def test_an_empty_term_beside_another_one_adds_nothing():
    assert said(required({}, {"matchExpressions": [wish("pool", "Exists")]}), SMALL) == []


def test_what_is_only_preferred_leaves_all_nodes():
    wanted = [{"weight": 1, "preference": {"matchExpressions": [wish("disk", "Exists")]}}]
    assert (
        said({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": wanted}}}, SMALL) == []
    )


@pytest.mark.parametrize(
    "pod",
    [
        terms(wish("kubernetes.io/arch", "In", "arm64")),
        terms(wish("topology.kubernetes.io/zone", "NotIn", "a")),
        {"nodeSelector": {"kubernetes.io/os": "linux"}},
        required({"matchFields": [wish("metadata.name", "In", "one")]}),
    ],
)
def test_what_nodes_have_by_themselves_is_taken_for_granted(pod: dict[str, Any]):
    assert said(pod, SMALL) == []


@pytest.mark.parametrize(
    "pod",
    [terms(wish("kubernetes.io/arch", "In", "arm64")), {"nodeSelector": {"kubernetes.io/arch": "arm64"}}],
)
def test_what_a_declaration_says_of_it_holds(pod: dict[str, Any]):
    intel = {**SMALL, "labels": {"kubernetes.io/arch": "amd64"}}
    ((message, mandatory),) = said(pod, intel)
    assert mandatory and NOWHERE in message


@pytest.mark.parametrize(
    "pod",
    [
        terms(wish("disk", "In", UNKNOWN)),
        terms(wish("disk", UNKNOWN)),
        required(UNKNOWN),
        {"affinity": {"nodeAffinity": UNKNOWN}},
        {"affinity": UNKNOWN},
        {"nodeSelector": {"disk": UNKNOWN}},
        {"nodeSelector": UNKNOWN},
        {"nodeSelector": {"disk": "nvme"}, "tolerations": [{"key": UNKNOWN}]},
        {"tolerations": UNKNOWN},
        {"affinity": {"podAntiAffinity": UNKNOWN}},
    ],
    ids=str,
)
def test_a_wish_that_is_not_known_yet_is_announced_and_refuses_nothing(pod: dict[str, Any]):
    ((message, mandatory),) = said(pod, SMALL)
    assert not mandatory and ("spec.template.spec.affinity" in message or "spec.template.spec.tolerations" in message)


@pytest.mark.parametrize("nodes", [{**SMALL, "labels": {"pool": UNKNOWN}}, {**SMALL, "taints": [UNKNOWN]}])
def test_nodes_whose_labels_are_not_known_yet_are_announced(nodes: dict[str, Any]):
    ((message, mandatory),) = of_nodes(nodes)
    assert not mandatory and "small" in message


def of_nodes(*nodes: dict[str, Any]) -> list[tuple[str, bool]]:
    """As a component of the program declares them."""
    one = container(resources={"requests": {"cpu": "3", "memory": "1Gi"}})
    spec = {"replicas": 1, "template": {"spec": {"containers": [one], **terms(wish("pool", "In", "small"))}}}
    cluster = ("mlops:compute:GivenCluster", "cluster", {"nodes": list(nodes)})
    return list(of_stack("capacity", {}, cluster, (DEPLOYMENT, "web", {"spec": spec})))


def test_labels_that_are_numbers_are_compared_as_texts():
    assert said({"nodeSelector": {"generation": "3"}}, {**SMALL, "labels": {"generation": 3}}) == []
