"""What the Makefile decides by itself, tried where it can install and change nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLOUDS = "installing the clouds' SDKs"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with the Makefile, what it names, and one stack."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements-clouds.txt").touch()
    (tmp_path / "stacks/policies").mkdir(parents=True)
    (tmp_path / "stacks/Pulumi.desk.yaml").write_text("config:\n  exquisite-mlops:environment:\n    tracking: {}\n")
    return tmp_path


def make(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tree), "XDG_CACHE_HOME": str(tree / "cache")}
    return subprocess.run(["make", *words], cwd=tree, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("target", ["check", "graph"])
@pytest.mark.parametrize("section", ["\n      kind: aws", " {kind: gcp, region: europe-west4}", ' {"kind": "aws"}'])
def test_a_stack_in_a_cloud_gets_that_clouds_sdk_whatever_it_is_called(tree: Path, target: str, section: str):
    text = f"config:\n  exquisite-mlops:environment:\n    cluster:{section}\n"
    (tree / "stacks/Pulumi.team-a.yaml").write_text(text)
    assert CLOUDS in make(tree, "--dry-run", target, "STACK=team-a").stdout
    assert CLOUDS not in make(tree, "--dry-run", target, "STACK=desk").stdout
    if target == "check":
        assert CLOUDS in make(tree, "--dry-run", target).stdout


def test_a_step_is_run_on_the_stack_that_is_chosen(tree: Path):
    assert "local train --stack team-a" in make(tree, "--dry-run", "train", "STACK=team-a").stdout


def test_rules_for_admission_that_cannot_be_written_leave_those_that_there_are(tree: Path):
    rules, own = tree / "stacks/policies/admission.yaml", tree / "stacks/policies/desk.admission.yaml"
    for file in (rules, own):
        file.write_text("kept\n")
    (tree / "stacks/policies/desk.json").write_text("{}")
    fails_at = tree / "python"
    fails_at.write_text('#!/bin/sh\necho half; case "$*" in *"$FAILS"*) exit 1;; esac\n')
    fails_at.chmod(0o755)
    for fails, kept in (("admission", [rules, own]), ("--config", [own])):
        done = make(tree, "--assume-old=venv", "admission", f"PYTHON=FAILS={fails} ./python")
        assert done.returncode != 0, done.stdout
        assert [file.read_text() for file in kept] == ["kept\n"] * len(kept)
    assert make(tree, "--assume-old=venv", "admission", "PYTHON=FAILS=never ./python").returncode == 0
    assert rules.read_text() == "half\n" and not list(tree.glob("stacks/policies/*.new"))
