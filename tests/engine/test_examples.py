"""The environments in examples/, each planned by the real engine, and the one that the wizard writes."""

import os
from pathlib import Path

import pytest

from local import plugins, toolchain
from local.paths import REPOSITORY
from local.stack import Stack
from stacks.draft import Answers, environment, text

FOLDER = REPOSITORY / "examples" / "environments"
MADE = {
    "new": ("mlops:pipelines:Argo argo", "mlops:tracking:Mlflow mlflow"),
    "second-gpu-pool": ("aws:eks:NodeGroup cluster-training-nodes", "mlops:compute:AwsNodePool cluster-training"),
    "dataset-to-model": ("mlops:data:Dataset churn", "mlops:tracking:ModelServer churn"),
}
"""Example -> what must be in its plan."""


def test_every_example_of_an_environment_is_planned_here():
    assert {file.name.split(".")[1] for file in FOLDER.iterdir()} == set(MADE)


def test_the_example_of_a_new_environment_is_what_the_wizard_writes():
    asked = Answers(name="new", size="small", layers=("tracking", "argo"))
    assert (FOLDER / "Pulumi.new.yaml").read_text(encoding="utf-8") == text(environment(asked))


@pytest.mark.parametrize("name", MADE)
def test_an_example_can_be_planned(name: str, tmp_path: Path):
    base = {**os.environ, "PULUMI_HOME": str(tmp_path / "home"), "KUBECONFIG": os.devnull}
    found = plugins.environment({**base, "KUBERNETES_PLAN_ONLY": "true"}, toolchain.build(toolchain.ENGINE, print))
    stack = Stack(name, tmp_path / "stack", FOLDER / f"Pulumi.{name}.yaml", found)
    stack.prepare(print)
    planned = " ".join(stack.run("preview").split())
    for made in MADE[name]:
        assert made in planned
