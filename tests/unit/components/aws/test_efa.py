"""Interfaces by which nodes write into each other's memory: on the machines, between them, and for pods."""

import json
from functools import cache

from components.compute.aws.cluster import AwsCluster, AwsClusterArgs
from components.compute.aws.settings import AwsSettings
from tests.recording import Engine

NEAR = {"accelerator": "A100-40", "perNode": 8, "max": 2, "together": True, "efa": True, "zones": ["a"]}
SETTINGS = {
    "kind": "aws",
    "account": "123456789012",
    "region": "eu-west-1",
    "api": {"administrators": {"ml": "arn:aws:iam::123456789012:role/ml"}},
}


@cache
def built(efa: bool = True) -> Engine:
    engine = Engine()
    settings = AwsSettings.model_validate({**SETTINGS, "gpuPools": {"near": {**NEAR, "efa": efa}}})
    engine.build(lambda: AwsCluster("cluster", AwsClusterArgs(settings=settings)))
    return engine


def test_each_network_card_has_an_interface_and_the_first_carries_all_else():
    cards = built().only("LaunchTemplate", "cluster-near").inputs["networkInterfaces"]
    assert [(one["networkCardIndex"], one["deviceIndex"], one["interfaceType"]) for one in cards] == [
        (0, 0, "efa"),
        *((card, 1, "efa-only") for card in (1, 2, 3)),
    ]
    # What a template names replaces the group by which the cluster knows its nodes, so that stands there, too.
    assert all(one["securityGroups"] == ["sg-nodes", "cluster-near-interfaces-id"] for one in cards)


def test_the_interfaces_reach_each_other_and_nothing_else():
    for way in ("Ingress", "Egress"):
        rule = built().only(f"SecurityGroup{way}Rule", "cluster-near").inputs
        assert rule["securityGroupId"] == rule["referencedSecurityGroupId"] == "cluster-near-interfaces-id"
        assert rule["ipProtocol"] == "-1" and "cidrIpv4" not in rule


def test_pods_of_the_pool_may_ask_for_them_by_the_usual_name_also_while_there_is_no_node():
    (container,) = built().only("DaemonSet").inputs["spec"]["template"]["spec"]["containers"]
    domain, device = (word.partition("=")[2] for word in container["args"])
    assert f"{domain}/{json.loads(device)['name']}" == "vpc.amazonaws.com/efa"
    assert json.loads(device)["groups"] == [{"paths": [{"path": "/dev/infiniband/uverbs*"}]}]
    told = built().only("Tag", "cluster-near-interfaces").inputs["tag"]
    assert told["key"].endswith("/node-template/resources/vpc.amazonaws.com/efa") and told["value"] == "4"


def test_the_plugin_runs_on_that_pool_alone_and_has_no_right_beyond_two_folders():
    pod = built().only("DaemonSet").inputs["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"mlops/pool": "near"}
    assert {one["hostPath"]["path"] for one in pod["volumes"]} == {"/var/lib/kubelet/device-plugins", "/dev/infiniband"}
    security = pod["containers"][0]["securityContext"]
    assert security["capabilities"] == {"drop": ["ALL"]} and security["allowPrivilegeEscalation"] is False
    assert pod["automountServiceAccountToken"] is False


def test_a_pool_without_them_has_neither_plugin_nor_group():
    engine = built(efa=False)
    assert not engine.all("DaemonSet") and not engine.all("Tag", "cluster-near-interfaces")
    assert "networkInterfaces" not in engine.only("LaunchTemplate", "cluster-near").inputs
