"""Whether the pods of a stack fit on its nodes is told in sums, before there is any of them."""

from typing import Any

import pytest

from tests.unit.policies.analysis import UNKNOWN
from tests.unit.policies.guardrails.judged import DEPLOYMENT, container, of_stack

SET, DAEMON, JOB = ("kubernetes:apps/v1:StatefulSet", "kubernetes:apps/v1:DaemonSet", "kubernetes:batch/v1:Job")
TEMPLATE, QUOTA = "kubernetes:argoproj.io/v1alpha1:WorkflowTemplate", "kubernetes:core/v1:ResourceQuota"
TOLERATION = {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}
PLAIN = {"name": "plain", "count": 2, "room": {"cpu": 4, "memory": "16Gi"}}
GPU = {
    "name": "training",
    "count": 2,
    "room": {"cpu": 32, "memory": "256Gi", "nvidia.com/gpu": 4},
    "labels": {"pool": "training"},
    "taints": ["gpu=yes:NoSchedule"],
}
ON_GPU = {"nodeSelector": {"pool": "training"}, "tolerations": [TOLERATION]}


def workload(
    cpu: Any = "1", replicas: int | None = 1, kind: str = DEPLOYMENT, name: str = "web", gpus: int = 0, **spec: Any
) -> tuple[str, str, dict[str, Any]]:
    limits = {"memory": "1Gi", **({"nvidia.com/gpu": str(gpus)} if gpus else {})}
    one = container(resources={"requests": {"cpu": cpu, "memory": "1Gi"}, "limits": limits})
    return kind, name, {"spec": {"replicas": replicas, "template": {"spec": {"containers": [one], **spec}}}}


def said(*resources: Any, nodes: Any = (PLAIN, GPU), **settings: Any) -> list[tuple[str, bool]]:
    return list(of_stack("capacity", {"nodes": list(nodes), **settings}, *resources))


APART = {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "h"}]}}}


@pytest.mark.parametrize(
    "resources",
    [
        (workload("4", 2),),
        (workload("3", 2), workload("1", 2, name="api")),
        (workload("4", 2), workload("4", kind=JOB, name="set-up")),  # comes and goes
        (workload("8", 4, gpus=1, **ON_GPU),),
        (workload("8", 1, gpus=4, kind=TEMPLATE, **ON_GPU),),
        (workload("1", 2, **APART),),
        (workload("3", 2), workload("1", None, DAEMON, "agent")),
        (workload("9", 0),),
        (workload("250m", 32),),
        ((QUOTA, "most", {"spec": {"hard": {"requests.nvidia.com/gpu": "8", "pods": "1000"}}}),),
    ],
)
def test_what_finds_its_place_passes(resources: tuple[Any, ...]):
    assert said(*resources) == []


@pytest.mark.parametrize(
    ("resources", "problem"),
    [
        (
            (workload("2500m", 4), workload("700m", 6, name="api")),
            "plain: needs 14.2 CPU, has 8.0 CPU; add nodes, or ask for less. Pods without a place: web (2), api (2).",
        ),
        ((workload("3", 3),), "plain: needs 9.0 CPU, has 8.0 CPU"),
        ((workload("2500m", 3),), "plain: needs 7.5 CPU and 3.0 GiB of memory of 8.0 CPU and 32.0 GiB of memory, in "),
        ((workload("1", 3, **APART),), "in pieces too large for what each node has left"),
        ((workload("5"),), "web: capacity: a pod needs 5.0 CPU, and no node that may take it has more than 4.0 CPU"),
        ((workload("5", kind=JOB),), "web: capacity: a pod needs 5.0 CPU"),
        ((workload("1", gpus=1),), "a pod needs 1 nvidia.com/gpu, and no node that may take it has more than 0 nvidia"),
        ((workload("1", gpus=8, kind=TEMPLATE, **ON_GPU),), "a pod needs 8 nvidia.com/gpu, and no node that may take"),
        ((workload("1", 9, gpus=1, **ON_GPU),), "training: needs 9 nvidia.com/gpu, has 8 nvidia.com/gpu"),
        ((workload(nodeSelector={"pool": "other"}),), "no declared node may take its pods (they ask for nodes pool=ot"),
        ((workload(nodeSelector={"pool": "training"}),), "no declared node may take its pods"),
        ((workload("3500m", 2), workload("1", None, DAEMON, "agent")), "a pod needs 3.5 CPU, and no node that may"),
        (
            ((QUOTA, "most", {"spec": {"hard": {"requests.nvidia.com/gpu": "9"}}}),),
            "most: spec.hard: admits 9 nvidia.com/gpu at once, and all nodes have 8; lower it.",
        ),
    ],
)
def test_what_finds_none_is_refused_with_what_it_needs_and_what_there_is(resources: tuple[Any, ...], problem: str):
    ((message, mandatory),) = said(*resources)
    assert mandatory and problem in message


def test_pods_that_may_go_elsewhere_leave_plain_nodes_to_those_that_may_not():
    roomy = {**GPU, "labels": {}}
    assert said(workload("4", 2, name="any", tolerations=[TOLERATION]), workload("3", 2), nodes=(PLAIN, roomy)) == []


def test_init_containers_come_before_the_others_and_ask_for_the_more_of_both():
    first = container(resources={"requests": {"cpu": "4"}, "limits": {}})
    assert said(workload("1", 2, initContainers=[first])) == []
    assert "needs 12.0 CPU, has 8.0 CPU" in said(workload("1", 3, initContainers=[first]))[0][0]


def test_nodes_are_read_from_the_components_that_declare_them():
    cluster = ("mlops:compute:GivenCluster", "cluster", {"nodes": [PLAIN]})
    ((message, _),) = said(cluster, workload("3", 3), nodes=())
    assert message.startswith("capacity: plain: needs 9.0 CPU, has 8.0 CPU")


def test_where_no_nodes_are_declared_there_is_nothing_to_say():
    assert said(workload("100", 100), nodes=()) == []


@pytest.mark.parametrize(
    ("resources", "nodes"), [((workload(UNKNOWN),), (PLAIN,)), ((workload(),), ({"name": "plain", "count": 2},))]
)
def test_what_is_not_known_is_announced(resources: tuple[Any, ...], nodes: tuple[Any, ...]):
    ((_, mandatory),) = said(*resources, nodes=nodes)
    assert not mandatory


def test_an_exempt_workload_needs_no_place():
    exemption = {"resource": "web", "reason": "runs elsewhere", "owner": "team", "until": "2999-01-31"}
    assert said(workload("100"), exemptions=[exemption]) == []
