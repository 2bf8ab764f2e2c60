"""A step of the stack, started on an engine by the client that its users have: `make train ENGINE=... STEP=...`."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from local.environment import Surroundings
from local.errors import LocalError
from local.paths import REPOSITORY

ENGINES = ("argo", "airflow", "prefect", "luigi", "mlrun")

Endpoints = Mapping[str, Mapping[str, str]]


def train(here: Surroundings, endpoints: Endpoints, engine: str, step: str) -> None:
    """Run that step on that engine, show what it says, and raise LocalError where it fails."""
    if engine not in endpoints:
        on = ", ".join(name for name in ENGINES if name in endpoints) or "none of them"
        raise LocalError(f"there is no engine {engine!r} in this stack", f"take one that is on: {on}")
    endpoint = endpoints[engine]
    if engine in _IN_ITS_POD:
        component, script, setting = _IN_ITS_POD[engine]
        pod = here.kubectl_output(
            *("get", "pods", "-n", engine, "-l", f"app.kubernetes.io/component={component}"),
            *("--field-selector=status.phase=Running", "-o", "name"),
        ).split()[0]
        # The pod has the client and its login; what goes to standard input is the program alone.
        here.kubectl(
            *("exec", "-i", "-n", engine, pod, "--", "sh", "-c", f"{setting} exec python - {shlex.quote(step)}"),
            feed=(REPOSITORY / script).read_text(encoding="utf-8"),
        )
        return
    program, arguments, environment = _FROM_HERE[engine](here, endpoint, step)
    command = [sys.executable, str(REPOSITORY / program), step, *arguments]
    if subprocess.run(command, env={**os.environ, "KUBECONFIG": str(here.kubeconfig), **environment}).returncode:
        raise LocalError(f"the step {step} has failed on {engine}", "its log is above")


def _argo(here: Surroundings, endpoint: Mapping[str, str], step: str) -> tuple[Path, list[str], dict[str, str]]:
    token = here.kubectl_output(*shlex.split(endpoint["token"])[1:]).strip()
    known = {"ARGO_SERVER": endpoint["url"], "ARGO_TOKEN": token, "ARGO_NAMESPACE": "argo-runs", "ARGO_INSECURE": "yes"}
    return Path("examples/argo/run.py"), [], known


def _airflow(here: Surroundings, endpoint: Mapping[str, str], step: str) -> tuple[Path, list[str], dict[str, str]]:
    return Path("examples/airflow/run.py"), [], _login("AIRFLOW", endpoint)


def _luigi(here: Surroundings, endpoint: Mapping[str, str], step: str) -> tuple[Path, list[str], dict[str, str]]:
    run = f"{step}-{int(time.time())}"
    return Path("examples/luigi/run.py"), [run], {**_login("LUIGI", endpoint), "LUIGI_NAMESPACE": "luigi-runs"}


def _login(system: str, endpoint: Mapping[str, str]) -> dict[str, str]:
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
