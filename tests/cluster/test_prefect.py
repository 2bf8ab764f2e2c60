"""Prefect as its users have it: its own client in the cluster, its API from outside, real pods for every run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cluster.evidence import eventually, kill, model_versions, on_the_gpu_pool, pods, stored
from tests.cluster.platform import Platform
from tests.cluster.prefect_api import PrefectApi

SERVERS, RUNS = "prefect", "prefect-runs"
PART = "app.kubernetes.io/component"


@pytest.fixture(scope="module")
def api(platform: Platform) -> PrefectApi:
    return PrefectApi.of(platform)


def in_the_image(platform: Platform, program: Path, *words: str) -> str:
    """What a program prints that uses Prefect's own client, where there is one with a login: in the worker's pod."""
    workers = pods(platform, SERVERS, f"{PART}=worker")
    worker = next(pod["metadata"]["name"] for pod in workers if "deletionTimestamp" not in pod["metadata"])
    command = ["exec", "-i", "-n", platform.namespace(SERVERS), worker, "--", "python", "-", *words]
    return platform.kubectl(*command, feed=program.read_text())


def jobs(platform: Platform, run: str) -> list[dict[str, Any]]:
    """The pods that steps of a run were given."""
    return pods(platform, RUNS, f"mlops/flow-run={run}")


def names(found: list[dict[str, Any]]) -> set[str]:
    return {one["metadata"]["name"] for one in found}


@contextmanager
def all_gpus_taken(platform: Platform, pod: dict[str, Any]) -> Iterator[None]:
    """By a pod like that one, which asks for all that the quota of the tests admits."""
    spec = {key: pod["spec"][key] for key in ("tolerations", "nodeSelector", "securityContext")}
    (container,) = pod["spec"]["containers"]
    kept = {key: container[key] for key in ("name", "image", "securityContext")}
    spec["containers"] = [{**kept, "resources": {"limits": {"nvidia.com/gpu": "2", "memory": "64Mi"}}}]
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "holder"}, "spec": spec}
    place = ["-n", platform.namespace(RUNS)]
    platform.kubectl("apply", *place, "-f", "-", feed=json.dumps(manifest))
    try:
        yield
    finally:
        platform.kubectl("delete", "pod", "holder", *place, "--wait=false")


def test_the_training_step_runs_by_the_real_client_and_ends_in_a_registered_model(platform: Platform, api: PrefectApi):
    before = model_versions(platform)
    printed = in_the_image(platform, Path("examples/prefect/run_step.py"), "training").splitlines()
    after = model_versions(platform)
    assert len(after) == len(before) + 1
    assert f"registered iris version {after[0]['version']}" in printed, "the step's own output"
    assert printed[-1].endswith("of training: Completed")
    assert stored(platform, "prefect/data/iris.csv")


def test_a_failing_step_is_tried_again_and_then_seen_to_have_failed(api: PrefectApi):
    run = api.start("broken")
    state = api.ended(run)
    assert state["type"] == "FAILED" and "exit code 1" in state["message"]
    (task,) = api.tasks(run)
    assert task["run_count"] == 2
    # What a run prints is sent in batches, the last one after its end.
    eventually(lambda: api.log(run).count("this step is broken") == 2, "both attempts' output")


@pytest.mark.parametrize("login", [None, ("admin", "wrong"), ("nobody", "")])
def test_whoever_does_not_log_in_is_refused(api: PrefectApi, login: tuple[str, str] | None):
    assert requests.get(f"{api.url}/admin/version", auth=login, timeout=30).status_code == 401
    # Without a token against forged requests, which only those who logged in can get, it does not even ask who it is.
    assert requests.post(f"{api.url}/flow_runs/filter", json={}, auth=login, timeout=30).status_code == 403
    assert requests.get(f"{api.url}/csrf-token?client=me", auth=login, timeout=30).status_code == 401


def test_a_forged_request_of_a_page_elsewhere_is_refused(api: PrefectApi):
    forged = requests.post(f"{api.url}/flow_runs/filter", json={}, auth=api.login, timeout=30)
    assert forged.status_code == 403 and "CSRF" in forged.text
    asked = {"Origin": "http://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answer = requests.options(f"{api.url}/flow_runs/filter", headers=asked, timeout=30)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_page_calls_the_api_of_the_address_that_it_came_from(api: PrefectApi):
    settings = requests.get(api.url.removesuffix("/api") + "/ui-settings", timeout=30).json()
    assert settings["api_url"] == "/api" and settings["auth"] == "BASIC" and settings["csrf_enabled"]


@pytest.mark.parametrize("variable", ["namespace", "service_account_name", "image", "env", "job_manifest"])
def test_a_run_cannot_choose_whose_rights_its_pod_has(api: PrefectApi, variable: str):
    chosen = {"state": {"type": "SCHEDULED"}, "job_variables": {variable: "other"}}
    answer = api.post(f"deployments/{api.deployment('broken')}/create_flow_run", chosen)
    assert answer.status_code in {409, 422} and variable in answer.text


def test_no_password_stands_in_any_pod_or_job(platform: Platform, api: PrefectApi):
    for layer in (SERVERS, RUNS):
        everything = platform.kubectl("get", "pods,jobs,configmaps", "-n", platform.namespace(layer), "-o", "yaml")
        assert api.login[1] not in everything


def test_a_run_outlives_the_worker_that_started_it_and_the_server_it_reports_to(platform: Platform, api: PrefectApi):
    run = api.start("slow")
    api.says(run, "second 2")
    kill(platform, SERVERS, f"{PART} in (worker,server)")
    assert api.ended(run)["type"] == "COMPLETED"
    api.says(run, "came to its end")
    assert api.log(run).count("came to its end") == 1


def test_a_run_whose_pod_is_killed_leaves_nothing_behind_and_ends_right_by_itself_or_when_retried(
    platform: Platform, api: PrefectApi
):
    run = api.start("slow")
    api.says(run, "second 2")
    (first,) = jobs(platform, run)
    kill(platform, RUNS, f"{PART}=flow,prefect.io/flow-run-id={run}")
    eventually(lambda: first["metadata"]["name"] not in names(jobs(platform, run)), "the step goes with its watcher")
    # With a moment left to speak, the pod has the run scheduled anew; without one, the worker finds it crashed.
    if api.ended(run)["type"] == "CRASHED":
        api.set_state(run, "SCHEDULED", "AwaitingRetry")
        eventually(lambda: api.state(run)["type"] != "CRASHED", "the run is scheduled again")
    assert api.ended(run)["type"] == "COMPLETED"


def test_a_step_with_a_gpu_lands_on_the_pool_and_beyond_the_quota_it_waits_says_why_and_can_be_cancelled(
    platform: Platform, api: PrefectApi
):
    run = api.start("accelerated")
    assert api.ended(run)["type"] == "COMPLETED"
    (pod,) = jobs(platform, run)
    assert on_the_gpu_pool(pod)
    with all_gpus_taken(platform, pod):
        waiting = api.start("accelerated")
        api.says(waiting, "exceeded quota")
        api.set_state(waiting, "CANCELLING", "Cancelling")
        assert api.ended(waiting)["type"] == "CANCELLED"
    words = ["get", "jobs", "-n", platform.namespace(RUNS), "-l", f"mlops/flow-run={waiting}", "-o", "name"]
    eventually(lambda: not platform.kubectl(*words), "the step's Job goes with its run")


def test_the_work_pool_is_ready_while_a_worker_polls(api: PrefectApi):
    eventually(lambda: api.get("work_pools/kubernetes")["status"] == "READY", "the work pool is ready")
