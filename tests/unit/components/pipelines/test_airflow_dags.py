"""The DAGs of the platform's steps, in the words of Airflow, which itself is only in its image."""

import json
import runpy
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from components.pipelines.airflow import tasks


class Dag:
    def __init__(self, name: str, **_: Any) -> None:
        self.name = name

    def __enter__(self) -> "Dag":
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def operators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Step -> what its operator is told."""
    made: dict[str, dict[str, Any]] = {}
    sdk, pod = ModuleType("airflow.sdk"), ModuleType("airflow.providers.cncf.kubernetes.operators.pod")
    sdk.DAG = Dag  # type: ignore[attr-defined]
    pod.KubernetesPodOperator = lambda **told: made.update({told["name"]: told})  # type: ignore[attr-defined]
    for module in (sdk, pod):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    shutil.copy(Path(tasks.__file__).parent / "dags" / "steps.py", tmp_path)
    how = {"retries": 1, "timeout": 600}
    steps = {"short": {**how, "patience": 0}, "queued": {**how, "patience": 7200}}
    (tmp_path / "steps.json").write_text(json.dumps(steps), encoding="utf-8")
    runpy.run_path(str(tmp_path / "steps.py"))
    return made


@pytest.mark.parametrize(("step", "patience"), [("short", 0), ("queued", 7200)])
def test_the_start_of_a_node_takes_nothing_of_the_time_that_a_step_has(
    operators: dict[str, dict[str, Any]], step: str, patience: int
):
    told = operators[step]
    start = told["startup_timeout_seconds"]
    assert start == 15 * 60 + patience
    assert told["execution_timeout"] == timedelta(seconds=start + 600)
