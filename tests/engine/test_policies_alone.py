"""The packs never read the program: their tests pass in a tree that has nothing but them."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = ["policies", "tests/unit/policies", "tests/corpus", "stacks/policies", "docs", "examples/ci"]
KEPT += [".pre-commit-hooks.yaml", "pyproject.toml", "tests/conftest.py"]


def test_the_tests_of_the_policies_pass_without_the_platform(tmp_path: Path) -> None:
    for name in KEPT:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (tmp_path / "tests/__init__.py").touch()
    command = [sys.executable, "-m", "pytest", "tests/unit/policies", "-p", "no:cacheprovider"]
    ran = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert ran.returncode == 0, ran.stdout[-4000:]
