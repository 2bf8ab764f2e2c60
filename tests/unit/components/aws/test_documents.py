"""Every right by its exact action and resource."""

import json

import pytest

from components.compute.aws import documents

BUCKET, KEY = "arn:aws:s3:::acme-mlflow", "arn:aws:kms:eu-west-1:123456789012:key/k"
CLUSTER = "arn:aws:eks:eu-west-1:123456789012:cluster/mlops"


def rights(text: str) -> set[tuple[str, str]]:
    """(action, resource) of all that is allowed."""
    allowed = [one for one in json.loads(text)["Statement"] if one["Effect"] == "Allow"]
    return {(action, resource) for one in allowed for action in one["Action"] for resource in one["Resource"]}


def test_who_writes_to_a_bucket_may_do_this_and_nothing_else():
    assert rights(documents.bucket_access(BUCKET, KEY, None, writes=True)) == {
        ("s3:ListBucket", BUCKET),
        ("s3:GetBucketLocation", BUCKET),
        ("s3:GetObject", f"{BUCKET}/*"),
        ("s3:PutObject", f"{BUCKET}/*"),
        ("s3:DeleteObject", f"{BUCKET}/*"),
        ("s3:AbortMultipartUpload", f"{BUCKET}/*"),
        ("kms:Decrypt", KEY),
        ("kms:GenerateDataKey", KEY),
    }


def test_who_reads_may_change_nothing():
    assert rights(documents.bucket_access(BUCKET, KEY, None, writes=False)) == {
        ("s3:ListBucket", BUCKET),
        ("s3:GetBucketLocation", BUCKET),
        ("s3:GetObject", f"{BUCKET}/*"),
        ("kms:Decrypt", KEY),
    }


@pytest.mark.parametrize("writes", [True, False])
def test_who_opens_a_folder_opens_no_object_beside_it_and_is_told_what_is_missing(writes: bool):
    """Which S3 tells those alone who may list the bucket without a prefix."""
    given = rights(documents.bucket_access(BUCKET, KEY, "sales", writes))
    whole = rights(documents.bucket_access(BUCKET, KEY, None, writes))
    assert given == {(action, at.replace(f"{BUCKET}/*", f"{BUCKET}/sales/*")) for action, at in whole}
    text = documents.bucket_access(BUCKET, KEY, "sales", writes)
    assert ("s3:ListBucket", BUCKET) in given and "Condition" not in text


def test_a_pods_role_is_for_pods_of_that_cluster_in_that_account():
    (trust,) = json.loads(documents.pod_trust("123456789012", CLUSTER))["Statement"]
    assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert trust["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnEquals": {"aws:SourceArn": CLUSTER},
    }


def test_flow_logs_are_written_to_their_group_alone():
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:flows"
    actions = ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams")
    assert rights(documents.flow_logs(group)) == {(action, f"{group}:*") for action in actions}


def test_whoever_comes_without_encryption_is_turned_away_from_bucket_and_objects():
    (deny,) = json.loads(documents.tls_only(BUCKET))["Statement"]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
    assert deny["Resource"] == [BUCKET, f"{BUCKET}/*"]
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_access_logs_come_from_the_accounts_own_buckets_alone():
    deny, write = json.loads(documents.log_delivery("arn:aws:s3:::logs", "123456789012", [BUCKET]))["Statement"]
    assert deny["Effect"] == "Deny" and write["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert (write["Action"], write["Resource"]) == ("s3:PutObject", "arn:aws:s3:::logs/*")
    assert write["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert write["Condition"]["ArnLike"] == {"aws:SourceArn": [BUCKET]}


def test_the_key_is_for_its_account_and_for_the_logs_of_its_region():
    own, logs = json.loads(documents.key_policy("123456789012", "eu-west-1"))["Statement"]
    assert own["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert logs["Condition"]["ArnLike"] == {
        "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:123456789012:log-group:*"
    }
