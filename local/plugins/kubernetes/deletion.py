"""Deleting an object and waiting until it is gone, saying what holds it."""

import threading
import time
from collections.abc import Callable
from typing import Any

from local.plugins.kubernetes.api import Api, ApiError
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.waits.wait import SKIP, NotReady

Document = dict[str, Any]

PROPAGATION = "pulumi.com/deletionPropagationPolicy"
_POLICIES = {"foreground": "Foreground", "background": "Background", "orphan": "Orphan"}
_LEAVES = {
    *("ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "Namespace"),
    *("NetworkPolicy", "LimitRange", "ResourceQuota", "PriorityClass", "StorageClass", "PodDisruptionBudget", "Event"),
}
"""Kinds that own nothing worth waiting for; deleting these in the foreground would only wait for the collector."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.5


def delete_and_wait(
    path: str, state: Document, api: Api, say: Callable[[str], None], cancelled: threading.Event, seconds: float
) -> None:
    """Delete the object at `path`; one that is not there is fine. Raises NotReady when it does not go."""
    annotations = dig(state, "metadata", "annotations", default={})
    usual = "background" if state.get("kind") in _LEAVES else "foreground"
    policy = _POLICIES.get(str(annotations.get(PROPAGATION, usual)).lower(), "Foreground")
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy}
    try:
        answer = api.request("DELETE", path, body)
    except ApiError as refused:
        # A namespace that is going already answers 409; nothing else does.
        if refused.code == 404:
            return
        if refused.code != 409:
            raise
        answer = {}
    if annotations.get(SKIP) == "true":
        return
    uid = dig(answer, "metadata", "uid") or dig(answer, "details", "uid") or dig(state, "metadata", "uid")
    ends, pause, said = time.monotonic() + seconds, _FIRST_PAUSE, ""
    while (found := api.find(path)) is not None and dig(found, "metadata", "uid") == (
        uid or dig(found, "metadata", "uid")
    ):
        holding = _holding(found)
        if holding != said:
            say(holding)
            said = holding
        if time.monotonic() >= ends:
            raise NotReady([f"still there after {seconds:.0f} s: {holding}"], found)
        if cancelled.wait(pause):
            raise NotReady([f"cancelled while it was being deleted: {holding}"], found)
        pause = min(pause * 1.3, _LONGEST_PAUSE)
    if said:
        say("gone")


def _holding(live: Document) -> str:
    """What keeps an object that is being deleted."""
    told = [
        condition["message"]
        for condition in dig(live, "status", "conditions", default=[])
        if condition.get("status") == "True"
        and condition.get("type", "").startswith("Namespace")
        and condition.get("message")
    ]
    if told:
        return "; ".join(told)
    finalizers = dig(live, "metadata", "finalizers", default=[])
    if "foregroundDeletion" in finalizers:
        return "waiting for what it owns to be deleted"
    return f"held by its finalizers {', '.join(finalizers)}" if finalizers else "it is being deleted"
