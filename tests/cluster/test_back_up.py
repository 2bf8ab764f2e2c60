"""What the page on back-ups says, done as it says: a database is copied, loses something, and has it back."""

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import requests

from local import toolchain
from local.paths import KUBECONFIG, REPOSITORY
from tests.cluster.evidence import eventually, pods
from tests.cluster.platform import Platform

PAGE = REPOSITORY / "docs/how-to/back-up.md"
SERVERS = "app.kubernetes.io/component=server"


def commands() -> list[str]:
    """Of the page, in its order."""
    found = re.search(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return [line.removeprefix("$ ") for line in found[1].splitlines()]


def run(platform: Platform, folder: Path, command: str, pod: str = "") -> str:
    """In a shell, as somebody would who reads the page."""
    programs = toolchain.build(toolchain.CLUSTER, print)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "KUBECONFIG": str(KUBECONFIG)}
    there = re.sub(r"-n (\w+)", lambda found: f"-n {platform.namespace(found[1])}", command).replace("<pod>", pod)
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", there], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{there}: {done.stderr}"
    return done.stdout


def experiment(platform: Platform, verb: str, path: str, **said: Any) -> requests.Response:
    """Asked of the tracking server."""
    endpoint = platform.endpoint("mlflow")
    login = endpoint["username"], endpoint["password"]
    url = f"{endpoint['url']}/api/2.0/mlflow/experiments/{path}"
    return requests.request(verb, url, auth=login, timeout=30, **said)


def known(platform: Platform, name: str) -> bool:
    try:
        return experiment(platform, "GET", "get-by-name", params={"experiment_name": name}).ok
    except requests.ConnectionError:
        return False  # on its way up


def test_what_a_database_has_lost_comes_back_from_its_copy(platform: Platform, tmp_path: Path):
    name = f"kept-{time.time_ns()}"
    find, copy, stop, restore, start = commands()
    assert experiment(platform, "POST", "create", json={"name": name}).ok
    pod = run(platform, tmp_path, find).splitlines()[-1].split()[0]
    run(platform, tmp_path, copy, pod)
    loss = f"delete from experiments where name = '{name}'"
    run(platform, tmp_path, f'kubectl exec -n databases <pod> -- psql -c "{loss}" mlflow', pod)
    assert not known(platform, name)
    run(platform, tmp_path, stop)
    eventually(lambda: not pods(platform, "tracking", SERVERS), "the servers have gone")
    run(platform, tmp_path, restore, pod)
    run(platform, tmp_path, start)
    eventually(lambda: known(platform, name), "the experiment is there again")
