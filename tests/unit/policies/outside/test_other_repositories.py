"""The packs in other repositories: the examples for CI, the hook for pre-commit, and a copy without the platform."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.policies.outside.test_check import CLOSED, GOOD

ROOT = Path(__file__).parents[4]
EXAMPLES = sorted((ROOT / "examples/ci").glob("*.yaml"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Someone else's, with the policies beside it and nothing of the platform."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "policies", tmp_path / "exquisite-mlops/policies", ignore=ignored)
    (tmp_path / "manifests").mkdir()
    (tmp_path / "policies.json").write_text(json.dumps({"seccomp": "advisory"}))
    return tmp_path


def commands(node: Any) -> list[str]:
    """Every line of a shell in a pipeline."""
    if isinstance(node, dict):
        return [
            line for key, value in node.items() for line in (value.splitlines() if key == "run" else commands(value))
        ]
    if isinstance(node, list):
        return [line for value in node for line in ([value] if isinstance(value, str) else commands(value))]
    return []


def environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": "exquisite-mlops", "GITHUB_STEP_SUMMARY": "summary.md"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_the_checks_of_the_examples_pass_what_is_good_and_refuse_what_is_not(example: Path, repository: Path):
    checks = [line for line in commands(yaml.safe_load(example.read_text())) if "-m policies" in line]
    assert checks
    for document, code in ((GOOD, 0), (CLOSED, 1)):
        (repository / "manifests/all.yaml").write_text(yaml.safe_dump(document))
        ran = [subprocess.run(["sh", "-c", check], cwd=repository, env=environment()) for check in checks]
        assert [each.returncode for each in ran] == [code] * len(checks)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_the_examples_name_files_that_are_there(example: Path, repository: Path):
    named = re.findall(r"exquisite-mlops/\S+", "\n".join(commands(yaml.safe_load(example.read_text()))))
    assert named and all((repository / name).exists() for name in named)


def test_the_hook_judges_the_files_that_it_is_given(repository: Path):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    entry = [str(ROOT / shlex.split(hook["entry"])[0]), *shlex.split(hook["entry"])[1:]]
    for document, code in ((GOOD, 0), (CLOSED, 1)):
        (repository / "manifests/one.yaml").write_text(yaml.safe_dump(document))
        ran = subprocess.run([*entry, "manifests/one.yaml"], cwd=repository, env=environment(), capture_output=True)
        assert ran.returncode == code, ran.stderr
