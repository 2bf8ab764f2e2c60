"""Airflow as its users have it: its REST API from outside the cluster, against real pods."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tests.cluster.evidence import eventually, kill, model_versions, on_the_gpu_pool, pods, stored
from tests.cluster.platform import Platform


class Api:
    """The REST API with a token of the administrator."""

    def __init__(self, platform: Platform) -> None:
        self.endpoint = platform.endpoint("airflow")
        self.session = requests.Session()
        # Whatever is killed in these tests is called again, as any client does.
        again = Retry(total=8, backoff_factor=1, status_forcelist=(502, 503), allowed_methods=("GET",))
        self.session.mount("http://", HTTPAdapter(max_retries=again))
        login = {key: self.endpoint[key] for key in ("username", "password")}
        answer = requests.post(f"{self.endpoint['url']}/auth/token", json=login, timeout=60)
        assert answer.status_code == 201, answer.text
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method: str, path: str, **options: Any) -> Any:
        answer = self.session.request(method, f"{self.endpoint['url']}/api/v2/{path}", timeout=60, **options)
        answer.raise_for_status()
        return answer.json()

    def start(self, dag: str) -> str:
        """The run's path."""
        run = self.call("POST", f"dags/{dag}/dagRuns", json={"logical_date": None})
        return f"dags/{dag}/dagRuns/{run['dag_run_id']}"

    def task(self, run: str) -> dict[str, Any]:
        return dict(self.call("GET", f"{run}/taskInstances/step"))

    def logged(self, run: str, attempt: int, text: str) -> None:
        """A log reaches the bucket a moment after the state of its task reaches the database."""
        path = f"{run}/taskInstances/step/logs/{attempt}"
        eventually(lambda: text in str(self.call("GET", path)), f"attempt {attempt} has logged {text!r}")

    def ended(self, run: str) -> str:
        def state() -> str | None:
            now = self.call("GET", run)["state"]
            return str(now) if now in {"success", "failed"} else None

        return str(eventually(state, f"{run} has ended", 600))


@pytest.fixture(scope="module")
def api(platform: Platform) -> Api:
    return Api(platform)


@pytest.fixture
def whole_quota(platform: Platform) -> Iterator[list[str]]:
    """Pods of the accelerated step, as Airflow has it, that hold all GPUs which the quota admits."""
    namespace = platform.namespace("airflow-runs")
    maps = json.loads(platform.kubectl("get", "configmaps", "-n", namespace, "-o", "json"))["items"]
    (manifest,) = (one["data"]["accelerated.pod.json"] for one in maps if "accelerated.pod.json" in one["data"])
    pod, names = json.loads(manifest), ["holder-1", "holder-2"]
    for name in names:
        pod["metadata"] |= {"name": name, "labels": {**pod["metadata"]["labels"], "dag_id": "holder"}}
        platform.kubectl("apply", "-f", "-", feed=json.dumps(pod))
    yield names
    platform.kubectl("delete", "pods", "-n", namespace, "-l", "dag_id=holder", "--ignore-not-found")


def step_pods(platform: Platform, dag: str) -> list[dict[str, Any]]:
    return pods(platform, "airflow-runs", f"app.kubernetes.io/component=step,dag_id={dag}")


def test_whoever_does_not_log_in_is_refused(platform: Platform):
    url = platform.endpoint("airflow")["url"]
    assert requests.get(f"{url}/api/v2/dags", timeout=60).status_code == 401
    forged = {"Authorization": "Bearer forged"}
    assert requests.get(f"{url}/api/v2/dags", headers=forged, timeout=60).status_code in {401, 403}
    login = {"username": "admin", "password": "wrong"}
    assert requests.post(f"{url}/auth/token", json=login, timeout=60).status_code == 401


def test_every_part_is_healthy(api: Api):
    def healthy() -> bool:
        health = api.call("GET", "monitor/health")
        return all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "triggerer"))

    eventually(healthy, "all parts are healthy")


def test_every_step_is_offered_as_a_dag_that_is_ready_to_be_started(api: Api):
    def listed() -> dict[str, bool]:
        return {dag["dag_id"]: dag["is_paused"] for dag in api.call("GET", "dags")["dags"]}

    wanted = {"training", "broken", "slow", "accelerated"}
    eventually(lambda: wanted <= listed().keys(), "the DAGs are read")
    assert not any(listed()[dag] for dag in wanted)
    assert api.call("GET", "importErrors")["total_entries"] == 0


def test_the_training_step_ends_in_a_registered_model_with_its_log_in_the_bucket(platform: Platform):
    before, logs = len(model_versions(platform)), "airflow/logs/dag_id=training/"
    kept = set(stored(platform, logs))
    told = {f"AIRFLOW_{key.upper()}": value for key, value in platform.endpoint("airflow").items()}
    client = [sys.executable, "examples/airflow/run.py", "training"]
    done = subprocess.run(client, env={**os.environ, **told}, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "registered iris version" in done.stdout
    assert len(model_versions(platform)) == before + 1
    assert set(stored(platform, logs)) - kept, "the log outlives the pods"
    assert stored(platform, "airflow/data/iris.csv"), "what the step itself keeps in the bucket"
    eventually(lambda: not step_pods(platform, "training"), "the pod of a step is removed once its log is kept")


def test_a_failing_step_is_tried_again_and_then_visibly_failed(api: Api):
    run = api.start("broken")
    assert api.ended(run) == "failed"
    task = api.task(run)
    assert (task["state"], task["try_number"]) == ("failed", 2)
    for attempt in (1, 2):
        api.logged(run, attempt, "this step is broken")


def test_a_run_outlives_killed_servers(platform: Platform, api: Api):
    run = api.start("slow")
    eventually(lambda: step_pods(platform, "slow"), "the step's pod is there", 300)
    kill(platform, "airflow", "app.kubernetes.io/component in (api-server, scheduler)")
    assert api.ended(run) == "success"
    api.logged(run, api.task(run)["try_number"], "came to its end")


def test_a_task_whose_pod_is_killed_is_tried_again(platform: Platform, api: Api):
    run = api.start("slow")
    eventually(lambda: step_pods(platform, "slow"), "the step's pod is there", 300)
    kill(platform, "airflow-runs", "app.kubernetes.io/component=worker,dag_id=slow")
    assert api.ended(run) == "success"
    assert api.task(run)["try_number"] == 2
    api.logged(run, 2, "came to its end")


def test_a_step_for_the_gpu_pool_is_refused_beyond_the_quota_and_lands_there_within_it(
    platform: Platform, api: Api, whole_quota: list[str]
):
    eventually(lambda: all(map(on_the_gpu_pool, step_pods(platform, "holder"))), "the quota is used up on the pool")
    run = api.start("accelerated")
    eventually(lambda: api.task(run)["state"] == "up_for_retry", "the step is refused", 300)
    platform.kubectl("delete", "pods", "-n", platform.namespace("airflow-runs"), *whole_quota)
    api.logged(run, 1, "exceeded quota")
    # The node is simulated: no step comes to an end there, and Airflow finds no log.
    assert api.ended(run) == "failed"
    api.logged(run, 2, "to simulated-gpu-")


def test_tasks_hold_neither_the_database_nor_the_keys_of_the_servers(platform: Platform, api: Api):
    namespace = platform.namespace("airflow-runs")
    held = platform.kubectl("get", "secrets", "-n", namespace, "-o", "json")
    assert "AWS_SECRET_ACCESS_KEY" in held
    for key in ("PGPASSWORD", "FERNET", "JWT", "SESSION", "ADMIN_PASSWORD"):
        assert key not in held
