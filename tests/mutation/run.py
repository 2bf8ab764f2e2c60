"""One module's changes, tried by mutmut in a copy of the policies and of the module's tests."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .modules import MODULES

_REPOSITORY = Path(__file__).parents[2]
_COPIED = ("policies", "tests/__init__.py", "tests/corpus", "tests/unit/policies", "stacks/policies", "docs")
_TESTS = "tests/unit/policies"
_NOT_TRIED = (None, 2)
_NO_TEST, _SURVIVED = 33, 0

# Rules keep what they have read: a fork of a process that has run the tests would answer out of that. Two plugins of
# pytest look for garbage whenever a run ends, which takes longer than most runs.
_SETTINGS = """
[tool.mutmut]
source_paths = ["policies"]
only_mutate = ["{file}"]
also_copy = ["docs", "stacks"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:unraisableexception", "-p", "no:threadexception"]
process_isolation = "forkserver"
"""


@dataclass(frozen=True)
class Change:
    """One that no test noticed: a line of a function as it is, and as it was."""

    function: str
    before: str
    after: str


@dataclass(frozen=True)
class Result:
    module: str
    noticed: int
    survivors: list[Change]
    left: int
    """Not tried, for want of time."""

    @property
    def tried(self) -> int:
        return self.noticed + len(self.survivors)

    @property
    def score(self) -> float:
        return self.noticed / self.tried if self.tried else 0.0


def run(module: str, minutes: float | None) -> Result:
    """Raises CalledProcessError if the tests fail even without a change."""
    file = f"policies/{module.replace('.', '/')}.py"
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder)
        _copy(copy)
        tests = [f"{_TESTS}/{name}" for name in MODULES[module]]
        with (copy / "pyproject.toml").open("a") as settings:
            settings.write(_SETTINGS.format(file=file, tests=json.dumps(tests)))
        _mutmut(copy, minutes)
        codes = json.loads((copy / f"mutants/{file}.meta").read_text())["exit_code_by_key"]
        survivors = [_change(copy, name) for name, code in codes.items() if code in (_SURVIVED, _NO_TEST)]
        left = sum(code in _NOT_TRIED for code in codes.values())
        return Result(module, len(codes) - len(survivors) - left, survivors, left)


def _copy(target: Path) -> None:
    for name in _COPIED:
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (_REPOSITORY / name).is_dir():
            shutil.copytree(_REPOSITORY / name, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(_REPOSITORY / name, place)
    shutil.copy(_REPOSITORY / "pyproject.toml", target)


def _mutmut(copy: Path, minutes: float | None) -> None:
    """It writes each result down when it has it, so whenever it is stopped the rest is what was not tried."""
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "1"]
    said = copy / "said"
    with (
        said.open("w") as output,
        subprocess.Popen(command, cwd=copy, stdout=output, stderr=output, start_new_session=True) as process,
    ):
        try:
            code = process.wait(minutes * 60 if minutes else None)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            code = 0
    if code:
        print(said.read_text()[-2000:])
        raise subprocess.CalledProcessError(code, command)


def _change(copy: Path, name: str) -> Change:
    command = [str(Path(sys.executable).with_name("mutmut")), "show", name]
    shown = subprocess.run(command, cwd=copy, check=True, capture_output=True, text=True).stdout.splitlines()
    before, after = (
        " ".join(line[1:].strip() for line in shown if line.startswith(mark) and not line.startswith(mark * 3))
        for mark in "-+"
    )
    return Change(name.rpartition(".")[2].rpartition("__mutmut_")[0].removeprefix("x_").strip("ǁ"), before, after)
