"""The cluster in AWS and its buckets, on the recording engine."""

import json
from functools import cache

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount

from components.compute.aws.cluster import AwsCluster, AwsClusterArgs
from components.compute.aws.settings import AwsSettings
from components.compute.aws.versions import NEWEST, VERSIONS
from components.pipelines.contracts import GpuPool
from components.storage.cloud import CloudStoreSettings
from tests.recording import Engine

SETTINGS = {
    "kind": "aws",
    "account": "123456789012",
    "region": "eu-west-1",
    "api": {"administrators": {"ml": "arn:aws:iam::123456789012:role/ml"}},
    "gpuPools": {"shared": {"accelerator": "A10G", "max": 2, "spot": True, "timeSlices": 4}},
}


@cache
def built(nat: str = "per-zone") -> tuple[Engine, AwsCluster]:
    """With a bucket, which one account is let into."""
    engine, made = Engine(), []

    def program() -> None:
        settings = AwsSettings.model_validate({**SETTINGS, "network": {"nat": nat}})
        cluster = AwsCluster("cluster", AwsClusterArgs(settings=settings))
        made.append(cluster)
        store = cluster.object_store("store", CloudStoreSettings(kind="cloud", prefix="acme", lock_days=7), ("mlflow",))
        account = ServiceAccount("server", opts=pulumi.ResourceOptions(provider=cluster.kubernetes))
        bucket, options = store.bucket("mlflow"), pulumi.ResourceOptions(provider=cluster.kubernetes)
        bucket.identity.admit("server", account.metadata.name, "tracking", options)

    engine.build(program)
    return engine, made[0]


def test_the_api_is_private_and_only_named_roles_administer_it():
    plane = built()[0].only("Cluster").inputs
    assert plane["vpcConfig"]["endpointPublicAccess"] is False and plane["vpcConfig"]["endpointPrivateAccess"] is True
    assert plane["accessConfig"] == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    assert built()[0].only("AccessEntry").inputs["principalArn"] == "arn:aws:iam::123456789012:role/ml"


def test_secrets_are_encrypted_with_the_clusters_own_key_and_all_logs_are_kept():
    plane = built()[0].only("Cluster").inputs
    assert plane["encryptionConfig"] == {
        "resources": ["secrets"],
        "provider": {"keyArn": "arn:aws:test:::cluster-key"},
    }
    assert len(plane["enabledClusterLogTypes"]) == 5
    assert built()[0].only("LogGroup", "cluster-logs").inputs["name"] == "/aws/eks/mlops/cluster"


def test_no_credential_is_in_the_kubeconfig():
    text = built()[0].only("kubernetes", "cluster-objects").inputs["kubeconfig"]
    (user,) = json.loads(text)["users"]
    assert user["user"].keys() == {"exec"} and "get-token" in user["user"]["exec"]["args"]


def test_every_add_on_is_pinned_and_has_the_rights_that_aws_names_and_no_others():
    addons = {made.inputs["addonName"]: made.inputs for made in built()[0].all("Addon")}
    assert {name: made["addonVersion"] for name, made in addons.items()} == VERSIONS[NEWEST].addons
    assert addons["aws-ebs-csi-driver"]["podIdentityAssociations"][0]["serviceAccount"] == "ebs-csi-controller-sa"
    attached = sorted(made.inputs["policyArn"].rpartition("/")[2] for made in built()[0].all("RolePolicyAttachment"))
    assert attached == [
        "AmazonEBSCSIDriverPolicy",
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEKSClusterPolicy",
        "AmazonEKSWorkerNodePolicy",
        "AmazonEKS_CNI_Policy",
    ]


def test_a_pool_of_gpus_is_tainted_goes_to_zero_and_is_what_the_layers_above_are_told():
    engine, cluster = built()
    group = engine.only("NodeGroup", "cluster-shared").inputs
    assert group["scalingConfig"] == {"minSize": 0, "maxSize": 2, "desiredSize": 0} and group["capacityType"] == "SPOT"
    (taint,), nodes = group["taints"], cluster.gpu_pools["shared"]
    assert nodes.taint == f"{taint['key']}={taint['value']}:NoSchedule" and taint["effect"] == "NO_SCHEDULE"
    assert nodes.node_labels.items() <= group["labels"].items() and nodes.per_node == 4 and nodes.memory == 22888 // 4
    placement = GpuPool(pool="shared").of(cluster.gpu_pools).placement(1)
    assert placement.node_labels.items() <= group["labels"].items() and placement.tolerations[0].key == taint["key"]
    assert engine.only("NodeGroup", "cluster-system").inputs["taints"] == []


def test_gpus_are_told_of_by_an_image_that_the_stack_names_in_a_namespace_of_its_own():
    assert not built()[0].all("DaemonSet")
    engine = Engine()
    image = "registry.example.org/ml/dcgm-exporter:4.5.3"
    settings = AwsSettings.model_validate({**SETTINGS, "dcgmImage": image, "dcgmScrapedFrom": ["monitoring"]})
    engine.build(lambda: AwsCluster("cluster", AwsClusterArgs(settings=settings)))
    exporter = engine.only("DaemonSet", "cluster-shared-dcgm").inputs
    assert exporter["metadata"]["namespace"] == "gpu-devices"
    pod = exporter["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == image and pod["nodeSelector"] == {"mlops/pool": "shared"}
    # Bottlerocket has NVIDIA's runtime as the usual one, and no RuntimeClass; it hears of GPUs by what is mounted.
    assert "runtimeClassName" not in pod
    mounted = {one["mountPath"] for one in pod["containers"][0]["volumeMounts"]}
    assert "/var/run/nvidia-container-devices/all" in mounted
    assert engine.only("NetworkPolicy", "cluster-shared-dcgm-readers")


def test_a_pod_can_not_get_its_nodes_rights():
    for template in built()[0].all("LaunchTemplate"):
        options = template.inputs["metadataOptions"]
        assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)
        assert {device["ebs"]["encrypted"] for device in template.inputs["blockDeviceMappings"]} == {"true"}


def test_nodes_have_no_public_address_and_each_zone_a_way_out_of_its_own_or_all_the_same():
    assert len(built()[0].all("NatGateway")) == 3 and len(built("single")[0].all("NatGateway")) == 1
    assert not any(made.inputs["mapPublicIpOnLaunch"] for made in built()[0].all("Subnet"))
    assert {made.inputs["vpcEndpointType"] for made in built()[0].all("VpcEndpoint")} == {"Gateway", "Interface"}


def test_each_bucket_is_closed_encrypted_versioned_and_logged():
    engine = built()[0]
    for bucket in ("mlflow", "access-logs"):
        name = f"store-{bucket}"
        assert set(engine.only("BucketPublicAccessBlock", name).inputs.values()) == {f"{name}-id", True}
        assert engine.only("BucketVersioning", name).inputs["versioningConfiguration"] == {"status": "Enabled"}
    (rule,) = engine.only("BucketServerSideEncryptionConfiguration", "store-mlflow").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == "arn:aws:test:::cluster-key"
    assert engine.only("BucketLogging").inputs["targetBucket"] == "store-access-logs-id"
    lock = engine.only("BucketObjectLockConfiguration").inputs["rule"]["defaultRetention"]
    assert lock == {"mode": "COMPLIANCE", "days": 7}


def test_an_account_is_let_in_by_a_role_of_its_own():
    engine = built()[0]
    association = engine.only("PodIdentityAssociation", "server").inputs
    assert association["namespace"] == "tracking" and association["serviceAccount"] == "server-1a2b3c4d"
    assert association["roleArn"] == "arn:aws:test:::server-pods"
    (resource,) = json.loads(engine.only("RolePolicy", "server").inputs["policy"])["Statement"][1]["Resource"]
    assert resource == "arn:aws:test:::store-mlflow/*"


def test_connected_networks_reach_the_api_and_nothing_else_before_anything_is_asked_of_it():
    engine, ranges = Engine(), ["10.8.0.0/16", "192.168.0.0/24"]
    settings = AwsSettings.model_validate({**SETTINGS, "network": {"connected": ranges}})
    engine.build(lambda: AwsCluster("cluster", AwsClusterArgs(settings=settings)))
    rules = engine.all("SecurityGroupIngressRule", "cluster-from")
    assert [rule.inputs["cidrIpv4"] for rule in rules] == ranges
    for rule in rules:
        assert rule.inputs["securityGroupId"] == "sg-nodes" and rule.inputs["ipProtocol"] == "tcp"
        assert rule.inputs["fromPort"] == rule.inputs["toPort"] == 443
        assert (rule.type, rule.name) in engine.after["pulumi:providers:kubernetes", "cluster-objects"]
    assert not built()[0].all("SecurityGroupIngressRule", "cluster-from")
