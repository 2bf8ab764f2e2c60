"""What makes the pools larger and smaller, and how little else it may do."""

import json
from functools import cache

import pytest

from components.compute.aws.cluster import AwsCluster, AwsClusterArgs
from components.compute.aws.settings import AwsSettings
from tests.recording import Engine

SETTINGS = {
    "kind": "aws",
    "account": "123456789012",
    "region": "eu-west-1",
    "clusterName": "ml",
    "api": {"administrators": {"ml": "arn:aws:iam::123456789012:role/ml"}},
    "gpuPools": {"shared": {"accelerator": "A10G", "max": 2}},
}


@cache
def built(on: bool = True) -> Engine:
    engine = Engine()
    settings = AwsSettings.model_validate({**SETTINGS, **({} if on else {"autoscaler": None})})
    engine.build(lambda: AwsCluster("cluster", AwsClusterArgs(settings=settings)))
    return engine


def statements() -> list[dict]:
    return json.loads(built().only("RolePolicy", "cluster-autoscaler").inputs["policy"])["Statement"]


def test_it_changes_groups_of_this_cluster_alone():
    (changes,) = (one for one in statements() if "autoscaling:SetDesiredCapacity" in one["Action"])
    assert changes["Action"] == ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
    assert changes["Condition"] == {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/ml": "owned"}}


def test_all_else_that_it_may_do_in_aws_is_to_look():
    others = [action for one in statements() if "Condition" not in one for action in one["Action"]]
    assert others and all(action.partition(":")[2].startswith(("Describe", "Get")) for action in others)
    assert statements()[-1]["Resource"] == ["arn:aws:eks:eu-west-1:123456789012:nodegroup/ml/*"]


def test_it_looks_for_groups_by_the_tags_that_pools_have():
    (container,) = built().only("Deployment").inputs["spec"]["template"]["spec"]["containers"]
    (flag,) = (word for word in container["command"] if "auto-discovery" in word)
    tags = {made.inputs["tag"]["key"] for made in built().all("Tag", "cluster-shared")}
    assert set(flag.partition("asg:tag=")[2].split(",")) <= tags


@pytest.mark.parametrize("kind", ["secrets", "roles", "deployments"])
def test_it_may_not_even_look_at_what_it_does_not_need(kind: str):
    roles = built().all("ClusterRole", "cluster-autoscaler") + built().all("Role", "cluster-autoscaler")
    rules = [rule for role in roles for rule in role.inputs.get("rules", [])]
    assert rules and not [rule for rule in rules if kind in rule["resources"]]


def test_in_the_cluster_it_writes_to_nodes_and_to_what_is_its_own():
    (everywhere,) = built().all("ClusterRole", "cluster-autoscaler")
    writes = {
        kind: set(rule["verbs"]) - {"get", "list", "watch"}
        for rule in everywhere.inputs["rules"]
        for kind in rule["resources"]
    }
    assert {kind: verbs for kind, verbs in writes.items() if verbs} == {
        "events": {"create", "patch"},
        "nodes": {"update"},
        "pods/eviction": {"create"},
        "pods/status": {"update"},
    }


def test_another_autoscaler_may_do_it_instead():
    engine = built(on=False)
    assert not engine.all("Deployment") and not engine.all("RolePolicy", "cluster-autoscaler")


def test_it_lists_all_that_its_version_asks_for_before_it_does_anything():
    (everywhere,) = built().all("ClusterRole", "cluster-autoscaler")
    (rule,) = [rule for rule in everywhere.inputs["rules"] if rule["apiGroups"] == ["resource.k8s.io"]]
    assert rule["resources"] == ["deviceclasses", "resourceclaims", "resourceslices"]
    assert rule["verbs"] == ["get", "list", "watch"]
