"""Servers that an operator makes of one object, as the StatefulSet that they come to: for rules on room and on cost."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .cloud.values import at
from .findings import Resource

POSTGRES = "kubernetes:postgresql.cnpg.io/v1:Cluster"
SET = "kubernetes:apps/v1:StatefulSet"
_LABEL, _NODE = "cnpg.io/cluster", "kubernetes.io/hostname"


def as_set(resource: Resource) -> Resource:
    """A database of CloudNativePG by its pods and claims; any other resource as it is."""
    spec = at(resource.props, "spec") if resource.token == POSTGRES else None
    return (
        replace(resource, token=SET, props={"spec": _set(spec, resource.name)}) if isinstance(spec, dict) else resource
    )


def _set(spec: Mapping[str, Any], name: str) -> dict[str, Any]:
    # Its own name is known after the update alone, and only tells its pods from others.
    labels = {_LABEL: name}
    container = {"image": spec.get("imageName"), "resources": spec.get("resources") or {}}
    placed = {key: at(spec, f"affinity.{key}") for key in ("nodeSelector", "tolerations")}
    pod = {"containers": [container], "affinity": _apart(spec, labels), **placed}
    storage = {"requests": {"storage": at(spec, "storage.size")}}
    claim = {"storageClassName": at(spec, "storage.storageClass"), "resources": storage}
    return {
        "replicas": spec.get("instances"),
        "template": {"metadata": {"labels": labels}, "spec": pod},
        "volumeClaimTemplates": [{"spec": claim}],
    }


def _apart(spec: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    if at(spec, "affinity.podAntiAffinityType") != "required":
        return {}
    term = {"topologyKey": at(spec, "affinity.topologyKey") or _NODE, "labelSelector": {"matchLabels": dict(labels)}}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
