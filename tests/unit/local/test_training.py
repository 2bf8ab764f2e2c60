"""Starting the example on an engine: by whose client, with which login, and where that login may not be seen."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from local import training
from local.environment import Surroundings
from local.errors import LocalError

LOGIN = {"url": "http://127.0.0.1:30001", "username": "admin", "password": "sesame"}
ENDPOINTS = {
    "argo": {"url": "https://127.0.0.1:30002", "token": "kubectl create token argo-user --namespace argo-runs"},
    **{engine: LOGIN for engine in ("airflow", "luigi", "prefect", "mlrun")},
}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[list[str], dict[str, Any]]]:
    """The commands that were started; each succeeds, and prints one word."""
    heard: list[tuple[list[str], dict[str, Any]]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        heard.append((command, options))
        return subprocess.CompletedProcess(command, 0, stdout="pod/one\n", stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(Surroundings, "_kubectl", lambda self: ["kubectl"])
    return heard


@pytest.mark.parametrize("engine", training.ENGINES)
def test_every_engine_runs_its_own_example_and_no_password_is_on_a_command_line(
    engine: str, ran: list[tuple[list[str], dict[str, Any]]]
):
    training.train(Surroundings(None, False), ENDPOINTS, engine, "training")
    command, options = ran[-1]
    program = options.get("input") or Path(command[1]).read_text()
    assert program == next(Path("examples", engine).glob("run*.py")).read_text()
    assert "sesame" not in " ".join(word for line, _ in ran for word in line)


def test_an_engine_that_is_off_is_named_with_those_that_are_on():
    with pytest.raises(LocalError, match=r"no engine 'mlrun'.*airflow"):
        training.train(Surroundings(None, False), {"airflow": LOGIN, "mlflow": LOGIN}, "mlrun", "training")


def test_a_step_that_fails_fails_the_command(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    with pytest.raises(LocalError, match="the step training has failed on airflow"):
        training.train(Surroundings(None, False), ENDPOINTS, "airflow", "training")
