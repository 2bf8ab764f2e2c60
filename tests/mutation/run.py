"""Changes of modules, tried in a copy of the policies and of their tests."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .modules import MODULES, REPOSITORY, TESTS, again, tests

_COPIED = ("policies", "tests/__init__.py", "tests/corpus", TESTS, "stacks/policies", "docs", "pyproject.toml")
_ENGINE = Path(__file__).with_name("engine.py")
_HOURS = 3600 * 24

# Two plugins of pytest look for garbage whenever a run ends, which takes longer than most runs; what a failing test
# would explain nobody reads.
_ARGUMENTS = ["unraisableexception", "threadexception", "cacheprovider", "faulthandler"]
_SETTINGS = """
[tool.mutmut]
source_paths = ["policies"]
only_mutate = {files}
also_copy = ["docs", "stacks"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = {arguments}
process_isolation = "forkserver"
# Which changes never end is told by what they take of the processor.
timeout_constant = 600.0
track_dependencies = false
use_git_change_detection = false
"""


@dataclass(frozen=True)
class Change:
    """One that no test noticed: a line of a function as it is, and as it was made."""

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
        return self.noticed / self.tried if self.tried else 1.0


def run(modules: Sequence[str], minutes: float | None) -> list[Result]:
    """Raises CalledProcessError if the tests fail even without a change."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder)
        _copy(copy, modules)
        command = [sys.executable, "-P", str(_ENGINE), "again.json", "results.json", f"{int((minutes or _HOURS) * 60)}"]
        with (copy / "said").open("w") as said:
            ended = subprocess.run(command, cwd=copy, stdout=said, stderr=said, check=False).returncode
        if ended:
            print((copy / "said").read_text()[-2000:])
            raise subprocess.CalledProcessError(ended, command)
        found = json.loads((copy / "results.json").read_text())
        return [_result(module, found[_file(module)]) for module in modules]


def _copy(target: Path, modules: Sequence[str]) -> None:
    for name in _COPIED:
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (REPOSITORY / name).is_dir():
            shutil.copytree(REPOSITORY / name, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(REPOSITORY / name, place)
    arguments = [part for name in _ARGUMENTS for part in ("-p", f"no:{name}")]
    arguments += ["--assert=plain", "--tb=no", "--capture=no", "--hypothesis-profile=mutation"]
    said = {"files": [_file(module) for module in modules], "tests": tests(), "arguments": arguments}
    with (target / "pyproject.toml").open("a") as settings:
        settings.write(_SETTINGS.format(**{key: json.dumps(value) for key, value in said.items()}))
    (target / "again.json").write_text(json.dumps({f"policies.{module}": again(module) for module in MODULES}))


def _file(module: str) -> str:
    return f"policies/{module.replace('.', '/')}.py"


def _result(module: str, found: dict) -> Result:
    survivors = [_change(name, diff) for name, diff in found["survivors"].items()]
    return Result(module, found["noticed"], survivors, found["left"])


def _change(name: str, diff: str) -> Change:
    before, after = (
        " ".join(line[1:].strip() for line in diff.splitlines() if line.startswith(mark) and line[:3] != mark * 3)
        for mark in "-+"
    )
    function = name.rpartition(".")[2].rpartition("__mutmut_")[0].removeprefix("x_").removeprefix("xǁ")
    return Change(function.replace("ǁ", "."), before, after)
