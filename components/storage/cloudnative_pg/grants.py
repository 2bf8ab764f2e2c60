"""Who may ask what of the Kubernetes API: the operator, where its databases are, and next to nothing elsewhere.

It makes an account for the pods of each database, so it must have all that those may do: get and watch their own
objects, and write their status.
"""

from collections.abc import Sequence

from pulumi import Input

from ...base import Text
from ...k8s.rbac import Grant, Rule, elected
from .definitions import GROUP
from .webhooks import CHANGES, CHECKS

AUTHORITY, CERTIFICATE = "cnpg-ca-secret", "cnpg-webhook-cert"
"""Secrets by the names that the operator makes them under."""
_LEASE = "db9c8771.cnpg.io"
_SEE = ["get", "list", "watch"]
_KEEP = ["create", "delete", *_SEE, "patch"]
_WRITE = [*_KEEP, "update"]
_STATUS = ["get", "patch", "update"]
_WEBHOOKS = "admissionregistration.k8s.io"
_KINDS = ["backups", "clusters", "databases", "publications", "scheduledbackups", "subscriptions"]


def operator(namespace: Input[str], namespaces: Sequence[Text]) -> list[Grant]:
    """Of the account of its pods."""
    return [Grant(_everywhere(), None), Grant(_home(), namespace), *(Grant(_databases(), one) for one in namespaces)]


def _everywhere() -> list[Rule]:
    """Nodes that are being emptied, whose primary then moves; and what it tells the API server of its certificate."""
    return [
        Rule("", ["nodes"], _SEE),
        Rule(GROUP, ["clusterimagecatalogs"], _SEE),
        Rule(_WEBHOOKS, ["mutatingwebhookconfigurations"], ["get", "patch"], [CHANGES]),
        Rule(_WEBHOOKS, ["validatingwebhookconfigurations"], ["get", "patch"], [CHECKS]),
    ]


def _home() -> list[Rule]:
    return [
        Rule("", ["configmaps", "secrets", "services"], _SEE),  # which can't be narrowed to a name for a cache
        Rule("", ["secrets"], ["create"]),  # nor this
        Rule("", ["secrets"], ["patch", "update"], [AUTHORITY, CERTIFICATE]),
        # Its own, which then owns these Secrets.
        Rule("apps", ["deployments"], ["get", "list"]),
        Rule("", ["events"], ["create", "patch"]),
        *elected(_LEASE),
    ]


def _databases() -> list[Rule]:
    """Poolers are not used: it watches what those are made of, no more."""
    return [
        Rule("", ["configmaps", "secrets", "services"], _WRITE),
        Rule("", ["persistentvolumeclaims", "pods"], _KEEP),
        Rule("", ["pods/status"], ["get"]),
        # A back-up is a command that it runs in the instance's pod.
        Rule("", ["pods/exec"], ["create", "get"]),
        Rule("", ["serviceaccounts"], ["create", *_SEE, "patch", "update"]),
        Rule("", ["events"], ["create", "patch"]),
        Rule("apps", ["deployments"], _SEE),
        Rule("batch", ["jobs"], _KEEP),
        Rule("policy", ["poddisruptionbudgets"], _WRITE),
        Rule("rbac.authorization.k8s.io", ["roles", "rolebindings"], ["create", *_SEE, "patch", "update"]),
        Rule("monitoring.coreos.com", ["podmonitors"], _SEE),
        Rule("snapshot.storage.k8s.io", ["volumesnapshots"], _SEE),
        Rule(GROUP, _KINDS, _WRITE),
        Rule(GROUP, [f"{kind}/status" for kind in _KINDS], _STATUS),
        Rule(GROUP, ["clusters/status", "failoverquorums/status"], [*_STATUS, "watch"]),
        Rule(GROUP, ["failoverquorums"], ["create", "delete", *_SEE]),
        Rule(GROUP, ["imagecatalogs", "poolers"], _SEE),
        Rule(GROUP, ["clusters/finalizers"], ["update"]),
    ]
