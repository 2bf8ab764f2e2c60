"""The flow that watches a step, on an API server of its own making. Prefect itself is in the image, not here."""

import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import components.pipelines.prefect as package

SOURCE = Path(package.__file__).with_name("flows") / "step.py"


class ApiException(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The flow's module, with stand-ins for what the image has."""

    def unchanged(*functions: Any, **_: Any) -> Any:
        return functions[0] if functions else unchanged

    prefect = SimpleNamespace(flow=unchanged, task=unchanged, runtime=None, get_run_logger=Told)
    kubernetes = SimpleNamespace(
        client=SimpleNamespace(ApiClient=None, BatchV1Api=lambda api: api, CoreV1Api=lambda api: api), config=None
    )
    monkeypatch.setitem(sys.modules, "prefect", prefect)
    monkeypatch.setitem(sys.modules, "kubernetes_asyncio", kubernetes)
    monkeypatch.setitem(sys.modules, "kubernetes_asyncio.client.exceptions", SimpleNamespace(ApiException=ApiException))
    monkeypatch.setenv("POD_NAMESPACE", "runs")
    spec = importlib.util.spec_from_file_location("step_flow", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.PAUSE = 0
    return module


class Told(list):
    """A run's log."""

    def info(self, words: str) -> None:
        self.append(words)

    warning = info

    def debug(self, *_: object) -> None:
        pass


class Api:
    """Answers one look after another; the last answer stays."""

    def __init__(self, *looks: dict[str, Any]) -> None:
        self.looks = list(looks)

    def now(self) -> dict[str, Any]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    async def read_namespaced_job(self, *_: str) -> Any:
        self.look = self.now()
        if status := self.look.get("away"):
            raise ApiException(status)
        over = [
            SimpleNamespace(type=kind, status="True", reason=reason, message=reason)
            for kind, reason in self.look.get("over", {}).items()
        ]
        return SimpleNamespace(status=SimpleNamespace(conditions=over))

    async def list_namespaced_pod(self, *_: str, **__: str) -> Any:
        if "phase" not in self.look:
            return SimpleNamespace(items=[])
        ended = SimpleNamespace(exit_code=self.look.get("exit", 0), reason="Error")
        container = SimpleNamespace(state=SimpleNamespace(terminated=ended, waiting=None))
        refusal = SimpleNamespace(type="PodScheduled", status="False", message=self.look.get("unplaced"))
        status = SimpleNamespace(
            phase=self.look["phase"],
            container_statuses=[container],
            conditions=[refusal] if refusal.message else None,
        )
        return SimpleNamespace(items=[SimpleNamespace(metadata=SimpleNamespace(name="pod"), status=status)])

    async def list_namespaced_event(self, *_: str, **__: str) -> Any:
        return SimpleNamespace(items=[SimpleNamespace(message=one) for one in self.look.get("events", [])])

    async def read_namespaced_pod_log(self, *_: str, **__: object) -> Any:
        chunks = self.look.get("log", [])

        async def some() -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk

        return SimpleNamespace(status=200, content=SimpleNamespace(iter_any=some))


def watched(step: ModuleType, *looks: dict[str, Any]) -> tuple[str | None, list[str]]:
    watch = step.Watched(Api(*looks), "training-abc")
    return asyncio.run(watch.end()), watch.log


DONE = {"phase": "Succeeded", "over": {"Complete": ""}}


def test_a_log_that_broke_off_is_taken_up_without_telling_a_line_twice(step: ModuleType):
    first = {"phase": "Running", "log": [b"1 one\n2 t", b"wo\n"]}
    failure, log = watched(step, first, {**DONE, "log": [b"1 one\n2 two\n3 three"]})
    assert failure is None and log == ["one", "two", "three"]


def test_a_line_may_be_of_any_length_and_need_not_be_text(step: ModuleType):
    _, log = watched(step, {**DONE, "log": [b"1 " + b"x" * 100_000, b"\xff\n"]})
    assert [len(line) for line in log] == [100_001]


def test_a_failed_step_tells_its_exit_code(step: ModuleType):
    failure, _ = watched(step, {"phase": "Failed", "exit": 3, "over": {"Failed": "BackoffLimitExceeded"}})
    assert failure == "the step ended with exit code 3 (Error)"


def test_a_step_that_is_cut_off_tells_that_it_took_too_long(step: ModuleType):
    failure, _ = watched(step, {"over": {"Failed": "DeadlineExceeded"}})
    assert failure == "DeadlineExceeded"


@pytest.mark.parametrize(
    "waiting",
    [
        {"events": [f'creating pods "{name}" is forbidden: exceeded quota' for name in "ab"]},
        {"phase": "Pending", "unplaced": "exceeded quota"},
    ],
    ids=["no pod", "no node"],
)
def test_why_a_step_waits_is_told_once(step: ModuleType, waiting: dict[str, Any]):
    _, log = watched(step, waiting, waiting, DONE)
    assert log == ["the step waits: exceeded quota"]


def test_a_kubernetes_api_that_is_away_for_a_while_costs_nothing(step: ModuleType):
    failure, log = watched(step, {"away": 503}, {"away": 503}, DONE)
    assert failure is None and log == ["the Kubernetes API is away: HTTP 503"]


def test_a_right_that_is_missing_is_no_reason_to_wait(step: ModuleType):
    with pytest.raises(ApiException):
        watched(step, {"away": 403}, DONE)
