"""Deployments, stateful sets and daemon sets: rolled out when all pods are of the newest kind and available."""

from local.plugins.kubernetes.api import Api
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.waits.pods import problems_of_pods, warnings_about
from local.plugins.kubernetes.waits.verdict import (
    READY,
    Document,
    Verdict,
    condition,
    hopeless,
    namespace_of,
    observed,
    waiting,
)


def deployment(live: Document, api: Api) -> Verdict:
    if not observed(live):
        return waiting("the controller has not seen it yet")
    if dig(live, "spec", "paused"):
        return READY
    wanted = dig(live, "spec", "replicas", default=1)
    updated, available = _count(live, "updatedReplicas"), _count(live, "availableReplicas")
    old = _count(live, "replicas") - updated
    progress = condition(live, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded":
        reasons = [*_failed_replicas(live), *_pods(live, api, with_logs=True)]
        return hopeless(f"the rollout made no progress: {progress.get('message')}", reasons)
    if updated < wanted:
        return _going_on(f"{updated} of {wanted} pods are of the new version", live, api)
    if old > 0:
        return _going_on(f"{old} pods of the old version are still there", live, api)
    if available < wanted:
        return _going_on(f"{available} of {wanted} pods are available", live, api)
    return READY


def stateful_set(live: Document, api: Api) -> Verdict:
    if not observed(live):
        return waiting("the controller has not seen it yet")
    wanted = dig(live, "spec", "replicas", default=1)
    ready, updated = _count(live, "readyReplicas"), _count(live, "updatedReplicas")
    if dig(live, "spec", "updateStrategy", "type") == "OnDelete":
        updated = wanted
    else:
        # With a partition only the pods from it on are updated.
        wanted_updated = wanted - dig(live, "spec", "updateStrategy", "rollingUpdate", "partition", default=0)
        if updated < wanted_updated:
            return _going_on(f"{updated} of {wanted_updated} pods are of the new version", live, api)
    if ready < wanted:
        return _going_on(f"{ready} of {wanted} pods are ready", live, api)
    if _count(live, "replicas") > wanted:
        return waiting(f"{_count(live, 'replicas') - wanted} pods too many are still there")
    return READY


def daemon_set(live: Document, api: Api) -> Verdict:
    if not observed(live):
        return waiting("the controller has not seen it yet")
    wanted = _count(live, "desiredNumberScheduled")
    updated, available = _count(live, "updatedNumberScheduled"), _count(live, "numberAvailable")
    if updated < wanted and dig(live, "spec", "updateStrategy", "type") != "OnDelete":
        return _going_on(f"{updated} of {wanted} pods are of the new version", live, api)
    if available < wanted:
        return _going_on(f"{available} of {wanted} pods are available", live, api)
    return READY


def replica_set(live: Document, api: Api) -> Verdict:
    if not observed(live):
        return waiting("the controller has not seen it yet")
    wanted, available = dig(live, "spec", "replicas", default=1), _count(live, "availableReplicas")
    return READY if available >= wanted else _going_on(f"{available} of {wanted} pods are available", live, api)


def _going_on(missing: str, live: Document, api: Api) -> Verdict:
    reasons = [*_failed_replicas(live), *_pods(live, api)]
    if not reasons:
        reasons = warnings_about(live, api)
    return waiting(missing, reasons)


def _failed_replicas(live: Document) -> list[str]:
    failure = condition(live, "ReplicaFailure")
    return [failure["message"]] if failure.get("status") == "True" and failure.get("message") else []


def _pods(live: Document, api: Api, with_logs: bool = False) -> list[str]:
    return problems_of_pods(namespace_of(live), dig(live, "spec", "selector", default={}), api, with_logs)


def _count(live: Document, name: str) -> int:
    return dig(live, "status", name, default=0)
