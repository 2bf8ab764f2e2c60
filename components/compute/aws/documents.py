"""Policies of IAM, KMS and S3 as pure values: exact actions on exact resources."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Statement = Mapping[str, Any]

_POD_IDENTITY = {"Service": "pods.eks.amazonaws.com"}


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def allow(actions: Sequence[str], resources: Sequence[str], **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **more}


def service_trust(service: str) -> str:
    """For a role that a service of AWS takes on."""
    trusted = {"Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return document({"Effect": "Allow", **trusted})


def pod_trust(account: str, cluster: str) -> str:
    """For a role that pods of one cluster get by their account; of which ones, the association says."""
    return document(
        {
            "Effect": "Allow",
            "Principal": _POD_IDENTITY,
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": {"aws:SourceAccount": account}, "ArnEquals": {"aws:SourceArn": cluster}},
        }
    )


def key_policy(account: str, region: str) -> str:
    """IAM of the account decides who uses the key, and the logs' service may, for logs of this account and region."""
    root = f"arn:aws:iam::{account}:root"
    logs = f"arn:aws:logs:{region}:{account}:log-group:*"
    usage = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    return document(
        # Without it, nobody could ever change the key again.
        {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{region}.amazonaws.com"},
            "Action": usage,
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
        },
    )


def tls_only(bucket: str) -> str:
    """A bucket's own policy: whoever comes without encryption is turned away, whatever rights they have."""
    return document(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, f"{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def log_delivery(bucket: str, account: str, sources: Sequence[str]) -> str:
    """The same, and S3 may write the access logs of these buckets there."""
    deny = json.loads(tls_only(bucket))["Statement"][0]
    return document(
        deny,
        {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{bucket}/*",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": list(sources)}},
        },
    )


def bucket_access(bucket: str, key: str, folder: str | None, writes: bool) -> str:
    """What a client of one bucket, or of a folder in it, needs, and the key with which that is encrypted.

    It may list the whole bucket: S3 asks for that right, at no prefix, before it says that a single object is missing.
    """
    objects = ["s3:GetObject", *(["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"] if writes else [])]
    return document(
        allow(["s3:ListBucket", "s3:GetBucketLocation"], [bucket]),
        allow(objects, [f"{bucket}/{folder}/*" if folder else f"{bucket}/*"]),
        allow(["kms:Decrypt", *(["kms:GenerateDataKey"] if writes else [])], [key]),
    )


def autoscaling(tag: str, nodegroups: str) -> str:
    """Groups whose tag says that they are the cluster's may be made larger and smaller. AWS lists all or none."""
    owned = {"Condition": {"StringEquals": {f"aws:ResourceTag/{tag}": "owned"}}}
    listed = ("AutoScalingGroups", "AutoScalingInstances", "LaunchConfigurations", "ScalingActivities", "Tags")
    known = ("DescribeImages", "DescribeInstanceTypes", "DescribeLaunchTemplateVersions")
    return document(
        allow(["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"], ["*"], **owned),
        allow([*(f"autoscaling:Describe{one}" for one in listed), *(f"ec2:{one}" for one in known)], ["*"]),
        allow(["ec2:GetInstanceTypesFromInstanceRequirements"], ["*"]),
        allow(["eks:DescribeNodegroup"], [nodegroups]),
    )


def dns_challenges(zone: str, writes: bool) -> str:
    """The records of one zone that show whose domain it is, by type and name. A change is asked after by its own ID.

    `ForAllValues` holds where there is no value, too; but no change is without types and names.
    """
    place = f"arn:aws:route53:::hostedzone/{zone}"
    only = {
        "ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": ["TXT"]},
        "ForAllValues:StringLike": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.*"]},
    }
    change = [
        allow(["route53:ChangeResourceRecordSets"], [place], Condition=only),
        allow(["route53:GetChange"], ["arn:aws:route53:::change/*"]),
    ]
    return document(allow(["route53:ListResourceRecordSets"], [place]), *(change if writes else []))


def flow_logs(group: str) -> str:
    return document(allow(["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"], [f"{group}:*"]))
