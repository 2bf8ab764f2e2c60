"""Which resources of an AWS policy are every resource, in whatever words, and which actions read what is stored."""

import json

import pytest

from tests.unit.policies.guardrails.judged import refused

POLICY = "aws:iam/policy:Policy"


def statement(action: str, resource: str) -> dict[str, str]:
    return {"policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})}


@pytest.mark.parametrize(
    "resource", ["*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:aws:s3:::**", "arn:*", "arn:aws:s3:*"]
)
def test_a_resource_whose_name_is_all_wildcards_is_every_resource(resource: str):
    assert refused(statement("s3:PutObject", resource), POLICY) == ["named-rights"]


@pytest.mark.parametrize(
    "resource", ["arn:aws:s3:::one", "arn:aws:s3:::one*", "arn:aws:s3:::*-one", "arn:aws:sqs:*:*:one"]
)
def test_a_resource_with_a_part_of_a_name_is_named(resource: str):
    assert refused(statement("s3:PutObject", resource), POLICY) == []


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:Get*", "SSM:GetParameter", "secretsmanager:GetSecretValue"])
def test_reading_what_is_stored_is_for_named_resources(action: str):
    assert refused(statement(action, "*"), POLICY) == ["named-rights"]


@pytest.mark.parametrize(
    "action", ["s3:GetBucketLocation", "ec2:DescribeInstances", "ec2:describeinstances", "s3:ListBucket"]
)
def test_reading_what_there_is_may_be_for_everything(action: str):
    assert refused(statement(action, "*"), POLICY) == []
