"""What `make check` prints where, and how it ends."""

import json
import os
import subprocess
from dataclasses import replace

import pytest

from local import plan
from local.environment import Surroundings
from local.errors import LocalError
from local.paths import REPOSITORY
from policies.report.events import Finding, Preview
from policies.report.report import Report, report


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Report]:
    """Name of a stack -> what checking it comes to; the engine prints its name meanwhile."""
    made: dict[str, Report] = {}

    def check(name: str) -> Report:
        print(f"Previewing {name}")
        return made[name]

    monkeypatch.setattr(Surroundings, "stack", lambda self, name, say: name)
    monkeypatch.setattr(plan, "check", check)
    return made


def good(name: str) -> Report:
    return report(Preview(name))


def bad(name: str) -> Report:
    return replace(good(name), preview=Preview(name, findings=(Finding("budget", "u::a", "too dear", refused=True),)))


def test_the_report_goes_out_and_what_the_engine_says_does_not_get_in_its_way(
    stacks: dict[str, Report], capsys: pytest.CaptureFixture[str]
):
    stacks.update(a=good("a"), b=good("b"))
    plan.judge(["a", "b"], "json")
    printed = capsys.readouterr()
    assert [one["stack"] for one in json.loads(printed.out)["stacks"]] == ["a", "b"]
    assert printed.err.split() == ["Previewing", "a", "Previewing", "b"]


def test_one_that_fails_is_named_after_the_reports_of_all(
    stacks: dict[str, Report], capsys: pytest.CaptureFixture[str]
):
    stacks.update(a=bad("a"), b=good("b"))
    with pytest.raises(LocalError, match=r"^a must not be made like this"):
        plan.judge(["a", "b"], "text")
    printed = capsys.readouterr().out
    assert "too dear" in printed and "b: passed" in printed


@pytest.mark.parametrize(
    ("said", "judged"),
    [
        ([], "local check --every --format text"),
        (["STACK=aws-prod", "FORMAT=markdown"], "local check --stack aws-prod --format markdown"),
        (["STACK=local"], "local check --stack local --format text"),
    ],
)
def test_make_check_judges_every_stack_or_the_one_that_is_named(said: list[str], judged: str):
    # Whoever runs the tests by make may have named a stack, too.
    alone = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKEOVERRIDES", "STACK")}
    command = ["make", "-n", "check", *said]
    shown = subprocess.run(command, cwd=REPOSITORY, env=alone, capture_output=True, text=True, check=True)
    assert judged in shown.stdout
