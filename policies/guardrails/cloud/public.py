"""Nothing is open to the internet by accident: buckets, networks, clusters' APIs, databases."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from pulumi_policy import Severity

from ...open_source.reading import UNKNOWN
from ..findings import Finding, Problem, Unknown
from ..rule import rule
from .values import EVERYWHERE, at, by_type, must_be, open_ranges

_PUBLIC_ACLS = {"public-read", "public-read-write", "authenticated-read", "website"}
_EVERYBODY = {"allUsers", "allAuthenticatedUsers"}
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _s3_acl(props: dict[str, Any]) -> Iterator[Finding]:
    if at(props, "acl") in _PUBLIC_ACLS:
        yield Problem("acl", f"lets strangers in ({props['acl']}); remove it, and give access by policies.")


def _s3_block(props: dict[str, Any]) -> Iterator[Finding]:
    for field in _BLOCKS:
        yield from must_be(props, field, True, "lets the bucket become public")


def _gcs_bucket(props: dict[str, Any]) -> Iterator[Finding]:
    yield from must_be(props, "publicAccessPrevention", "enforced", "lets the bucket become public")
    yield from must_be(props, "uniformBucketLevelAccess", True, "lets single objects have rights of their own")


def _gcs_member(props: dict[str, Any]) -> Iterator[Finding]:
    members = [at(props, "member"), *(at(props, "members") or ())]
    for one in sorted(_EVERYBODY & {member for member in members if isinstance(member, str)}):
        yield Problem("member", f"lets {one} in; name the accounts.")


def _ranges(props: Any, path: str, within: str = "") -> Iterator[Finding]:
    for found in open_ranges(props, path):
        where = f"{within}{path}"
        yield (
            Unknown(where) if found is UNKNOWN else Problem(where, f"lets in whoever comes from {found}; name ranges.")
        )


def _security_group(props: dict[str, Any]) -> Iterator[Finding]:
    rules = at(props, "ingress")
    for index, one in enumerate(rules if isinstance(rules, list) else ()):
        for field in ("cidrBlocks", "ipv6CidrBlocks"):
            yield from _ranges(one, field, f"ingress[{index}].")


def _ingress_rule(props: dict[str, Any]) -> Iterator[Finding]:
    for field in ("cidrIpv4", "cidrIpv6"):
        yield from _ranges(props, field)


def _firewall(props: dict[str, Any]) -> Iterator[Finding]:
    if at(props, "direction") != "EGRESS" and at(props, "allows"):
        yield from _ranges(props, "sourceRanges")


def _eks(props: dict[str, Any]) -> Iterator[Finding]:
    public = at(props, "vpcConfig.endpointPublicAccess")
    ranges = at(props, "vpcConfig.publicAccessCidrs")
    if public is UNKNOWN or (public is not False and ranges is UNKNOWN):
        yield Unknown("vpcConfig")
    elif public is not False and (not ranges or EVERYWHERE & set(ranges)):
        text = "offers the cluster's API to everybody; set `endpointPublicAccess: false`, or `publicAccessCidrs`."
        yield Problem("vpcConfig", text)


def _gke(props: dict[str, Any]) -> Iterator[Finding]:
    private = at(props, "privateClusterConfig.enablePrivateEndpoint")
    blocks = at(props, "masterAuthorizedNetworksConfig.cidrBlocks")
    if private is UNKNOWN or (private is not True and blocks is UNKNOWN):
        yield Unknown("masterAuthorizedNetworksConfig")
        return
    ranges = {one.get("cidrBlock") for one in blocks or () if isinstance(one, dict)}
    if private is not True and (not ranges or EVERYWHERE & ranges):
        text = "offers the cluster's API to everybody; set `enablePrivateEndpoint: true`, or name `cidrBlocks`."
        yield Problem("masterAuthorizedNetworksConfig", text)


def _cloud_sql(props: dict[str, Any]) -> Iterator[Finding]:
    yield from must_be(props, "settings.ipConfiguration.ipv4Enabled", False, "gives the database a public address")


NOTHING_PUBLIC = [
    rule(
        "no-public-buckets",
        "No bucket is, or can become, public.",
        by_type(
            {
                "aws:s3/bucket:Bucket": _s3_acl,
                "aws:s3/bucketAcl:BucketAcl": _s3_acl,
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
                "gcp:sql/databaseInstance:DatabaseInstance": _cloud_sql,
            }
        ),
        Severity.CRITICAL,
    ),
]
