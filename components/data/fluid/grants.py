"""Who may ask what of the Kubernetes API.

Fluid's controllers watch the whole cluster: their caches know no narrower way. What they change lies in the namespace
of the data sets, and there alone they may: no other namespace's pods are within their reach.
"""

from pulumi import Input

from ...k8s.rbac import Grant, Rule, elected
from .definitions import GROUP

_WATCH = ["get", "list", "watch"]
_OPERATIONS = ["dataloads", "databackups", "datamigrates", "dataprocesses"]
_CACHES = ["datasets", "alluxioruntimes"]
_CHANGE = ["create", "update", "patch", "delete"]


def _of_kinds(*plurals: str) -> list[str]:
    return [name for plural in plurals for name in (plural, f"{plural}/status")]


def _lease(name: str) -> list[Rule]:
    return [
        *elected(name, "patch"),
        Rule("", ["events"], ["create", "patch"]),
    ]


def datasets(namespace: Input[str]) -> list[Grant]:
    """The controller of data sets and of operations on them."""
    seen = [
        Rule("", ["persistentvolumes", "persistentvolumeclaims", "namespaces", "pods", "configmaps"], _WATCH),
        Rule("batch", ["jobs", "cronjobs"], _WATCH),
        Rule("apps", ["statefulsets", "daemonsets", "deployments"], _WATCH),
        Rule(GROUP, [*_CACHES, *_OPERATIONS], _WATCH),
    ]
    return [Grant(seen, None), Grant(_lease("dataset.data.fluid.io"), namespace)]


def datasets_there(place: Input[str]) -> list[Grant]:
    """What it does where the data sets are: Helm installs the Jobs that load, and keeps its notes in ConfigMaps."""
    return [
        Grant(
            [
                Rule("", ["configmaps"], _CHANGE),
                Rule("", ["services"], ["create", "get", "delete"]),
                Rule("", ["events"], ["create", "patch"]),
                # By which it asks an Alluxio master how much there is, and how much of it is cached.
                Rule("", ["pods/exec"], ["create"]),
                Rule("batch", ["jobs", "cronjobs"], _CHANGE),
                Rule("apps", ["statefulsets"], ["update", "patch"]),
                Rule(GROUP, _of_kinds(*_CACHES, *_OPERATIONS), _CHANGE),
            ],
            place,
        )
    ]


def runtimes(namespace: Input[str]) -> list[Grant]:
    """The controller of Alluxio's servers. It labels the nodes that hold a cache; volumes have no namespace."""
    seen = [
        Rule("", ["namespaces", "pods", "configmaps", "persistentvolumeclaims", "services"], _WATCH),
        Rule("", ["persistentvolumes"], [*_WATCH, "create", "delete"]),
        Rule("", ["nodes"], [*_WATCH, "patch"]),
        Rule("apps", ["statefulsets", "daemonsets"], _WATCH),
        Rule(GROUP, _CACHES, _WATCH),
    ]
    return [Grant(seen, None), Grant(_lease("alluxio.data.fluid.io"), namespace)]


def runtimes_there(place: Input[str]) -> list[Grant]:
    """What it does where the data sets are: Helm installs Alluxio's servers, and keeps its notes in ConfigMaps."""
    return [
        Grant(
            [
                Rule("", ["configmaps", "persistentvolumeclaims"], _CHANGE),
                Rule("", ["services"], ["create", "delete", "update", "patch"]),
                Rule("", ["events"], ["create", "patch"]),
                Rule("", ["pods/exec"], ["create"]),
                Rule("apps", ["statefulsets", "daemonsets", "statefulsets/status", "daemonsets/status"], _CHANGE),
                Rule(GROUP, _of_kinds(*_CACHES), _CHANGE),
            ],
            place,
        )
    ]


def webhook(namespace: Input[str], configuration: str, certificate: str) -> list[Grant]:
    """It makes its own certificate, tells the API server of it, and looks up where data is cached."""
    seen = [
        Rule("admissionregistration.k8s.io", ["mutatingwebhookconfigurations"], [*_WATCH, "patch"], [configuration]),
        Rule(GROUP, _CACHES, _WATCH),
        Rule("", ["namespaces", "persistentvolumeclaims", "persistentvolumes", "configmaps"], _WATCH),
        Rule("apps", ["daemonsets"], _WATCH),
    ]
    own = [
        Rule("", ["secrets"], ["create"]),  # which can't be narrowed to a name
        Rule("", ["secrets"], ["get", "update"], [certificate]),
    ]
    return [Grant(seen, None), Grant(own, namespace)]


def node(labels_any_node: bool) -> list[Grant]:
    """The plugin on each node. Without the kubelet's own login it labels its node with an account that all share."""
    labelling = [Rule("", ["nodes"], ["get", "patch"])] if labels_any_node else []
    seen = [
        Rule(GROUP, _of_kinds(*_CACHES), _WATCH),
        Rule("", ["persistentvolumes", "persistentvolumeclaims"], ["get"]),
        Rule("", ["events"], ["create", "patch"]),
    ]
    return [Grant([*seen, *labelling], None)]
