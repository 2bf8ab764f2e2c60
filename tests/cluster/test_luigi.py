"""Luigi as its users have it: runs started by kubectl, and the scheduler asked through its login."""

import json
import os
import subprocess
import sys
import uuid
from typing import Any

import pytest
import requests

from local.paths import KUBECONFIG
from tests.cluster.evidence import eventually, kill, model_versions, on_the_gpu_pool, pods, stored
from tests.cluster.platform import Platform

RUNS = "luigi-runs"


def start(platform: Platform, step: str, run: str = "") -> str:
    """Start a run, as docs/components/luigi.md tells."""
    run = run or f"{step}-{uuid.uuid4().hex[:6]}"
    platform.kubectl("create", "job", run, f"--from=cronjob/{step}", "-n", platform.namespace(RUNS))
    return run


def log(platform: Platform, run: str) -> str:
    """What the client of a run has said so far, or the clients, where one has taken another's place."""
    words = ["-l", f"batch.kubernetes.io/job-name={run}", "--tail=-1", "-n", platform.namespace(RUNS)]
    running = [pod for pod in pods(platform, RUNS, words[1]) if pod["status"]["phase"] != "Pending"]
    return platform.kubectl("logs", *words) if running else ""


def ended(platform: Platform, run: str) -> str | None:
    job = json.loads(platform.kubectl("get", "job", run, "-n", platform.namespace(RUNS), "-o", "json"))
    conditions = {one["type"] for one in job["status"].get("conditions", []) if one["status"] == "True"}
    return next((one for one in ("Complete", "Failed") if one in conditions), None)


def finish(platform: Platform, run: str, seconds: float = 600) -> str:
    return eventually(lambda: ended(platform, run), f"{run} has ended", seconds)


def exit_code(platform: Platform, run: str) -> int:
    (client,) = pods(platform, RUNS, f"batch.kubernetes.io/job-name={run}")
    return client["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"]


def step_pods(platform: Platform, step: str) -> list[dict[str, Any]]:
    return pods(platform, RUNS, f"app.kubernetes.io/component=step,app.kubernetes.io/instance={step}")


def ask(platform: Platform, path: str, **options: Any) -> requests.Response:
    endpoint = platform.endpoint("luigi")
    login = (endpoint["username"], endpoint["password"])
    return requests.get(f"{endpoint['url']}{path}", timeout=30, **{"auth": login, **options})


def call(platform: Platform, method: str, **arguments: Any) -> Any:
    return ask(platform, f"/api/{method}", params={"data": json.dumps(arguments)}).json()["response"]


def tasks(platform: Platform) -> dict[str, tuple[str, str]]:
    """Run -> id and status of its task, of all that the scheduler knows."""
    listed = call(platform, "task_list", status="", upstream_status="")
    return {task["params"]["name"]: (task_id, task["status"]) for task_id, task in listed.items()}


def is_up(platform: Platform) -> bool:
    try:
        return ask(platform, "/health").status_code == 200
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def broken(platform: Platform) -> str:
    """A run that fails meanwhile."""
    return start(platform, "broken")


@pytest.fixture(scope="module")
def trained(platform: Platform, broken: str) -> tuple[str, str]:
    """A run of the training step by examples/luigi, and what that has printed."""
    run, endpoint = f"training-{uuid.uuid4().hex[:6]}", platform.endpoint("luigi")
    told = {f"LUIGI_{key.upper()}": value for key, value in endpoint.items()}
    environment = {**os.environ, **told, "LUIGI_NAMESPACE": platform.namespace(RUNS), "KUBECONFIG": str(KUBECONFIG)}
    command = [sys.executable, "examples/luigi/run.py", "training", run]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return run, done.stdout


def test_a_step_with_a_gpu_runs_on_the_gpu_pool(platform: Platform):
    run = start(platform, "accelerated")
    eventually(lambda: any(on_the_gpu_pool(pod) for pod in step_pods(platform, "accelerated")), "it is on the pool")
    assert finish(platform, run) == "Complete"
    assert "has started on simulated-gpu-" in log(platform, run)


def test_a_run_ends_in_a_registered_model_a_marker_and_a_task_that_is_done(
    platform: Platform, trained: tuple[str, str]
):
    run, printed = trained
    assert finish(platform, run) == "Complete" and exit_code(platform, run) == 0
    newest = model_versions(platform)[0]["version"]
    assert f"[training] registered iris version {newest}" in printed, "the step's log, in its client's"
    assert stored(platform, f"luigi/runs/training/{run}") == [f"luigi/runs/training/{run}.json"]
    assert tasks(platform)[run][1] == "DONE"
    history = ask(platform, "/history/by_name/training").text
    assert run in history and "DONE" in history


def test_a_run_that_is_done_is_not_done_again(platform: Platform, trained: tuple[str, str]):
    run, _ = trained
    before = len(model_versions(platform))
    platform.kubectl("delete", "job", run, "-n", platform.namespace(RUNS))
    start(platform, "training", run)
    assert finish(platform, run) == "Complete" and "complete ones were encountered" in log(platform, run)
    assert len(model_versions(platform)) == before


def test_a_failing_step_is_tried_again_and_ends_visibly_failed(platform: Platform, broken: str):
    assert finish(platform, broken) == "Failed" and exit_code(platform, broken) == 30
    assert log(platform, broken).count("[broken] this step is broken") == 2
    task, status = tasks(platform)[broken]
    assert status == "DISABLED" and "ended with exit code 1" in str(call(platform, "fetch_error", task_id=task))
    history = ask(platform, "/history/by_name/broken").text
    assert broken in history and "FAILED" in history
    assert 'luigi_task_failed_total{family="broken"}' in ask(platform, "/metrics").text


def test_a_step_beyond_the_quota_says_so_and_goes_with_its_run(platform: Platform):
    place = ["-n", platform.namespace(RUNS)]
    platform.kubectl("create", "quota", "used-up", "--hard=requests.nvidia.com/gpu=0", *place)
    try:
        run = start(platform, "accelerated")
        eventually(lambda: "exceeded quota" in log(platform, run), "the client tells of the quota")
        assert not step_pods(platform, "accelerated")
        platform.kubectl("delete", "job", run, *place)
        eventually(lambda: run not in platform.kubectl("get", "jobs", *place), "the step's Job is gone as well")
    finally:
        platform.kubectl("delete", "quota", "used-up", *place)


def test_a_killed_client_is_replaced_and_the_next_one_takes_up_the_step(platform: Platform):
    run = start(platform, "slow")
    eventually(lambda: "second 3" in log(platform, run), "the step runs")
    (before,) = step_pods(platform, "slow")
    kill(platform, RUNS, f"batch.kubernetes.io/job-name={run}")
    eventually(lambda: "took up the Job" in log(platform, run), "the next client has the task")
    (now,) = step_pods(platform, "slow")
    assert now["metadata"]["uid"] == before["metadata"]["uid"]
    assert finish(platform, run) == "Complete" and "came to its end" in log(platform, run)


def test_a_run_outlives_a_killed_scheduler(platform: Platform):
    run = start(platform, "slow")
    eventually(lambda: "second 3" in log(platform, run), "the step runs")
    kill(platform, "luigi", "app.kubernetes.io/component=server")
    assert finish(platform, run) == "Complete" and log(platform, run).count("second 4") == 1
    assert tasks(platform)[run][1] == "DONE"
    assert run in ask(platform, "/history/by_name/slow").text


def test_the_schedulers_state_outlives_a_restart(platform: Platform):
    eventually(lambda: is_up(platform), "the scheduler answers")
    run = start(platform, "accelerated")
    finish(platform, run)
    known = tasks(platform)
    assert known[run][1] == "DONE"
    platform.kubectl("delete", "pods", "-n", platform.namespace("luigi"), "-l", "app.kubernetes.io/component=server")
    eventually(lambda: is_up(platform), "the scheduler answers again")
    assert tasks(platform) == known


@pytest.mark.parametrize("login", [None, ("luigi", "wrong"), ("nobody", "wrong")])
@pytest.mark.parametrize("path", ["/", "/static/visualiser/index.html", "/api/task_list", "/metrics", "/history"])
def test_whoever_does_not_log_in_is_refused(platform: Platform, path: str, login: tuple[str, str] | None):
    assert ask(platform, path, auth=login).status_code == 401


def test_whether_it_is_up_is_told_to_everybody(platform: Platform):
    assert ask(platform, "/health", auth=None).json() == {"response": {"enabled": True}}


@pytest.mark.parametrize("headers", [{}, {"Referer": "http://attacker.example/"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_page_of_another_site_changes_nothing_with_a_users_login(platform: Platform, headers: dict[str, str]):
    assert ask(platform, "/api/pause", headers=headers).status_code == 403
    assert ask(platform, "/api/is_paused").json() == {"response": {"paused": False}}


def test_its_own_page_may_change_things(platform: Platform):
    own = {"Referer": f"{platform.endpoint('luigi')['url']}/static/visualiser/index.html"}
    assert ask(platform, "/api/unpause", headers=own).status_code == 200


def test_the_password_stands_in_secrets_alone(platform: Platform):
    password = platform.endpoint("luigi")["password"]
    for layer in ("luigi", RUNS):
        kinds = "pods,jobs,cronjobs,statefulsets,configmaps,events"
        assert password not in platform.kubectl("get", kinds, "-n", platform.namespace(layer), "-o", "json")
