"""Fields that the API server never changes in place, by kind: a change there makes a new object."""

from collections.abc import Callable
from typing import Any

from local.plugins.kubernetes.discovery import group_of
from local.plugins.kubernetes.paths import Path, dig, matches, parsed

_ANYWHERE = ("kind", "metadata.name", "metadata.namespace")

_POD_MUTABLE = (
    "spec.containers[*].image",
    "spec.initContainers[*].image",
    "spec.activeDeadlineSeconds",
    "spec.tolerations",
    "spec.schedulingGates",
)
_VOLUME_MUTABLE = (
    "spec.capacity",
    "spec.accessModes",
    "spec.persistentVolumeReclaimPolicy",
    "spec.mountOptions",
    "spec.storageClassName",
    "spec.claimRef",
    "spec.nodeAffinity",
)

# (group, kind): what is immutable, and what is mutable below it all the same.
_IMMUTABLE: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("", "ConfigMap"): (("data", "binaryData", "immutable"), ()),
    ("", "Secret"): (("data", "stringData", "type", "immutable"), ()),
    ("", "PersistentVolume"): (("spec",), _VOLUME_MUTABLE),
    ("", "PersistentVolumeClaim"): (("spec",), ("spec.resources", "spec.volumeAttributesClassName")),
    ("", "Pod"): (("spec",), _POD_MUTABLE),
    ("", "ResourceQuota"): (("spec.scopes", "spec.scopeSelector"), ()),
    ("", "Service"): (("spec.clusterIP", "spec.clusterIPs"), ()),
    ("apps", "DaemonSet"): (("spec.selector",), ()),
    ("apps", "Deployment"): (("spec.selector",), ()),
    ("apps", "ReplicaSet"): (("spec.selector",), ()),
    ("apps", "StatefulSet"): (
        ("spec.podManagementPolicy", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"),
        (),
    ),
    ("batch", "Job"): (("spec.completions", "spec.selector", "spec.template", "spec.completionMode"), ()),
    ("rbac.authorization.k8s.io", "RoleBinding"): (("roleRef",), ()),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (("roleRef",), ()),
    ("scheduling.k8s.io", "PriorityClass"): (("value", "preemptionPolicy"), ()),
    ("storage.k8s.io", "StorageClass"): (("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"), ()),
    ("storage.k8s.io", "CSIDriver"): (
        ("spec",),
        ("spec.tokenRequests", "spec.requiresRepublish", "spec.podInfoOnMount"),
    ),
    ("node.k8s.io", "RuntimeClass"): (("handler",), ()),
    ("networking.k8s.io", "IngressClass"): (("spec.controller",), ()),
}

Rule = Callable[[Path], bool]


def forces_replacement(
    api_version: str, kind: str, old: Any, new: Any, mutable_config_maps: bool, mutable_secrets: bool
) -> Rule:
    """Tells of a changed path whether the object must be made anew."""
    group = group_of(api_version)
    immutable, mutable = _IMMUTABLE.get((group, kind), ((), ()))
    if (kind, group) == ("ConfigMap", "") and mutable_config_maps and not dig(old, "immutable"):
        immutable = ()
    if (kind, group) == ("Secret", "") and mutable_secrets and not dig(old, "immutable"):
        immutable = ("type",)
    if (kind, group) == ("Service", "") and _becomes_external(old, new):
        immutable = (*immutable, "spec.type")
    fixed = [parsed(text) for text in (*_ANYWHERE, *immutable)]
    free = [parsed(text) for text in mutable]

    def rule(path: Path) -> bool:
        return any(_below(path, pattern) for pattern in fixed) and not any(_below(path, pattern) for pattern in free)

    return rule


def _below(path: Path, pattern: Path) -> bool:
    """Whether `path` is `pattern` or inside it; a change above it (a removed `spec`) counts as well."""
    return matches(path, pattern)


def _becomes_external(old: Any, new: Any) -> bool:
    types = {dig(old, "spec", "type", default="ClusterIP"), dig(new, "spec", "type", default="ClusterIP")}
    return len(types) == 2 and "ExternalName" in types
