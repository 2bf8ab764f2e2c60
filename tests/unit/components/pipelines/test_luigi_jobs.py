"""How Luigi's client drives a step's Job, against an API that is played."""

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import kubernetes
import pytest
import urllib3
from kubernetes.client import ApiException

BODY = {"metadata": {"labels": {"app": "step"}}, "spec": {}}


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The file as it is in the client's pod, where it is no part of any package."""
    path = Path("components/pipelines/luigi/tasks/cluster_job.py")
    spec = importlib.util.spec_from_file_location("cluster_job", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    monkeypatch.setattr(loaded, "POLL_SECONDS", 0)
    monkeypatch.setattr(kubernetes.config, "load_incluster_config", lambda: None)
    return loaded


def condition(kind: str) -> SimpleNamespace:
    return SimpleNamespace(type=kind, status="True", reason="BackoffLimitExceeded", message="it has failed")


def pod(phase: str = "Running", exit_code: int | None = None, waiting: Any = None) -> SimpleNamespace:
    terminated = exit_code is not None and SimpleNamespace(exit_code=exit_code, reason="Error")
    container = SimpleNamespace(state=SimpleNamespace(terminated=terminated, waiting=waiting))
    return SimpleNamespace(
        metadata=SimpleNamespace(name="step-pod", creation_timestamp=1),
        spec=SimpleNamespace(node_name="node-1"),
        status=SimpleNamespace(phase=phase, container_statuses=[container], conditions=[]),
    )


@dataclass
class Cluster:
    """What the API answers: to each look at the Job the next of `ends`, to each look at the log the next of `logs`."""

    ends: list[str | None]
    logs: list[Any] = field(default_factory=list)
    pod: SimpleNamespace | None = field(default_factory=pod)
    events: list[str] = field(default_factory=list)
    there: bool = False
    deleted: int = 0

    def create_namespaced_job(self, namespace: str, body: dict, **_: Any) -> None:
        if self.there:
            raise ApiException(status=409)
        self.there = True

    def read_namespaced_job(self, name: str, namespace: str, **_: Any) -> SimpleNamespace:
        if not self.there:
            raise ApiException(status=404)
        end = self.ends.pop(0)
        return SimpleNamespace(status=SimpleNamespace(conditions=[condition(end)] if end else None))

    def delete_namespaced_job(self, name: str, namespace: str, **_: Any) -> None:
        self.there, self.deleted = False, self.deleted + 1

    def list_namespaced_pod(self, namespace: str, **_: Any) -> SimpleNamespace:
        return SimpleNamespace(items=[self.pod] if self.pod else [])

    def list_namespaced_event(self, namespace: str, **_: Any) -> SimpleNamespace:
        version = SimpleNamespace(resource_version="7")
        return SimpleNamespace(items=[SimpleNamespace(message=text, metadata=version) for text in self.events])

    def read_namespaced_pod_log(self, name: str, namespace: str, **_: Any) -> SimpleNamespace:
        answer = self.logs.pop(0) if self.logs else []
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(stream=lambda *_, **__: _parts(answer))


def _parts(answer: list[Any]) -> Any:
    for part in answer:
        if isinstance(part, Exception):
            raise part
        yield part


@pytest.fixture
def job(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a job on a played cluster; what it says comes back with it."""

    def make(cluster: Cluster) -> tuple[Any, list[str]]:
        monkeypatch.setattr(kubernetes.client, "BatchV1Api", lambda: cluster)
        monkeypatch.setattr(kubernetes.client, "CoreV1Api", lambda: cluster)
        said: list[str] = []
        return module.ClusterJob("the-job", "runs", BODY, said.append), said

    return make


def test_a_success_shows_the_log_and_leaves_the_job_until_it_is_told_to_remove_it(job: Any):
    cluster = Cluster(ends=[None, "Complete"], logs=[[b"one\ntw", b"o\n"]])
    made, said = job(cluster)
    made.run()
    assert said == ["started the Job the-job", "its pod step-pod has started on node-1", "one", "two"]
    assert cluster.there
    made.remove()
    assert not cluster.there


def test_a_log_that_is_cut_off_goes_on_where_it_ended(job: Any):
    cut = [b"one\n", urllib3.exceptions.ReadTimeoutError(None, "", "")]
    made, said = job(Cluster(ends=[None, "Complete"], logs=[cut, [b"one\ntwo\n"]]))
    made.run()
    assert said[2:] == ["one", "two"]


def test_a_failure_tells_the_exit_code_and_makes_room_for_the_next_attempt(module: ModuleType, job: Any):
    cluster = Cluster(ends=["Failed"], pod=pod("Failed", exit_code=3))
    made, _ = job(cluster)
    with pytest.raises(module.JobFailed, match=r"exit code 3 \(Error\); BackoffLimitExceeded"):
        made.run()
    assert cluster.deleted == 1


def test_a_job_that_an_earlier_client_has_started_is_taken_up(job: Any):
    made, said = job(Cluster(ends=["Complete"], there=True))
    made.run()
    assert said[0] == "took up the Job the-job, which an earlier client has started"


def test_a_job_that_somebody_deletes_has_failed(module: ModuleType, job: Any):
    cluster = Cluster(ends=[])
    made, _ = job(cluster)
    cluster.create_namespaced_job = lambda *_, **__: None
    with pytest.raises(module.JobFailed, match="somebody has deleted"):
        made.run()


def test_what_keeps_a_pod_from_being_made_is_told_once(job: Any):
    made, said = job(Cluster(ends=[None, None, "Complete"], pod=None, events=["exceeded quota: gpus"]))
    made.run()
    assert said == ["started the Job the-job", "exceeded quota: gpus"]


def test_a_log_that_cannot_be_read_does_not_fail_the_step(job: Any):
    missing = ApiException(status=404, reason="Not Found")
    made, said = job(Cluster(ends=[None, "Complete"], logs=[missing, missing]))
    made.run()
    assert said[-1] == "the log of step-pod can't be read: Not Found"


def test_trouble_with_the_api_leaves_the_job_to_the_next_attempt(job: Any):
    cluster = Cluster(ends=[None])
    made, _ = job(cluster)
    cluster.list_namespaced_pod = lambda *_, **__: (_ for _ in ()).throw(ApiException(status=503))
    with pytest.raises(ApiException):
        made.run()
    assert cluster.there and not cluster.deleted
