"""What `make train` starts: a step of the stack, by the client that an engine's users have, or an MLflow Project."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from local.environment import Surroundings, model
from local.errors import LocalError
from local.paths import REPOSITORY

ENGINES = ("argo", "airflow", "prefect", "luigi", "mlrun")

Endpoint = Mapping[str, str]
Endpoints = Mapping[str, Endpoint]
Start = tuple[Path, list[str], dict[str, str]]
"""A program of examples/, its arguments after the step, and its environment."""


def run_project(here: Surroundings, stack: str, name: str, patience: float = 600) -> None:
    """Run a project of the stack once, show the end of its log, and raise LocalError where it fails.

    `patience` is in seconds.
    """
    environment = model(stack)
    if name not in environment.projects:
        raise LocalError(f"the stack {stack} has no project {name}", "add it under `projects:`, or take an ENGINE")
    job, within = f"{name}-{int(time.time())}", ("-n", environment.projects_namespace)
    here.kubectl(*within, "create", "job", job, f"--from=cronjob/{name}")
    ended = _end_of_job(here, within, job, patience)
    if ended == "Complete":
        here.kubectl(*within, "logs", f"job/{job}", "--tail=5")
        return
    # There may be no pod any more; that it has failed is what matters.
    with suppress(LocalError):
        here.kubectl(*within, "logs", f"job/{job}", "--tail=30")
    told = "has failed" if ended else f"hasn't ended in {patience:.0f} s"
    raise LocalError(f"the job {job} {told}", "the end of its log is above, if it has one; `make status` has its pods")


def _end_of_job(here: Surroundings, within: tuple[str, str], job: str, patience: float) -> str | None:
    """How it has ended, `Complete` or `Failed`; `kubectl wait` can wait for one of these alone."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = json.loads(here.kubectl_output(*within, "get", "job", job, "-o", "json"))
        for one in found["status"].get("conditions") or ():
            if one["status"] == "True" and one["type"] in ("Complete", "Failed"):
                return str(one["type"])
        time.sleep(1)
    return None


def train(here: Surroundings, stack: str, endpoints: Endpoints, engine: str, step: str) -> None:
    """Run that step on that engine of the stack, show what it says, and raise LocalError where it fails."""
    if engine not in endpoints:
        on = ", ".join(name for name in ENGINES if name in endpoints) or "none of them"
        raise LocalError(f"there is no engine {engine!r} in this stack", f"take one that is on: {on}")
    endpoint, settings = endpoints[engine], getattr(model(stack), engine)
    if engine in _IN_ITS_POD:
        component, script, setting = _IN_ITS_POD[engine]
        pod = here.kubectl_output(
            *("get", "pods", "-n", settings.namespace, "-l", f"app.kubernetes.io/component={component}"),
            *("--field-selector=status.phase=Running", "-o", "name"),
        ).split()[0]
        # The pod has the client and its login; what goes to standard input is the program alone.
        here.kubectl(
            *("exec", "-i", "-n", settings.namespace, pod, "--"),
            *("sh", "-c", f"{setting} exec python - {shlex.quote(step)}"),
            feed=(REPOSITORY / script).read_text(encoding="utf-8"),
        )
        return
    program, arguments, environment = _FROM_HERE[engine](here, endpoint, step, settings.runs_namespace)
    command = [sys.executable, str(REPOSITORY / program), step, *arguments]
    if subprocess.run(command, env={**os.environ, "KUBECONFIG": here.kubeconfig, **environment}).returncode:
        raise LocalError(f"the step {step} has failed on {engine}", "its log is above")


def _argo(here: Surroundings, endpoint: Endpoint, step: str, runs: str) -> Start:
    token = here.kubectl_output(*shlex.split(endpoint["token"])[1:]).strip()
    known = {"ARGO_SERVER": endpoint["url"], "ARGO_TOKEN": token, "ARGO_NAMESPACE": runs, "ARGO_INSECURE": "yes"}
    return Path("examples/argo/run.py"), [], known


def _airflow(here: Surroundings, endpoint: Endpoint, step: str, runs: str) -> Start:
    return Path("examples/airflow/run.py"), [], _login("AIRFLOW", endpoint)


def _luigi(here: Surroundings, endpoint: Endpoint, step: str, runs: str) -> Start:
    run = f"{step}-{int(time.time())}"
    return Path("examples/luigi/run.py"), [run], {**_login("LUIGI", endpoint), "LUIGI_NAMESPACE": runs}


def _login(system: str, endpoint: Endpoint) -> dict[str, str]:
    return {f"{system}_{key.upper()}": endpoint[key] for key in ("url", "username", "password")}


_FROM_HERE = {"argo": _argo, "airflow": _airflow, "luigi": _luigi}
_IN_ITS_POD = {
    "prefect": ("worker", Path("examples/prefect/run_step.py"), ""),
    "mlrun": (
        "chief",
        Path("examples/mlrun/run.py"),
        # The client notes who asks, and the numeric user has no entry in the image's passwd.
        "USER=mlrun MLRUN_IS_API_SERVER=false MLRUN_DBPATH=http://localhost:8080 "
        "MLRUN_AUTH_SESSION=$MLRUN_HTTPDB__AUTHENTICATION__BEARER__TOKEN",
    ),
}
"""Clients whose packages are as large as their servers: engine -> the part whose image has it, program, settings."""
