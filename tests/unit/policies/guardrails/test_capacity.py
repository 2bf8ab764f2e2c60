"""Whether the pods of a stack fit on its nodes is told in sums, before there is any of them."""

from typing import Any

import pytest

from policies.guardrails.capacity.asks import amount
from policies.guardrails.operated import POSTGRES
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
    cpu: Any = "1",
    replicas: int | None = 1,
    kind: str = DEPLOYMENT,
    name: str = "web",
    gpus: int = 0,
    memory: str = "1Gi",
    **spec: Any,
) -> tuple[str, str, dict[str, Any]]:
    limits = {"memory": memory, **({"nvidia.com/gpu": str(gpus)} if gpus else {})}
    one = asking({"cpu": cpu, "memory": memory} if cpu else {"memory": memory}, limits)
    return kind, name, {"spec": {"replicas": replicas, "template": {"spec": {"containers": [one], **spec}}}}


def asking(requests: Any, limits: Any = None) -> dict[str, Any]:
    return container(resources={"requests": requests, "limits": limits or {}})


SPEC = {"containers": [asking({"cpu": "5"})]}


def said(*resources: Any, nodes: Any = (PLAIN, GPU), **settings: Any) -> list[tuple[str, bool]]:
    return list(of_stack("capacity", {"nodes": list(nodes), **settings}, *resources))


@pytest.mark.parametrize(
    "resources",
    [
        (workload("4", 2),),
        (workload("3", 2), workload("1", 2, name="api")),
        (workload("4", 2), workload("4", kind=JOB, name="set-up")),  # comes and goes
        (workload("8", 4, gpus=1, **ON_GPU),),
        (workload("8", 1, gpus=4, kind=TEMPLATE, **ON_GPU),),
        (workload("3", 2), workload("1", None, DAEMON, "agent")),
        (workload("9", 0),),
        (workload("250m", 32),),
        ((QUOTA, "most", {"spec": {"hard": {"requests.nvidia.com/gpu": "8", "pods": "1000"}}}),),
        ((QUOTA, "most", {"spec": {"hard": {"requests.cpu": "1000", "count/jobs.batch": "100"}}}),),
        ((QUOTA, "most", {"spec": {"hard": {"requests.nvidia.com/gpu": UNKNOWN}}}),),
        (workload("1", 2, name="small"), workload("3", 2, name="large")),
        (("kubernetes:core/v1:PodTemplate", "unused", {"template": {"spec": SPEC}}),),
        (workload("1", 2, memory="4Gi", name="small"), workload("1", 2, memory="12Gi", name="large")),
        (workload(None, 2, memory="4Gi", name="small"), workload(None, 2, memory="12Gi", name="large")),
        (workload("1", 2, memory="2Gi", name="small"), workload("3", 2, name="large")),
        (workload("16", 2, gpus=1, name="small", **ON_GPU), workload("1", 2, gpus=3, name="large", **ON_GPU)),
        (workload("1", 2, gpus=3, name="large", **ON_GPU), workload("16", 2, gpus=1, name="small", **ON_GPU)),
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
        (
            (workload("3", 3), workload("1", kind=JOB, name="set-up"), workload("8", 1, name="gpu", **ON_GPU)),
            "plain: needs 9.0 CPU, has 8.0 CPU",
        ),
        (
            (workload("2", 3), workload("1", None, DAEMON, "agent")),
            "plain: needs 8.0 CPU and 5.0 GiB of memory of 8.0 CPU",
        ),
        ((workload("3", 3, "kubernetes:core/v1:ReplicationController"),), "plain: needs 9.0 CPU, has 8.0 CPU"),
        ((workload("1", None, DAEMON, "agent"), workload("5")), "web: capacity: a pod needs 5.0 CPU"),
        ((("kubernetes:core/v1:Pod", "one", {"spec": SPEC}),), "one: capacity: a pod needs 5.0 CPU"),
        ((workload("4", memory="20Gi"),), "a pod needs 20.0 GiB of memory, and no node that may take it has more than"),
        (
            (workload(nodeSelector={"pool": "other", "zone": "a"}),),
            "no declared node may take its pods (they ask for nodes pool=other, zone=a); add such nodes.",
        ),
        (
            (workload(), (QUOTA, "most", {"spec": {"hard": {"pods": "10", "requests.nvidia.com/gpu": "9"}}})),
            "admits 9 nvidia.com/gpu at once, and all nodes have 8",
        ),
        ((workload("2500m", 3),), "plain: needs 7.5 CPU and 3.0 GiB of memory of 8.0 CPU and 32.0 GiB of memory, in "),
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


def test_of_init_containers_the_largest_counts_and_of_the_others_the_sum():
    def of(first: list[str], then: list[Any], replicas: int = 2) -> Any:
        containers = [asking({"cpu": one}) for one in then]
        spec = {"containers": containers, "initContainers": [asking({"cpu": one}) for one in first]}
        return DEPLOYMENT, "web", {"spec": {"replicas": replicas, "template": {"spec": spec}}}

    assert said(of(["3", "3"], ["2", "2"])) == [] and said(of(["4", "1"], ["1"])) == []
    assert "needs 12.0 CPU, has 8.0 CPU" in said(of(["3", "3"], ["2", "2"], 3))[0][0]
    assert "needs 12.0 CPU, has 8.0 CPU" in said(of(["4", "1"], ["1"], 3))[0][0]
    assert said(of(["250m"], ["250m"], 32)) == []


def test_what_only_an_init_container_asks_for_counts():
    spec = {"containers": [asking({})], "initContainers": [asking({"cpu": "500m"})]}
    made = DEPLOYMENT, "web", {"spec": {"replicas": 16, "template": {"spec": spec}}}
    assert said(made) == [] and said(made, nodes=({**PLAIN, "count": 1},)) != []


def test_pods_that_several_kinds_of_nodes_may_take_are_held_against_all_of_them():
    roomy = {**GPU, "labels": {}}
    ((message, _),) = said(workload("1", 9, gpus=1, tolerations=[TOLERATION]), nodes=(PLAIN, roomy))
    assert "plain, training: needs 9 nvidia.com/gpu, has 8 nvidia.com/gpu" in message


def test_what_runs_on_each_node_counts_once_for_each():
    agent = workload("1", None, DAEMON, "agent", tolerations=[TOLERATION])
    ((message, _),) = said(workload("1500m", 5), agent, nodes=(PLAIN, {**GPU, "count": 1}))
    assert "plain: needs 9.5 CPU, has 8.0 CPU" in message


def test_without_a_toleration_no_tainted_node_takes_a_pod():
    ((message, _),) = said(workload(), nodes=(GPU,))
    assert "no declared node may take its pods (they ask for nodes without taints); add such nodes." in message


@pytest.mark.parametrize(
    ("toleration", "taint", "tolerates"),
    [
        ({"key": "gpu", "operator": "Exists"}, "gpu=yes:NoSchedule", True),
        ({"key": "gpu", "operator": "Exists"}, "gpu:NoSchedule", True),
        ({"key": "gpu", "effect": "NoSchedule"}, "gpu:NoSchedule", True),
        ({"operator": "Exists"}, "gpu=yes:NoSchedule", True),
        ({"key": "", "operator": "Exists", "effect": ""}, "gpu=yes:NoSchedule", True),
        ({"key": "gpu", "value": "yes"}, "gpu=yes:NoSchedule", True),
        ({"key": "gpu"}, "gpu=yes:NoSchedule", False),
        ({"key": "gpu", "value": "no"}, "gpu=yes:NoSchedule", False),
        ({"key": "tpu", "operator": "Exists"}, "gpu=yes:NoSchedule", False),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, "gpu=yes:NoSchedule", False),
    ],
)
def test_a_toleration_is_for_a_key_a_value_and_an_effect(toleration: Any, taint: str, tolerates: bool):
    nodes = ({**PLAIN, "taints": [taint]},)
    assert (said(workload(tolerations=[toleration]), nodes=nodes) == []) is tolerates


def test_a_workload_that_names_no_number_has_one_pod():
    assert said(workload("4", None), nodes=({**PLAIN, "count": 1},)) == []


def test_a_pod_that_is_not_known_hides_none_behind_it():
    known = {"containers": [asking({"cpu": "5"})]}
    for first in (UNKNOWN, {"containers": [asking({"cpu": UNKNOWN})]}):
        found = said((TEMPLATE, "web", {"spec": {"templates": [first, known]}}))
        assert sorted(mandatory for _, mandatory in found) == [False, True]


def test_nodes_whose_room_nobody_knows_are_named():
    ((message, _),) = said(workload(), nodes=({"name": "plain", "count": 2}, {"name": "other", "count": 1}))
    assert "not known yet: what the nodes of plain, other have;" in message


def test_what_is_no_quantity_is_told():
    with pytest.raises(ValueError, match="'much' is no quantity"):
        amount("much")


def test_init_containers_come_before_the_others_and_ask_for_the_more_of_both():
    first = container(resources={"requests": {"cpu": "4"}, "limits": {}})
    assert said(workload("1", 2, initContainers=[first])) == []
    assert "needs 12.0 CPU, has 8.0 CPU" in said(workload("1", 3, initContainers=[first]))[0][0]


def test_nodes_are_read_from_the_components_that_declare_them():
    declared = ["nonsense", {"name": "of no number"}, {**PLAIN, "room": {"cpu": 4, "memory": 10**17}}]
    cluster = ("mlops:compute:GivenCluster", "cluster", {"nodes": declared})
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


def database(instances: Any, cpu: str, affinity: str = "preferred") -> tuple[str, str, dict[str, Any]]:
    """As CloudNativePG is told."""
    resources = {"requests": {"cpu": cpu, "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
    spec = {"imageName": "postgres:15", "resources": resources, "affinity": {"podAntiAffinityType": affinity}}
    return POSTGRES, "records", {"metadata": {"name": UNKNOWN}, "spec": {"instances": instances, **spec}}


def test_an_operators_database_needs_room_for_all_of_its_servers():
    assert said(database(2, "4"), nodes=[PLAIN]) == []
    assert said(database(4, "2"), nodes=[PLAIN]) == []
    ((told, _),) = said(database(3, "4"), nodes=[PLAIN])
    assert "needs 12.0 CPU, has 8.0 CPU" in told


def test_servers_of_a_database_that_are_kept_apart_need_as_many_nodes():
    assert said(database(2, "1", "required"), nodes=[PLAIN]) == []
    assert said(database(3, "1", "required"), nodes=[PLAIN])
    assert said(database(3, "1"), nodes=[PLAIN]) == []


def test_of_a_database_that_is_not_known_yet_nothing_is_said():
    ((_, decided),) = said(database(UNKNOWN, "1"), nodes=[PLAIN])
    assert not decided
