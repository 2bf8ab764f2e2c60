"""Nothing is open to the internet by accident: buckets, networks, clusters' APIs, databases."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from pulumi_policy import Severity

from ...open_source.reading import UNKNOWN
from ..findings import Finding, Problem, Unknown
from ..rule import rule
from .documents import statements
from .values import at, by_type, is_everywhere, listed, must_be, open_ranges

_PUBLIC_ACLS = {"public-read", "public-read-write", "authenticated-read", "website"}
_EVERYBODY = {"allUsers", "allAuthenticatedUsers"}
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _s3_acl(props: dict[str, Any]) -> Iterator[Finding]:
    if at(props, "acl") is UNKNOWN:
        yield Unknown("acl")
    elif at(props, "acl") in _PUBLIC_ACLS:
        yield Problem("acl", f"lets strangers in ({props['acl']}); remove it, and give access by policies.")


def _s3_block(props: dict[str, Any]) -> Iterator[Finding]:
    for field in _BLOCKS:
        yield from must_be(props, field, True, "lets the bucket become public")


def _s3_policy(props: dict[str, Any]) -> Iterator[Finding]:
    for path, statement in statements(props, "policy"):
        if isinstance(statement, Unknown | Problem):
            yield statement
        elif "Condition" not in statement and "*" in _principals(statement.get("Principal")):
            yield Problem(path, "lets everybody in; name the accounts.")


def _principals(value: Any) -> list[Any]:
    """`*` stands alone, or under the kind of principal."""
    kinds = value.values() if isinstance(value, dict) else [value]
    return [one for each in kinds for one in listed(each)]


def _gcs_bucket(props: dict[str, Any]) -> Iterator[Finding]:
    yield from must_be(props, "publicAccessPrevention", "enforced", "lets the bucket become public")
    yield from must_be(props, "uniformBucketLevelAccess", True, "lets single objects have rights of their own")


def _gcs_member(props: dict[str, Any]) -> Iterator[Finding]:
    members = [*listed(at(props, "member")), *listed(at(props, "members"))]
    if UNKNOWN in members:
        yield Unknown("member")
    for one in sorted(_EVERYBODY & {member for member in members if isinstance(member, str)}):
        yield Problem("member", f"lets {one} in; name the accounts.")


def _ranges(props: Any, path: str, within: str = "") -> Iterator[Finding]:
    for found in open_ranges(props, path):
        where = f"{within}{path}"
        yield (
            Unknown(where) if found is UNKNOWN else Problem(where, f"lets in whoever comes from {found}; name ranges.")
        )


def _security_group(props: dict[str, Any]) -> Iterator[Finding]:
    for index, one in enumerate(listed(at(props, "ingress"))):
        for field in ("cidrBlocks", "ipv6CidrBlocks"):
            yield from _ranges(one, field, f"ingress[{index}].")


def _rule_of_group(props: dict[str, Any]) -> Iterator[Finding]:
    kind = at(props, "type")
    for field in ("cidrBlocks", "ipv6CidrBlocks") if kind != "egress" else ():
        for found in _ranges(props, field):
            yield Unknown("type") if kind is UNKNOWN else found


def _ingress_rule(props: dict[str, Any]) -> Iterator[Finding]:
    for field in ("cidrIpv4", "cidrIpv6"):
        yield from _ranges(props, field)


def _firewall(props: dict[str, Any]) -> Iterator[Finding]:
    direction = at(props, "direction")
    if direction == "EGRESS" or not at(props, "allows"):
        return
    if UNKNOWN in (direction, at(props, "allows")):
        yield Unknown("direction")
        return
    yield from _ranges(props, "sourceRanges")
    if not any(at(props, field) for field in ("sourceRanges", "sourceTags", "sourceServiceAccounts")):
        yield Problem("sourceRanges", "lets in whoever comes, as nothing is named; name ranges.")


def _eks(props: dict[str, Any]) -> Iterator[Finding]:
    public = at(props, "vpcConfig.endpointPublicAccess")
    ranges = at(props, "vpcConfig.publicAccessCidrs")
    everywhere = not ranges or any(map(is_everywhere, listed(ranges)))
    if public is False:
        return
    if public is UNKNOWN or UNKNOWN in listed(ranges):
        yield Unknown("vpcConfig")
    if public is not UNKNOWN and everywhere:
        text = "offers the cluster's API to everybody; set `endpointPublicAccess: false`, or `publicAccessCidrs`."
        yield Problem("vpcConfig", text)


def _gke(props: dict[str, Any]) -> Iterator[Finding]:
    private = at(props, "privateClusterConfig.enablePrivateEndpoint")
    blocks = at(props, "masterAuthorizedNetworksConfig.cidrBlocks")
    ranges = [at(one, "cidrBlock") for one in listed(blocks)]
    if private is True:
        return
    if private is UNKNOWN or UNKNOWN in ranges:
        yield Unknown("masterAuthorizedNetworksConfig")
    if private is not UNKNOWN and (not ranges or any(map(is_everywhere, ranges))):
        text = "offers the cluster's API to everybody; set `enablePrivateEndpoint: true`, or name `cidrBlocks`."
        yield Problem("masterAuthorizedNetworksConfig", text)


def _instance_of_cluster(props: dict[str, Any]) -> Iterator[Finding]:
    """Private unless it says otherwise."""
    if at(props, "publiclyAccessible") is not None:
        yield from must_be(props, "publiclyAccessible", False, "gives the database a public address")


def _cloud_sql(props: dict[str, Any]) -> Iterator[Finding]:
    yield from must_be(props, "settings.ipConfiguration.ipv4Enabled", False, "gives the database a public address")
    path = "settings.ipConfiguration.authorizedNetworks"
    for index, one in enumerate(listed(at(props, path))):
        yield from _ranges(one, "value", f"{path}[{index}].")


NOTHING_PUBLIC = [
    rule(
        "no-public-buckets",
        "No bucket is, or can become, public.",
        by_type(
            {
                "aws:s3/bucket:Bucket": _s3_acl,
                "aws:s3/bucketV2:BucketV2": _s3_acl,
                "aws:s3/bucketAcl:BucketAcl": _s3_acl,
                "aws:s3/bucketAclV2:BucketAclV2": _s3_acl,
                "aws:s3/bucketPolicy:BucketPolicy": _s3_policy,
                "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _s3_block,
                "gcp:storage/bucket:Bucket": _gcs_bucket,
                "gcp:storage/bucketIAMMember:BucketIAMMember": _gcs_member,
                "gcp:storage/bucketIAMBinding:BucketIAMBinding": _gcs_member,
            }
        ),
        Severity.CRITICAL,
    ),
    rule(
        "no-open-networks",
        "No network lets everybody in.",
        by_type(
            {
                "aws:ec2/securityGroup:SecurityGroup": _security_group,
                "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _security_group,
                "aws:ec2/securityGroupRule:SecurityGroupRule": _rule_of_group,
                "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ingress_rule,
                "gcp:compute/firewall:Firewall": _firewall,
            }
        ),
        Severity.CRITICAL,
    ),
    rule(
        "no-public-clusters",
        "No cluster's API is offered to everybody.",
        by_type({"aws:eks/cluster:Cluster": _eks, "gcp:container/cluster:Cluster": _gke}),
        Severity.CRITICAL,
    ),
    rule(
        "no-public-databases",
        "No database has a public address.",
        by_type(
            {
                "aws:rds/instance:Instance": partial(
                    must_be, path="publiclyAccessible", wanted=False, why="gives the database a public address"
                ),
                "aws:rds/clusterInstance:ClusterInstance": _instance_of_cluster,
                "gcp:sql/databaseInstance:DatabaseInstance": _cloud_sql,
            }
        ),
        Severity.CRITICAL,
    ),
]
