"""MLRun as its users have it: its own client in the cluster, its REST API from outside, and the pods that it starts."""

import json
import time
from typing import Any

import pytest
import requests

from tests.cluster.evidence import eventually, kill, model_versions, on_the_gpu_pool, pods, stored
from tests.cluster.platform import REPOSITORY, Platform

RUNS, PROJECT = "mlrun-runs", "pipelines"


def call(platform: Platform, method: str, path: str, **options: Any) -> requests.Response:
    endpoint = platform.endpoint("mlrun")
    headers = {"Authorization": f"Bearer {endpoint['password']}"}
    return requests.request(method, f"{endpoint['url']}/api/v1{path}", timeout=60, **{"headers": headers, **options})


def start(platform: Platform, step: str) -> str:
    """The uid of a new run, started as the client starts it."""
    task = {"metadata": {"name": step, "project": PROJECT}, "spec": {"function": f"{PROJECT}/{step}"}}
    answer = call(platform, "POST", "/submit_job", json={"task": task})
    assert answer.ok, answer.text
    return answer.json()["data"]["metadata"]["uid"]


def state(platform: Platform, uid: str) -> str:
    try:
        answer = call(platform, "GET", f"/run/{PROJECT}/{uid}")
    except requests.ConnectionError:
        return "no answer"
    return answer.json()["data"]["status"].get("state", "") if answer.ok else "no answer"


def end(platform: Platform, uid: str, seconds: float = 600) -> str:
    ended = ("completed", "error", "aborted")
    return eventually(lambda: (now := state(platform, uid)) in ended and now, f"run {uid} has ended", seconds)


def log(platform: Platform, uid: str) -> str:
    return call(platform, "GET", f"/log/{PROJECT}/{uid}").text


def run_pods(platform: Platform, uid: str) -> list[dict[str, Any]]:
    return pods(platform, RUNS, f"mlrun/uid={uid}")


@pytest.fixture(scope="module")
def trained(platform: Platform) -> dict[str, str]:
    """What examples/mlrun/run.py says of the training run that it started, in a pod that has the client."""
    (chief,) = pods(platform, "mlrun", "app.kubernetes.io/component=chief")
    endpoint = platform.endpoint("mlrun")
    told = ["USER=tests", "MLRUN_IS_API_SERVER=false", "MLRUN_DBPATH=http://localhost:8080"]
    script = (
        f"export {' '.join(told)} MLRUN_AUTH_SESSION=$MLRUN_HTTPDB__AUTHENTICATION__BEARER__TOKEN; python - training"
    )
    words = ["exec", "-i", chief["metadata"]["name"], "-n", platform.namespace("mlrun"), "--", "sh", "-c", script]
    before = len(model_versions(platform))
    said = platform.kubectl(*words, feed=(REPOSITORY / "examples/mlrun/run.py").read_text())
    assert endpoint["password"] not in said
    return {**json.loads(said.strip().splitlines()[-1]), "before": str(before)}


def test_a_training_run_of_the_client_ends_in_a_registered_model(platform: Platform, trained: dict[str, str]):
    assert trained["state"] == "completed"
    assert len(model_versions(platform)) == int(trained["before"]) + 1


def test_the_log_of_a_run_is_in_mlrun(platform: Platform, trained: dict[str, str]):
    assert "registered iris version" in log(platform, trained["uid"])


def test_artefacts_of_a_project_are_in_the_bucket_under_its_name(platform: Platform, trained: dict[str, str]):
    bucket, _, key = trained["note"].removeprefix("s3://").partition("/")
    assert bucket == "pipelines" and key.startswith(f"mlrun/projects/{PROJECT}/artifacts/")
    assert stored(platform, key) == [key]


def test_a_failing_step_is_tried_again_and_then_shown_as_failed(platform: Platform):
    uid = start(platform, "broken")
    assert end(platform, uid) == "error"
    told = log(platform, uid)
    assert told.count("this step is broken") == 2 and "attempt 2 of 2 failed with exit code 1" in told


def test_a_run_outlives_the_chief(platform: Platform):
    uid = start(platform, "slow")
    eventually(lambda: any(pod["status"]["phase"] == "Running" for pod in run_pods(platform, uid)), "it runs")
    kill(platform, "mlrun", "app.kubernetes.io/component=chief")
    time.sleep(2)
    assert end(platform, uid) == "completed"
    assert "came to its end" in log(platform, uid)


def test_a_run_whose_pod_is_killed_is_shown_as_failed_and_can_be_started_again(platform: Platform):
    uid = start(platform, "slow")
    eventually(lambda: any(pod["status"]["phase"] == "Running" for pod in run_pods(platform, uid)), "it runs")
    kill(platform, RUNS, f"mlrun/uid={uid}")
    assert end(platform, uid) in ("error", "aborted")
    assert start(platform, "slow") != uid


def test_a_step_with_a_gpu_is_placed_on_the_gpu_pool_and_refused_beyond_the_quota(platform: Platform):
    # Played pods end at once on a simulated node, and their asks with them; so the quota is filled by hand.
    uid = start(platform, "accelerated")
    eventually(lambda: any(on_the_gpu_pool(pod) for pod in run_pods(platform, uid)), "it is on the pool")
    namespace = platform.namespace(RUNS)
    quota = json.loads(platform.kubectl("get", "resourcequota", "-n", namespace, "-o", "json"))["items"][0]
    name = quota["metadata"]["name"]
    platform.kubectl("patch", "resourcequota", name, "-n", namespace, "-p", _hard("0"))
    try:
        task = {"metadata": {"name": "accelerated", "project": PROJECT}, "spec": {"function": f"{PROJECT}/accelerated"}}
        answer = call(platform, "POST", "/submit_job", json={"task": task})
        assert "exceeded quota" in answer.text
    finally:
        platform.kubectl("patch", "resourcequota", name, "-n", namespace, "-p", _hard("2"))


def _hard(gpus: str) -> str:
    return json.dumps({"spec": {"hard": {"requests.nvidia.com/gpu": gpus}}})


def test_the_pods_of_runs_meet_the_restricted_level_and_carry_no_token(platform: Platform, trained: dict[str, str]):
    (pod,) = run_pods(platform, trained["uid"])
    (container,) = pod["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not any("token" in str(volume) for volume in pod["spec"]["volumes"])
    clear = {one["name"] for one in container["env"] if "value" in one}
    assert not {"AWS_SECRET_ACCESS_KEY", "MLFLOW_TRACKING_PASSWORD"} & clear


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YWRtaW46"}])
def test_whoever_has_no_token_is_refused(platform: Platform, headers: dict[str, str]):
    for path in ("/projects", f"/runs?project={PROJECT}", f"/func/{PROJECT}/training"):
        assert call(platform, "GET", path, headers=headers).status_code == 401


def test_nuclio_and_the_page_are_admitted_and_scheduled(platform: Platform):
    """Their images can't be had here, so played nodes stand in for their pods."""
    found = {pod["metadata"]["labels"]["app.kubernetes.io/name"]: pod for pod in pods(platform, "mlrun")}
    for app in ("nuclio", "mlrun-ui"):
        assert found[app]["spec"]["nodeName"].startswith("simulated"), app
    function = {
        "apiVersion": "nuclio.io/v1beta1",
        "kind": "NuclioFunction",
        "metadata": {"name": "echo", "namespace": platform.namespace(RUNS)},
        "spec": {"image": "registry.example/echo:1", "handler": "main:handler"},
    }
    assert "created" in platform.kubectl("create", "--dry-run=server", "-f", "-", feed=json.dumps(function))
