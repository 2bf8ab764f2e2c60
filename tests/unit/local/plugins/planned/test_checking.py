"""What is refused by the types of the SDKs, of clouds, of Kubernetes and of random values."""

import importlib
from typing import Any

import pytest

from local.plugins.planned import objects, sdk, words
from local.plugins.planned.checking import problems
from local.plugins.planned.outputs import planned
from local.plugins.values import UNKNOWN, Secret

CLUSTER = {"roleArn": UNKNOWN, "vpcConfig": {"subnetIds": ["a", UNKNOWN]}}


def found(token: str, inputs: dict[str, Any]) -> list[tuple[str, str]]:
    provider = token.partition(":")[0]
    if provider == "kubernetes":
        return list(objects.wrong(token, inputs))
    return list(problems(sdk.arguments(provider, token), inputs))


def deployment(**changed: Any) -> dict[str, Any]:
    """One that fits, but for what `changed` has of its container."""
    container = {"name": "main", "image": "nginx:1.27", "ports": [{"containerPort": 80, "protocol": "TCP"}], **changed}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


GROUP = {
    "clusterName": "c",
    "nodeRoleArn": "r",
    "subnetIds": [],
    "scalingConfig": {"desiredSize": 0, "maxSize": 1, "minSize": 0},
}
POD = "spec.template.spec.containers[0]"
DEPLOYMENT, SERVICE = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Service"
PASSWORD = "random:index/randomPassword:RandomPassword"


@pytest.mark.parametrize(
    ("token", "inputs", "path", "reason"),
    [
        ("aws:eks/cluster:Cluster", {"roleArn": "r"}, "vpcConfig", "is required"),
        ("aws:eks/cluster:Cluster", {**CLUSTER, "nmae": "x"}, "nmae", "did you mean name?"),
        (
            "aws:eks/cluster:Cluster",
            {**CLUSTER, "vpcConfig": {"subnetIds": [], "subnetID": []}},
            "vpcConfig.subnetID",
            "did",
        ),
        ("aws:eks/cluster:Cluster", {**CLUSTER, "vpcConfig": {"subnetIds": [1]}}, "vpcConfig.subnetIds[0]", "a string"),
        ("aws:eks/cluster:Cluster", {**CLUSTER, "tags": ["a"]}, "tags", "must be a map, not a list"),
        ("aws:eks/cluster:Cluster", {**CLUSTER, "deletionProtection": "yes"}, "deletionProtection", "true or false"),
        ("aws:kms/key:Key", {"deletionWindowInDays": True}, "deletionWindowInDays", "a whole number"),
        ("aws:kms/key:Key", {"deletionWindowInDays": 7.5}, "deletionWindowInDays", "a whole number"),
        ("gcp:storage/bucket:Bucket", {"location": "eu", "versioning": {}}, "versioning.enabled", "is required"),
        ("gcp:storage/bucket:Bucket", {"location": "eu", "lifecycleRules": {}}, "lifecycleRules", "must be a list"),
        ("gcp:storage/bucket:Bucket", {"location": "eu", "lables": {}}, "lables", "did you mean labels?"),
        (
            "gcp:storage/bucket:Bucket",
            {"location": "eu", "publicAccessPrevention": "enforce"},
            "publicAccessPrevention",
            "must be one of inherited, enforced, not 'enforce'",
        ),
        ("aws:eks/nodeGroup:NodeGroup", {**GROUP, "capacityType": "spot"}, "capacityType", "one of ON_DEMAND, SPOT, "),
        (
            "aws:eks/nodeGroup:NodeGroup",
            {**GROUP, "taints": [{"key": "k", "effect": "NoSchedule"}]},
            "taints[0].effect",
            "must be one of NO_SCHEDULE, NO_EXECUTE, PREFER_NO_SCHEDULE",
        ),
        ("aws:ec2/placementGroup:PlacementGroup", {"strategy": "near"}, "strategy", "must be one of spread, cluster"),
        (PASSWORD, {}, "length", "is required"),
        (PASSWORD, {"length": "12"}, "length", "must be a whole number, not a string"),
        (PASSWORD, {"length": 12, "specail": True}, "specail", "did you mean special?"),
        (PASSWORD, {"length": 12, "keepers": {"of": 1}}, "keepers.of", "must be a string, not a number"),
        (DEPLOYMENT, deployment(imagee="x"), f"{POD}.imagee", "did you mean image?"),
        (DEPLOYMENT, deployment(name=None), f"{POD}.name", "is required"),
        (DEPLOYMENT, deployment(ports=[{"containerPort": "80"}]), f"{POD}.ports[0].containerPort", "whole number"),
        (DEPLOYMENT, deployment(ports=[{"containerPort": 80, "protocol": "tcp"}]), f"{POD}.ports[0].protocol", "TCP"),
        (DEPLOYMENT, deployment(imagePullPolicy="always"), f"{POD}.imagePullPolicy", "one of Always, Never, IfNot"),
        (SERVICE, {"spec": {"type": "NodePorts"}}, "spec.type", "must be one of ExternalName, ClusterIP, NodePort"),
        (
            "kubernetes:networking.k8s.io/v1:NetworkPolicy",
            {"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Outgress"]}},
            "spec.policyTypes",
            "must be one of Ingress, Egress",
        ),
        ("kubernetes:apps/v1:Deploiment", {}, "kind", "the kubernetes provider has no resource"),
        (
            "kubernetes:argoproj.io/v1alpha1:Workflow",
            {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"nmae": "x"}, "spec": {"any": 1}},
            "metadata.nmae",
            "did you mean name?",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_the_way_out(token: str, inputs: dict, path: str, reason: str):
    assert [(where, reason in why) for where, why in found(token, inputs)] == [(path, True)]


def test_what_is_not_known_yet_fits_everywhere():
    assert found("aws:eks/cluster:Cluster", CLUSTER) == []
    assert found("aws:eks/cluster:Cluster", {"roleArn": "r", "vpcConfig": UNKNOWN}) == []


def test_what_fits_is_left_alone():
    assert found(DEPLOYMENT, deployment()) == []
    assert found(PASSWORD, {"length": 12, "special": False, "keepers": {"of": "1"}}) == []
    # By number or by name, as Kubernetes has it.
    for port in (80, "http"):
        assert found(SERVICE, {"spec": {"ports": [{"port": 80, "targetPort": port}]}}) == []


def test_a_refusal_does_not_quote_a_value():
    assert "hunter2" not in str(found("aws:kms/key:Key", {"deletionWindowInDays": "hunter2"}))
    assert "hunter2" not in str(found("aws:eks/nodeGroup:NodeGroup", {**GROUP, "capacityType": "hunter2"}))


def test_a_list_that_grows_with_the_cloud_refuses_no_newcomer():
    assert found("aws:ec2/instance:Instance", {"instanceType": "p9.48xlarge"}) == []


@pytest.mark.parametrize(
    ("token", "custom"),
    [
        ("kubernetes:core/v1:Pod", False),
        ("kubernetes:rbac.authorization.k8s.io/v1:Role", False),
        ("kubernetes:helm.sh/v3:Release", False),
        ("kubernetes:kueue.x-k8s.io/v1beta1:ClusterQueue", True),
        # Of Kubernetes' own domain, and still no part of it.
        ("kubernetes:gateway.networking.k8s.io/v1:Gateway", True),
        ("kubernetes:policy.networking.k8s.io/v1alpha1:AdminNetworkPolicy", True),
        ("kubernetes:metrics.k8s.io/v1beta1:PodMetrics", True),
    ],
)
def test_a_custom_resource_is_told_from_what_the_sdk_knows(token: str, custom: bool):
    assert objects.is_custom(token) is custom


@pytest.mark.parametrize("package", ["pulumi_kubernetes", "pulumi_aws", "pulumi_gcp"])
def test_words_are_for_fields_that_the_sdk_has(package: str):
    for block, fields in words.blocks(package).items():
        path, _, name = block.rpartition(".")
        module = importlib.import_module(f"{package}.{path}")
        taken = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")
        assert fields.keys() <= sdk.fields(taken).keys(), block
        assert all(words.allowed(taken, field) == allowed for field, allowed in fields.items()), block


def test_a_type_that_the_sdk_does_not_have_is_named():
    with pytest.raises(sdk.UnknownToken, match="the aws provider has no resource aws:eks/clusters:Clusters"):
        sdk.kind("aws", "aws:eks/clusters:Clusters")


def test_the_cloud_adds_what_was_not_said_and_changes_nothing_that_was():
    made = planned(sdk.kind("aws", "aws:eks/cluster:Cluster"), {**CLUSTER, "version": Secret("1.33")})
    assert made["version"] == Secret("1.33") and made["endpoint"] is UNKNOWN
    assert made["vpcConfig"]["subnetIds"] == ["a", UNKNOWN]
    assert made["vpcConfig"]["clusterSecurityGroupId"] is UNKNOWN
    assert "tags" not in made, "nothing fills that in"
