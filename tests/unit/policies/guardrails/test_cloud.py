"""Each rule on clouds: the safe form, the unsafe ones, and values that the update is yet to bring."""

import json
from typing import Any

import pytest

from tests.unit.policies.analysis import UNKNOWN
from tests.unit.policies.guardrails.judged import findings, refused

S3, S3_BLOCK = "aws:s3/bucket:Bucket", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
GCS, GCS_MEMBER = "gcp:storage/bucket:Bucket", "gcp:storage/bucketIAMMember:BucketIAMMember"
GROUP_RULE, BUCKET_POLICY = "aws:ec2/securityGroupRule:SecurityGroupRule", "aws:s3/bucketPolicy:BucketPolicy"
GROUP, INGRESS = "aws:ec2/securityGroup:SecurityGroup", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
FIREWALL = "gcp:compute/firewall:Firewall"
EKS, GKE = "aws:eks/cluster:Cluster", "gcp:container/cluster:Cluster"
KEYED = {"encryptionKeyName": "projects/a/locations/b/keyRings/c/cryptoKeys/d"}
RDS, CLOUD_SQL = "aws:rds/instance:Instance", "gcp:sql/databaseInstance:DatabaseInstance"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
POLICY, ATTACHED, MEMBER = (
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "gcp:projects/iAMMember:IAMMember",
)
NODES, POOL = "aws:eks/nodeGroup:NodeGroup", "gcp:container/nodePool:NodePool"

BLOCKED = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
CLOSED = {"publicAccessPrevention": "enforced", "uniformBucketLevelAccess": True}
OWN_KEY = {"encryptionConfig": {"provider": {"keyArn": "arn:aws:kms:a:1:key/1"}, "resources": ["secrets"]}}
ENCRYPTED = {"databaseEncryption": {"state": "ENCRYPTED", "keyName": "k"}}
PRIVATE = {"privateClusterConfig": {"enablePrivateEndpoint": True, "enablePrivateNodes": True}}
KEPT = {"storageEncrypted": True, "publiclyAccessible": False}
TAINT = [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]


def eks(**network: Any) -> dict[str, Any]:
    return {"vpcConfig": {"subnetIds": ["a"], **network}, **OWN_KEY}


def authorized(*ranges: str) -> dict[str, Any]:
    return {"masterAuthorizedNetworksConfig": {"cidrBlocks": [{"cidrBlock": one} for one in ranges]}, **ENCRYPTED}


def statement(action: Any, resource: Any = "arn:aws:s3:::one/*", **more: Any) -> dict[str, Any]:
    allowed = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return {"policy": json.dumps({"Version": "2012-10-17", "Statement": [allowed]})}


def nodes(least: int, taints: Any, kind: str = "g5.xlarge") -> dict[str, Any]:
    return {"instanceTypes": [kind], "scalingConfig": {"minSize": least, "maxSize": 4}, "taints": taints}


def pool(least: int, taints: Any, **node: Any) -> dict[str, Any]:
    config = {"guestAccelerators": [{"type": "nvidia-l4", "count": 1}], "taints": taints, **node}
    return {"nodeConfig": config, "autoscaling": {"minNodeCount": least, "maxNodeCount": 4}}


@pytest.mark.parametrize(
    "rule, token, props",
    [
        ("no-public-buckets", S3, {"acl": "public-read"}),
        *(("no-public-buckets", S3_BLOCK, {**BLOCKED, field: False}) for field in BLOCKED),
        ("no-public-buckets", S3_BLOCK, {}),
        ("no-public-buckets", GCS, {**CLOSED, "publicAccessPrevention": "inherited"}),
        ("no-public-buckets", GCS, {**CLOSED, "uniformBucketLevelAccess": None}),
        ("no-public-buckets", GCS_MEMBER, {"member": "allUsers", "role": "roles/storage.objectViewer"}),
        ("no-open-networks", GROUP, {"ingress": [{"cidrBlocks": ["10.0.0.0/8", "0.0.0.0/0"], "fromPort": 22}]}),
        ("no-open-networks", GROUP, {"ingress": [{"ipv6CidrBlocks": ["::/0"]}]}),
        ("no-open-networks", INGRESS, {"cidrIpv4": "0.0.0.0/0"}),
        ("no-open-networks", FIREWALL, {"allows": [{"protocol": "tcp"}], "sourceRanges": ["0.0.0.0/0"]}),
        ("no-public-clusters", EKS, eks()),
        ("no-public-clusters", EKS, {**OWN_KEY, "vpcConfig": []}),
        ("no-public-clusters", EKS, eks(endpointPublicAccess=True, publicAccessCidrs=["0.0.0.0/0"])),
        ("no-public-clusters", GKE, ENCRYPTED),
        ("no-public-clusters", GKE, authorized("10.0.0.0/8", "0.0.0.0/0")),
        ("no-public-databases", RDS, {**KEPT, "publiclyAccessible": True}),
        ("no-public-databases", CLOUD_SQL, {**KEYED, "settings": {"ipConfiguration": {"ipv4Enabled": True}}}),
        ("encrypted-storage", RDS, {**KEPT, "storageEncrypted": None}),
        (
            "encrypted-storage",
            TEMPLATE,
            {"blockDeviceMappings": [{"ebs": {"volumeSize": 9}}]},
        ),
        ("encrypted-storage", EKS, {"vpcConfig": {"endpointPublicAccess": False}}),
        ("encrypted-storage", GKE, PRIVATE),
        ("named-rights", POLICY, statement("*", "*")),
        ("named-rights", POLICY, statement("s3:*")),
        ("named-rights", POLICY, statement(["s3:GetObject", "s3:PutObject"], "*")),
        ("named-rights", POLICY, statement(None, NotAction="iam:*")),
        ("named-rights", POLICY, {"policy": "{not json"}),
        ("named-rights", POLICY, {"policy": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}),
        ("named-rights", ATTACHED, {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("named-rights", MEMBER, {"role": "roles/editor", "member": "serviceAccount:a"}),
        ("gpu-pools", NODES, nodes(0, None)),
        ("gpu-pools", NODES, nodes(1, TAINT)),
        ("gpu-pools", POOL, pool(0, [])),
        ("gpu-pools", POOL, pool(2, TAINT)),
        ("gpu-pools", POOL, pool(0, [], guestAccelerators=None, machineType="a3-highgpu-8g")),
        ("gpu-pools", POOL, {**pool(0, TAINT), "autoscaling": {"totalMinNodeCount": 1}}),
        ("no-open-networks", GROUP_RULE, {"type": "ingress", "ipv6CidrBlocks": ["::/0"]}),
    ],
)
def test_what_is_unsafe_is_refused_by_its_rule_alone(rule: str, token: str, props: dict[str, Any]):
    assert set(refused(props, token)) == {rule}


@pytest.mark.parametrize(
    "token, props",
    [
        (S3, {"bucket": "models"}),
        (S3_BLOCK, BLOCKED),
        (GCS, CLOSED),
        (GCS_MEMBER, {"member": "serviceAccount:a@b"}),
        (GROUP, {"ingress": [{"cidrBlocks": ["10.0.0.0/8"]}], "egress": [{"cidrBlocks": ["0.0.0.0/0"]}]}),
        (INGRESS, {"referencedSecurityGroupId": "sg-1"}),
        (INGRESS, {"cidrIpv4": "no range"}),
        (FIREWALL, {"direction": "EGRESS", "allows": [{"protocol": "tcp"}], "sourceRanges": ["0.0.0.0/0"]}),
        (EKS, eks(endpointPublicAccess=False)),
        (EKS, {**OWN_KEY, "vpcConfig": [{"endpointPublicAccess": False}]}),
        (EKS, eks(endpointPublicAccess=True, publicAccessCidrs=["192.0.2.0/24"])),
        (GKE, {**PRIVATE, **ENCRYPTED}),
        (GKE, authorized("192.0.2.0/24")),
        (RDS, KEPT),
        (CLOUD_SQL, {**KEYED, "settings": {"ipConfiguration": {"ipv4Enabled": False}}}),
        (TEMPLATE, {"blockDeviceMappings": [{"ebs": {"encrypted": "true"}}]}),
        (POLICY, statement(["s3:GetObject"])),
        (POLICY, statement(["ec2:DescribeInstances"], "*")),
        (POLICY, statement(["ec2:CreateTags"], "*", Condition={"StringEquals": {"ec2:CreateAction": "RunInstances"}})),
        (POLICY, statement(["s3:ListAllMyBuckets", "sts:GetCallerIdentity"], "*")),
        (BUCKET_POLICY, statement("s3:GetObject", Principal="*", Condition={"StringEquals": {"aws:SourceVpce": "a"}})),
        (BUCKET_POLICY, statement("s3:GetObject", Principal={"AWS": ["arn:aws:iam::1:root"]})),
        (ATTACHED, {"policyArn": 7}),
        (FIREWALL, {"allows": [{"protocol": "tcp"}], "sourceServiceAccounts": ["a@b"]}),
        (TEMPLATE, {"blockDeviceMappings": [{"ebs": {"encrypted": True}}]}),
        (MEMBER, {"role": "roles/logging.logWriter"}),
        (POOL, {**pool(0, TAINT), "autoscaling": None, "nodeCount": 0}),
        (NODES, nodes(0, TAINT)),
        (NODES, nodes(2, None, "m6i.large")),
        (POOL, pool(0, TAINT)),
    ],
)
def test_what_is_safe_passes_every_rule(token: str, props: dict[str, Any]):
    assert findings(props, token) == []


@pytest.mark.parametrize(
    "token, props",
    [
        (S3_BLOCK, {**BLOCKED, "blockPublicAcls": UNKNOWN}),
        (GROUP, {"ingress": [{"cidrBlocks": [UNKNOWN]}]}),
        (INGRESS, {"cidrIpv4": UNKNOWN}),
        (EKS, eks(endpointPublicAccess=True, publicAccessCidrs=UNKNOWN)),
        (POLICY, {"policy": UNKNOWN}),
        (POLICY, {"policy": {"Statement": [UNKNOWN]}}),
        (FIREWALL, {"allows": UNKNOWN, "sourceRanges": ["0.0.0.0/0"]}),
        (RDS, {**KEPT, "storageEncrypted": UNKNOWN}),
    ],
)
def test_what_is_not_known_yet_is_announced_and_refuses_nothing(token: str, props: dict[str, Any]):
    (found,) = findings(props, token)
    assert not found.mandatory and "not known yet" in found.message


def test_a_key_that_the_same_update_makes_counts_as_one():
    made = {"encryptionConfig": {"provider": {"keyArn": UNKNOWN}}, "vpcConfig": {"endpointPublicAccess": False}}
    assert findings(made, EKS) == []


def test_production_asks_for_protection_and_development_does_not():
    assert refused({}, S3) == []
    assert refused({}, S3, {"protected-data": {"required": True}}) == ["protected-data"]
    assert refused({}, INGRESS, {"protected-data": {"required": True}}) == []


def test_a_refusal_says_where_why_and_what_instead():
    (found,) = findings({"ingress": [{}, {"cidrBlocks": ["0.0.0.0/0"]}]}, GROUP)
    assert found.message.endswith("ingress[1].cidrBlocks: lets in whoever comes from 0.0.0.0/0; name ranges.")


def test_a_pool_that_can_not_scale_keeps_as_many_nodes_as_it_has():
    (found,) = findings({**pool(0, TAINT), "autoscaling": None, "nodeCount": 3}, POOL)
    assert found.message.endswith("autoscaling: keeps 3 nodes with GPUs when nothing needs them; let the least be 0.")
    (found,) = findings({**pool(0, TAINT), "autoscaling": None}, POOL)
    assert "keeps 1 nodes with GPUs" in found.message


def test_a_roles_own_policy_that_is_not_known_yet_is_announced_by_its_number():
    (found,) = findings({"policy": {"Statement": [UNKNOWN]}}, POLICY)
    assert "not known yet: policy.Statement[0];" in found.message
    (found,) = findings({"inlinePolicies": [{}, UNKNOWN]}, "aws:iam/role:Role")
    assert not found.mandatory and "not known yet: inlinePolicies[1];" in found.message
