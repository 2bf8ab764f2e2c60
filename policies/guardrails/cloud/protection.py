"""What can't be made again is protected, where a stack says so: in production."""

from collections.abc import Iterator

from pulumi_policy import Severity

from ..findings import Finding, Problem, Resource
from ..rule import rule

_IRREPLACEABLE = {
    "aws:s3/bucket:Bucket",
    "aws:rds/instance:Instance",
    "aws:rds/cluster:Cluster",
    "aws:kms/key:Key",
    "aws:eks/cluster:Cluster",
    "gcp:storage/bucket:Bucket",
    "gcp:sql/databaseInstance:DatabaseInstance",
    "gcp:kms/cryptoKey:CryptoKey",
    "gcp:container/cluster:Cluster",
}
_CONFIG = {"required": {"type": "boolean", "default": False, "description": "Whether the stack is for production"}}


def _protected(resource: Resource) -> Iterator[Finding]:
    if resource.settings.get("required") and resource.token in _IRREPLACEABLE and not resource.protected:
        yield Problem(resource.token.rpartition(":")[2], "can't be made again with what it holds; set `protect=True`.")


PROTECTED = rule(
    "protected-data", "What can't be made again is protected from deletion.", _protected, Severity.HIGH, _CONFIG
)
