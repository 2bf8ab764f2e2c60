"""Groups of nodes: what machines start with, how they are replaced, and what the autoscaler knows beforehand."""

import json
from functools import cache

import pytest

from components.compute.aws.cluster import AwsCluster, AwsClusterArgs
from components.compute.aws.machines import KNOWN_AS, OFFER
from components.compute.aws.settings import AwsSettings
from tests.recording import Engine

TEMPLATE = "k8s.io/cluster-autoscaler/node-template"
BIG = {"accelerator": "A100-40", "perNode": 8, "max": 2, "zones": ["a"]}
SETTINGS = {
    "kind": "aws",
    "account": "123456789012",
    "region": "eu-west-1",
    "tags": {"cost-centre": "research"},
    "api": {"administrators": {"ml": "arn:aws:iam::123456789012:role/ml"}},
    "gpuPools": {
        "shared": {"accelerator": "A10G", "max": 2, "taint": "dedicated:NoExecute"},
        "together": {**BIG, "together": True},
        "reserved": {**BIG, "reservation": "cr-0a", "placementGroup": "near"},
        "block": {**BIG, "capacityBlock": "cr-0b", "efa": True},
    },
}


@cache
def built(version: str = "1.36") -> Engine:
    engine = Engine()
    settings = AwsSettings.model_validate({**SETTINGS, "version": version})
    engine.build(lambda: AwsCluster("cluster", AwsClusterArgs(settings=settings)))
    return engine


@pytest.mark.parametrize("version", ["1.35", "1.36"])
def test_nodes_are_of_the_clusters_version(version: str):
    groups = built(version).all("NodeGroup")
    assert len(groups) == 5 and {made.inputs["version"] for made in groups} == {version}


def test_a_node_with_gpus_goes_before_the_one_that_takes_its_place_and_any_other_after_it():
    updates = {made.name: made.inputs["updateConfig"] for made in built().all("NodeGroup")}
    assert updates.pop("cluster-system-nodes") == {"maxUnavailable": 1, "updateStrategy": "DEFAULT"}
    assert all(one == {"maxUnavailable": 1, "updateStrategy": "MINIMAL"} for one in updates.values())


def test_the_autoscaler_knows_nodes_with_gpus_before_and_after_there_is_one():
    label = "k8s.amazonaws.com/accelerator"
    assert built().only("NodeGroup", "cluster-shared").inputs["labels"] == {
        "mlops/pool": "shared",
        label: "nvidia-a10g",
    }
    assert label not in built().only("NodeGroup", "cluster-system").inputs["labels"]
    tags = [made.inputs["tag"] for made in built().all("Tag", "cluster-shared")]
    assert {"key": f"{TEMPLATE}/label/{label}", "value": "nvidia-a10g", "propagateAtLaunch": False} in tags
    assert KNOWN_AS.keys() == OFFER.machines.keys()


@pytest.mark.parametrize(
    ("pool", "key", "value"),
    [("shared", "dedicated", ":NoExecute"), ("together", "nvidia.com/gpu", "present:NoSchedule")],
)
def test_a_taint_is_told_by_its_key_with_and_without_a_value(pool: str, key: str, value: str):
    tag = built().only("Tag", f"cluster-{pool}-taint").inputs["tag"]
    assert (tag["key"], tag["value"]) == (f"{TEMPLATE}/taint/{key}", value)


def test_a_group_of_machines_is_made_where_nothing_is_bought_and_else_the_one_is_named_that_there_is():
    placed = {made.name: made.inputs.get("placement") for made in built().all("LaunchTemplate")}
    assert [made.name for made in built().all("PlacementGroup")] == ["cluster-together-together"]
    own = built().after["aws:ec2/launchTemplate:LaunchTemplate", "cluster-together-template"]
    assert ("aws:ec2/placementGroup:PlacementGroup", "cluster-together-together") in own
    assert placed["cluster-reserved-template"] == {"groupName": "near"}
    assert placed["cluster-block-template"] is None and placed["cluster-shared-template"] is None


def test_who_pays_is_said_of_machines_disks_and_interfaces_and_of_volumes_that_pods_ask_for():
    tags = {"cluster": "mlops", "cost-centre": "research"}
    for made in built().all("LaunchTemplate"):
        told = {one["resourceType"]: one["tags"] for one in made.inputs["tagSpecifications"]}
        assert told == dict.fromkeys(("instance", "volume", "network-interface"), tags)
    driver = built().only("Addon", "cluster-aws-ebs-csi-driver").inputs["configurationValues"]
    assert json.loads(driver) == {"controller": {"extraVolumeTags": tags}}
