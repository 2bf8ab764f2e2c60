"""The program of the Job that comes first."""

import runpy
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

PROGRAM = runpy.run_path(str(Path("components/metadata/datahub/scripts/wait.py")))


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROGRAM["wait"].__globals__, "_PAUSE", 0)


def fails(times: int) -> Callable[[Mapping[str, str]], str]:
    left = [times]

    def check(_: Mapping[str, str]) -> str:
        if left[0]:
            left[0] -= 1
            raise ConnectionError("refused")
        return "up"

    return check


def test_it_ends_once_each_has_answered_and_asks_none_twice_that_has(capsys: pytest.CaptureFixture[str]):
    assert PROGRAM["wait"]({"sql": fails(0), "kafka": fails(2)}, {}, 60)
    printed = capsys.readouterr().out.splitlines()
    assert printed.count("sql: up") == 1 and printed[-1] == "kafka: up"
    assert printed.count("kafka: not yet: ConnectionError: refused") == 2


def test_it_gives_up_when_its_time_is_over():
    assert not PROGRAM["wait"]({"search": fails(10**6)}, {}, 0)
