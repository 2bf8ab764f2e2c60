"""Who answers for a resource, and who pays for it, where a stack asks for that: in production."""

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from ..open_source.kinds import of_object
from ..open_source.reading import UNKNOWN
from .cloud.values import at
from .findings import Finding, Problem, Resource, Unknown
from .rule import rule

# What costs money by itself, or holds what does.
_TAGGED = {
    "aws:ec2/instance:Instance": "tags",
    "aws:ec2/natGateway:NatGateway": "tags",
    "aws:ec2/vpc:Vpc": "tags",
    "aws:ebs/volume:Volume": "tags",
    "aws:efs/fileSystem:FileSystem": "tags",
    "aws:eks/cluster:Cluster": "tags",
    "aws:eks/nodeGroup:NodeGroup": "tags",
    "aws:elasticache/replicationGroup:ReplicationGroup": "tags",
    "aws:lb/loadBalancer:LoadBalancer": "tags",
    "aws:rds/cluster:Cluster": "tags",
    "aws:rds/instance:Instance": "tags",
    "aws:s3/bucket:Bucket": "tags",
    "gcp:compute/disk:Disk": "labels",
    "gcp:compute/instance:Instance": "labels",
    "gcp:container/cluster:Cluster": "resourceLabels",
    "gcp:container/nodePool:NodePool": "nodeConfig.resourceLabels",
    "gcp:redis/instance:Instance": "labels",
    "gcp:sql/databaseInstance:DatabaseInstance": "settings.userLabels",
    "gcp:storage/bucket:Bucket": "labels",
}
_LABELLED = {"Namespace", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "PersistentVolumeClaim"}
_NAMES = {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}
_CONFIG = {
    "required": {"type": "boolean", "default": False, "description": "Whether the stack is for production"},
    "labels": {**_NAMES, "default": ["owner", "cost-center"], "description": "Labels of Kubernetes' objects"},
    "tags": {**_NAMES, "default": ["owner", "cost-center"], "description": "Tags on AWS, labels on Google Cloud"},
}


def _owned(resource: Resource) -> Iterator[Finding]:
    if not resource.settings.get("required"):
        return
    kind = of_object(resource.token)
    if kind and kind.name in _LABELLED:
        yield from _missing(resource, "metadata.labels", "labels")
    elif field := _TAGGED.get(resource.token):
        yield from _missing(resource, field, "tags")


def _missing(resource: Resource, field: str, setting: str) -> Iterator[Finding]:
    # A provider's default tags are merged into `tagsAll` alone.
    places = [at(resource.props, field), at(resource.props, "tagsAll") if field == "tags" else None]
    for name in resource.settings.get(setting, _CONFIG[setting]["default"]):
        values = [UNKNOWN if place is UNKNOWN else _value(place, name) for place in places]
        if any(isinstance(value, str) and value.strip() for value in values):
            continue
        if UNKNOWN in values:
            yield Unknown(f"{field}[{name}]")
        else:
            yield Problem(field, f"does not say `{name}`, so nobody answers or pays for it; set `{field}.{name}`.")


def _value(place: Any, name: str) -> Any:
    return place.get(name) if isinstance(place, dict) else None


OWNED = rule("owner-and-cost", "Everything says who owns it and who pays for it.", _owned, Severity.MEDIUM, _CONFIG)
