"""What can't be made again is protected, where a stack says so: in production."""

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from ...open_source.reading import UNKNOWN
from ..findings import Finding, Problem, Resource, Unknown
from ..rule import rule
from .values import at, must_be

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


_LOST = "what it holds is lost"


def _rds(props: dict[str, Any]) -> Iterator[Finding]:
    yield from must_be(props, "deletionProtection", True, f"anybody with rights can delete it, and {_LOST}")
    if at(props, "skipFinalSnapshot") is not None:
        yield from must_be(props, "skipFinalSnapshot", False, f"when it goes, {_LOST}")
    days = at(props, "backupRetentionPeriod")
    if days is UNKNOWN:
        yield Unknown("backupRetentionPeriod")
    elif not days:
        yield Problem("backupRetentionPeriod", f"without back-ups {_LOST} by one mistake; set a number of days.")


def _cloud_sql(props: dict[str, Any]) -> Iterator[Finding]:
    """Protected from Pulumi unless it says otherwise; from everybody else, only if it says so."""
    if at(props, "deletionProtection") is not None:
        yield from must_be(props, "deletionProtection", True, f"one command deletes it, and {_LOST}")
    path = "settings.deletionProtectionEnabled"
    yield from must_be(props, path, True, f"anybody with rights can delete it, and {_LOST}")
    yield from must_be(props, "settings.backupConfiguration.enabled", True, f"without back-ups {_LOST} by one mistake")


_DATABASES = {"aws:rds/instance:Instance": _rds, "gcp:sql/databaseInstance:DatabaseInstance": _cloud_sql}


def _protected(resource: Resource) -> Iterator[Finding]:
    if not resource.settings.get("required") or resource.token not in _IRREPLACEABLE:
        return
    if not resource.protected:
        yield Problem(resource.token.rpartition(":")[2], "can't be made again with what it holds; set `protect=True`.")
    if judge := _DATABASES.get(resource.token):
        yield from judge(resource.props)


PROTECTED = rule(
    "protected-data", "What can't be made again is protected from deletion.", _protected, Severity.HIGH, _CONFIG
)
