"""The wait itself: look, say what is missing, look again, until it is there, hopeless, too late or cancelled."""

import threading
import time
from collections.abc import Callable

from local.plugins.kubernetes.api import Api, ApiError
from local.plugins.kubernetes.discovery import group_of
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.waits import cluster, jobs, network, pods, storage, workloads
from local.plugins.kubernetes.waits.verdict import Document, Judge, Verdict
from local.plugins.kubernetes.waits.wanted import wanted

SKIP = "pulumi.com/skipAwait"
DEFAULT_SECONDS = 600.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 1.5

_JUDGES: dict[tuple[str, str], Judge] = {
    ("", "Pod"): pods.pod,
    ("", "Service"): network.service,
    ("", "Namespace"): cluster.namespace,
    ("", "PersistentVolume"): storage.volume,
    ("", "PersistentVolumeClaim"): storage.volume_claim,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("batch", "Job"): jobs.job,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): cluster.definition,
    ("apiregistration.k8s.io", "APIService"): cluster.api_service,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): cluster.admission_policy,
}


class NotReady(Exception):
    """The object exists but the wait for it ended without success. `live` is what it was at the end, None if gone."""

    def __init__(self, reasons: list[str], live: Document | None) -> None:
        super().__init__("; ".join(reasons))
        self.reasons, self.live = reasons, live


def judge_of(live: Document) -> Judge | None:
    """How to tell that this object is ready; None where it is so at once, or the program says not to wait."""
    if dig(live, "metadata", "annotations", SKIP) == "true":
        return None
    return wanted(live) or _JUDGES.get((group_of(live["apiVersion"]), live["kind"]))


def until_ready(
    live: Document, path: str, api: Api, say: Callable[[str], None], cancelled: threading.Event, seconds: float
) -> Document:
    """Wait for the object at `path`; what it is once ready. Raises NotReady."""
    judge = judge_of(live)
    if judge is None:
        return live
    ends, pause, said = time.monotonic() + seconds, _FIRST_PAUSE, ""
    while True:
        verdict = judge(live, api)
        if verdict.ready:
            if said:
                say("ready")
            return live
        if verdict.hopeless:
            raise NotReady([verdict.missing, *verdict.reasons], live)
        message = "; ".join([verdict.missing, *verdict.reasons[:1]])
        if message != said:
            say(message)
            said = message
        if time.monotonic() >= ends:
            raise NotReady([f"not ready after {seconds:.0f} s: {verdict.missing}", *_why(live, api, verdict)], live)
        if cancelled.wait(pause):
            raise NotReady([f"cancelled while waiting: {verdict.missing}", *verdict.reasons], live)
        pause = min(pause * 1.3, _LONGEST_PAUSE)
        found = api.find(path)
        if found is None:
            raise NotReady(["someone deleted it while we waited"], None)
        live = found


def readiness(live: Document, api: Api) -> list[str]:
    """Why the object is not ready now; nothing where it is."""
    judge = judge_of(live)
    verdict = judge(live, api) if judge else None
    return [] if verdict is None or verdict.ready else [verdict.missing, *verdict.reasons]


def _why(live: Document, api: Api, verdict: Verdict) -> list[str]:
    """The reasons at the end of a wait, with the logs of pods that crash."""
    selector = dig(live, "spec", "selector")
    if live["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet") and isinstance(selector, dict):
        try:
            with_logs = pods.problems_of_pods(dig(live, "metadata", "namespace"), selector, api, with_logs=True)
        except ApiError:
            with_logs = []
        return with_logs or list(verdict.reasons)
    return list(verdict.reasons)
