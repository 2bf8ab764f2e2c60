"""What each kind waits for, and what the engine keeps of a wait that fails."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from local.plugins.kubernetes.waits import wait
from tests.unit.local.plugins.calls import Calls, NotInitialised, Refused
from tests.unit.local.plugins.kubernetes.api_server import ApiServer

Document = dict[str, Any]

DEPLOYMENT = "urn:pulumi:dev::shop::kubernetes:apps/v1:Deployment::web"
STATEFUL_SET = "urn:pulumi:dev::shop::kubernetes:apps/v1:StatefulSet::web"
JOB = "urn:pulumi:dev::shop::kubernetes:batch/v1:Job::web"
SERVICE = "urn:pulumi:dev::shop::kubernetes:core/v1:Service::web"
CLAIM = "urn:pulumi:dev::shop::kubernetes:core/v1:PersistentVolumeClaim::web"
MAP = "urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMap::web"
PATHS = {
    DEPLOYMENT: "/apis/apps/v1/namespaces/default/deployments/web",
    STATEFUL_SET: "/apis/apps/v1/namespaces/default/statefulsets/web",
    JOB: "/apis/batch/v1/namespaces/default/jobs/web",
    SERVICE: "/api/v1/namespaces/default/services/web",
    CLAIM: "/api/v1/namespaces/default/persistentvolumeclaims/web",
    MAP: "/api/v1/namespaces/default/configmaps/web",
}
PODS = "/api/v1/namespaces/default/pods"


def inputs_of(urn: str, spec: Document | None = None, annotations: dict[str, str] | None = None) -> Document:
    version, kind = urn.split("kubernetes:")[1].split("::")[0].rsplit(":", 1)
    metadata: Document = {"name": "web"} | ({"annotations": annotations} if annotations else {})
    return {"apiVersion": version.removeprefix("core/"), "kind": kind, "metadata": metadata, "spec": spec or {}}


def workload(replicas: int = 1) -> Document:
    return {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}}


def pod(server: ApiServer, name: str = "web-1", **status: Any) -> None:
    labels = {"app": "web", "batch.kubernetes.io/job-name": "web"}
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": labels}, "status": status}
    server.apply(f"{PODS}/{name}", document, "kubelet", True, False)
    server.objects[f"{PODS}/{name}"]["status"] = status


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at objects more often than there is need to in earnest."""
    monkeypatch.setattr(wait, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(wait, "_LONGEST_PAUSE", 0.05)


class Started:
    """A create in a thread of its own, so that the test can play the controllers meanwhile."""

    def __init__(self, calls: Calls, urn: str, inputs: Document, timeout: float = 30.0) -> None:
        self.result: Any = None
        self._thread = threading.Thread(target=self._run, args=(calls, urn, inputs, timeout))
        self._thread.start()

    def _run(self, calls: Calls, urn: str, inputs: Document, timeout: float) -> None:
        try:
            self.result = calls.create(urn, inputs, timeout=timeout)
        except (Refused, NotInitialised) as error:
            self.result = error

    @property
    def is_waiting(self) -> bool:
        self._thread.join(0.2)
        return self._thread.is_alive()

    def ended(self) -> Any:
        self._thread.join(60)
        assert not self._thread.is_alive(), "the wait did not end"
        return self.result


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


def until_made(server: ApiServer, urn: str) -> str:
    until(lambda: PATHS[urn] in server.objects)
    return PATHS[urn]


READY_STATUSES = [
    (
        DEPLOYMENT,
        workload(2),
        {"replicas": 2, "updatedReplicas": 1, "availableReplicas": 1},
        "1 of 2 pods are of the new",
    ),
    (
        DEPLOYMENT,
        workload(1),
        {"replicas": 2, "updatedReplicas": 1, "availableReplicas": 1},
        "1 pods of the old version",
    ),
    (DEPLOYMENT, workload(1), {"replicas": 1, "updatedReplicas": 1}, "0 of 1 pods are available"),
    (STATEFUL_SET, workload(2), {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 1}, "1 of 2 pods are ready"),
    (JOB, {}, {"active": 1}, "the job is running (1 active)"),
    (SERVICE, {"type": "LoadBalancer"}, {}, "no load balancer has given it an address"),
    (CLAIM, {"accessModes": []}, {"phase": "Pending"}, "no volume is bound yet"),
]
DONE: dict[str, Document] = {
    DEPLOYMENT: {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
    STATEFUL_SET: {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2},
    JOB: {"conditions": [{"type": "Complete", "status": "True"}]},
    SERVICE: {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    CLAIM: {"phase": "Bound"},
}


@pytest.mark.parametrize(("urn", "spec", "status", "missing"), READY_STATUSES)
def test_a_wait_says_what_is_missing_and_ends_when_it_is_there(
    calls: Calls, server: ApiServer, monkeypatch: Any, urn: str, spec: Document, status: Document, missing: str
) -> None:
    said: list[str] = []
    monkeypatch.setattr(calls.provider.log, "status", lambda urn, message: said.append(message))
    started = Started(calls, urn, inputs_of(urn, spec))
    path = until_made(server, urn)
    server.set_status(path, **status)
    until(lambda: any(missing in message for message in said))
    assert started.is_waiting
    done = dict(DONE[urn])
    if urn == DEPLOYMENT:
        done = dict.fromkeys(done, spec["replicas"])
    server.set_status(path, **done)
    _, state = started.ended()
    assert state["status"].items() >= done.items()


def test_a_status_from_before_the_change_counts_for_nothing(calls: Calls, server: ApiServer) -> None:
    started = Started(calls, DEPLOYMENT, inputs_of(DEPLOYMENT, workload()))
    path = until_made(server, DEPLOYMENT)
    server.objects[path]["status"] = {**DONE[DEPLOYMENT], "observedGeneration": 0}
    assert started.is_waiting
    server.set_status(path, **DONE[DEPLOYMENT])
    started.ended()


def test_what_is_not_ready_in_time_is_kept_with_the_reasons_of_its_pods(calls: Calls, server: ApiServer) -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "not found: example.org/web:1"}}
    pod(server, containerStatuses=[{"name": "main", "state": waiting}])
    failed = Started(calls, DEPLOYMENT, inputs_of(DEPLOYMENT, workload()), timeout=0.5).ended()
    assert isinstance(failed, NotInitialised)
    assert failed.id == "default/web" and failed.properties["__inputs"] == failed.inputs
    assert "not ready after 0 s" in failed.reasons[0]
    assert failed.reasons[1] == "pod web-1, container main: ImagePullBackOff: not found: example.org/web:1"


def test_a_rollout_that_the_controller_gave_up_is_not_waited_for(calls: Calls, server: ApiServer) -> None:
    crashed = {"exitCode": 1, "reason": "Error"}
    container = {"name": "main", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    pod(server, containerStatuses=[{**container, "lastState": {"terminated": crashed}}])
    server.logs["web-1"] = "starting\nno database\n"
    started = Started(calls, DEPLOYMENT, inputs_of(DEPLOYMENT, workload()))
    path = until_made(server, DEPLOYMENT)
    reason = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too long"}
    server.set_status(path, conditions=[reason])
    failed = started.ended()
    assert "the rollout made no progress: too long" in failed.reasons[0]
    assert "crashes again and again (exit code 1, Error)\n    starting\n    no database" in failed.reasons[1]


def test_a_failed_job_shows_the_last_words_of_its_pod(calls: Calls, server: ApiServer) -> None:
    server.logs["web-1"] = "migrating\nrelation does not exist\n"
    started = Started(calls, JOB, inputs_of(JOB))
    path = until_made(server, JOB)
    pod(server, phase="Failed", containerStatuses=[{"name": "main", "state": {"terminated": {"exitCode": 3}}}])
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "gave up"}
    server.set_status(path, conditions=[failed])
    reasons = started.ended().reasons
    assert "the job failed: BackoffLimitExceeded: gave up" in reasons[0]
    assert reasons[1] == "pod web-1, container main: exit code 3\n    migrating\n    relation does not exist"


def test_an_unschedulable_pod_and_an_exceeded_quota_are_told(calls: Calls, server: ApiServer) -> None:
    pod(server, conditions=[{"type": "PodScheduled", "status": "False", "message": "0/3 nodes: no GPU"}])
    failed = Started(calls, STATEFUL_SET, inputs_of(STATEFUL_SET, workload()), timeout=0.5).ended()
    assert failed.reasons[1] == "pod web-1 cannot be scheduled: 0/3 nodes: no GPU"
    del server.objects[f"{PODS}/web-1"]
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {}, "reason": "FailedCreate", "message": "exceeded quota"}
    server.apply("/api/v1/namespaces/default/events/one", event, "controller", True, False)
    server.set_status(PATHS[STATEFUL_SET])
    with pytest.raises(NotInitialised) as again:
        calls.read(STATEFUL_SET, "default/web", failed.properties, failed.inputs)
    assert "FailedCreate: exceeded quota" in again.value.reasons


def test_cancelling_ends_the_wait_at_once_and_keeps_the_object(calls: Calls, server: ApiServer) -> None:
    started = Started(calls, DEPLOYMENT, inputs_of(DEPLOYMENT, workload()), timeout=300)
    until_made(server, DEPLOYMENT)
    assert started.is_waiting
    calls.provider.cancelled.set()
    failed = started.ended()
    assert "cancelled while waiting" in failed.reasons[0] and failed.id == "default/web"


def test_one_wait_does_not_hold_up_another_resource(calls: Calls, server: ApiServer) -> None:
    started = [Started(calls, DEPLOYMENT, inputs_of(DEPLOYMENT, workload()), timeout=30)]
    until_made(server, DEPLOYMENT)
    calls.create(MAP, inputs_of(MAP))
    assert started[0].is_waiting, "the other was made in the meantime"
    server.set_status(PATHS[DEPLOYMENT], **DONE[DEPLOYMENT])
    started[0].ended()


def test_an_object_deleted_during_the_wait_is_no_longer_in_the_state(calls: Calls, server: ApiServer) -> None:
    started = Started(calls, DEPLOYMENT, inputs_of(DEPLOYMENT, workload()))
    del server.objects[until_made(server, DEPLOYMENT)]
    failed = started.ended()
    assert isinstance(failed, Refused) and "someone deleted it" in str(failed)


def test_the_program_may_skip_the_wait(calls: Calls) -> None:
    inputs = inputs_of(DEPLOYMENT, workload(), {"pulumi.com/skipAwait": "true"})
    assert calls.create(DEPLOYMENT, inputs)[0] == "default/web"


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("condition=Synced", {"conditions": [{"type": "Synced", "status": "True"}]}),
        ("jsonpath={.status.phase}=Running", {"phase": "Running"}),
        ("jsonpath={.status.address}", {"address": "x"}),
        ('["condition=Synced", "jsonpath={.status.ready}=true"]',
         {"ready": True, "conditions": [{"type": "Synced", "status": "True"}]}),
        ('jsonpath={.status.parts[?(@.name=="b")].state}=up', {"parts": [{"name": "a"}, {"name": "b", "state": "up"}]}),
    ],
)  # fmt: skip
def test_the_program_may_say_what_to_wait_for(calls: Calls, server: ApiServer, wanted: str, status: Document) -> None:
    started = Started(calls, MAP, inputs_of(MAP, annotations={"pulumi.com/waitFor": wanted}))
    path = until_made(server, MAP)
    assert started.is_waiting
    server.set_status(path, **status)
    started.ended()


def test_a_wait_that_cannot_be_understood_is_refused_before_anything_is_made(calls: Calls) -> None:
    refused = calls.check(MAP, inputs_of(MAP, annotations={"pulumi.com/waitFor": "when=ready"}))
    assert "'when=ready' is neither" in refused["failures"]["metadata.annotations"]


def test_a_claim_that_is_bound_by_its_first_pod_is_not_waited_for(calls: Calls, server: ApiServer) -> None:
    server.kinds["storage.k8s.io/v1"] = {"StorageClass": ("storageclasses", False)}
    lazy = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "volumeBindingMode": "WaitForFirstConsumer"}
    server.apply("/apis/storage.k8s.io/v1/storageclasses/lazy", lazy, "admin", True, False)
    assert calls.create(CLAIM, inputs_of(CLAIM, {"storageClassName": "lazy"}))[0] == "default/web"


def test_a_service_waits_for_pods_that_exist_but_not_for_ones_that_may_never_come(
    calls: Calls, server: ApiServer
) -> None:
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    calls.create(SERVICE, inputs_of(SERVICE, spec))
    del server.objects[PATHS[SERVICE]]
    pod(server)
    started = Started(calls, SERVICE, inputs_of(SERVICE, spec))
    until_made(server, SERVICE)
    assert started.is_waiting
    ready = {"endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]}
    metadata = {"metadata": {"labels": {"kubernetes.io/service-name": "web"}}}
    document = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", **metadata, **ready}
    server.apply("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/web-1", document, "c", True, False)
    started.ended()


def test_a_failed_job_is_replaced_where_the_program_asks_for_it(calls: Calls, server: ApiServer) -> None:
    started = Started(calls, JOB, inputs_of(JOB, {}, {"pulumi.com/replaceUnready": "true"}))
    path = until_made(server, JOB)
    server.set_status(path, conditions=[{"type": "Failed", "status": "True", "reason": "x", "message": "y"}])
    failed = started.ended()
    found = calls.diff(JOB, failed.id, failed.properties, failed.inputs, failed.inputs)
    assert list(found.replaces) == ['metadata.annotations["pulumi.com/replaceUnready"]']
    server.set_status(path, conditions=[{"type": "Complete", "status": "True"}])
    assert not calls.diff(JOB, failed.id, failed.properties, failed.inputs, failed.inputs).replaces


def test_a_big_object_that_is_not_ready_fits_into_the_error(calls: Calls) -> None:
    inputs = inputs_of(MAP, annotations={"pulumi.com/waitFor": "condition=Never", "big": "x" * 300_000})
    failed = Started(calls, MAP, inputs, timeout=0.5).ended()
    assert isinstance(failed, NotInitialised) and len(failed.inputs["metadata"]["annotations"]["big"]) == 300_000
