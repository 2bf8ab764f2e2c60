"""Starting the example on an engine: by whose client, with which login, and where that login may not be seen."""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
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
    monkeypatch.setattr(Surroundings, "_kubectl", lambda self: "kubectl")
    return heard


@pytest.mark.parametrize("engine", training.ENGINES)
def test_every_engine_runs_its_own_example_and_no_password_is_on_a_command_line(
    engine: str, ran: list[tuple[list[str], dict[str, Any]]]
):
    training.train(Surroundings(None, False), "local", ENDPOINTS, engine, "training")
    command, options = ran[-1]
    program = options.get("input") or Path(command[1]).read_text()
    assert program == next(Path("examples", engine).glob("run*.py")).read_text()
    assert "sesame" not in " ".join(word for line, _ in ran for word in line)


def test_an_engine_that_is_off_is_named_with_those_that_are_on():
    with pytest.raises(LocalError, match=r"no engine 'mlrun'.*airflow"):
        training.train(Surroundings(None, False), "local", {"airflow": LOGIN, "mlflow": LOGIN}, "mlrun", "training")


def test_a_step_that_fails_fails_the_command(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    with pytest.raises(LocalError, match="the step training has failed on airflow"):
        training.train(Surroundings(None, False), "local", ENDPOINTS, "airflow", "training")


@pytest.mark.parametrize("engine", training.ENGINES)
def test_a_step_runs_in_the_namespaces_that_the_stack_file_says(
    engine: str, ran: list[tuple[list[str], dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
):
    settings = SimpleNamespace(namespace="own-place", runs_namespace="own-runs")
    monkeypatch.setattr(training, "model", lambda stack: SimpleNamespace(**{engine: settings}))
    training.train(Surroundings(None, False), "team-a", ENDPOINTS, engine, "training")
    command, options = ran[-1]
    known = {*command, *options["env"].values()}
    assert f"{engine}-runs" not in known and engine not in known
    assert engine == "airflow" or {"own-place", "own-runs"} & known


@dataclass
class Jobs:
    """A cluster in which a project's job comes to one end, or to none."""

    end: str = ""
    has_pods: bool = True
    said: list[tuple[str, ...]] = field(default_factory=list)

    def kubectl(self, *words: str, feed: str | None = None) -> None:
        self.said.append(words)
        if "logs" in words and not self.has_pods:
            raise LocalError("kubectl logs failed", "its message is above")

    def kubectl_output(self, *words: str) -> str:
        self.said.append(words)
        conditions = [{"type": "Suspended", "status": "False"}, {"type": self.end, "status": "True"}]
        return json.dumps({"status": {"conditions": conditions} if self.end else {}})


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> None:
    found = SimpleNamespace(projects={"training": None}, projects_namespace="own-projects")
    monkeypatch.setattr(training, "model", lambda stack: found)


def test_a_project_that_ends_well_shows_the_end_of_its_log(stack: None):
    jobs = Jobs("Complete")
    training.run_project(jobs, "team-a", "training")
    assert {words[:2] for words in jobs.said} == {("-n", "own-projects")}
    assert jobs.said[0][2:4] == ("create", "job") and jobs.said[-1][2] == "logs"


@pytest.mark.parametrize("has_pods", [True, False])
def test_a_project_that_fails_is_told_at_once_with_the_end_of_its_log(stack: None, has_pods: bool):
    jobs = Jobs("Failed", has_pods)
    with pytest.raises(LocalError, match=r"the job training-\d+ has failed: the end of its log is above"):
        training.run_project(jobs, "team-a", "training")
    assert jobs.said[-1][2] == "logs"


def test_a_project_that_comes_to_no_end_is_given_up(stack: None, monkeypatch: pytest.MonkeyPatch):
    clock = iter(range(0, 10_000, 100))
    monkeypatch.setattr(training.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(training.time, "sleep", lambda _: None)
    with pytest.raises(LocalError, match="hasn't ended in 600 s"):
        training.run_project(Jobs(), "team-a", "training")


def test_a_project_that_the_stack_has_not_is_told_before_anything_is_asked(stack: None):
    jobs = Jobs()
    with pytest.raises(LocalError, match="the stack team-a has no project ranking"):
        training.run_project(jobs, "team-a", "ranking")
    assert not jobs.said
