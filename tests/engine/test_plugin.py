"""The components through the plugin, on the real engine: by their tokens, as an SDK in any language asks for them."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from local import toolchain
from local.paths import REPOSITORY
from tests.engine.project import Project

PLUGIN = REPOSITORY / "plugin"
MANIFEST = f"""
name: test
runtime: python
plugins:
  providers:
    - name: mlops
      path: {PLUGIN}
"""
# What an SDK that Pulumi makes from the schema does, in a few lines; nothing of this tree is imported.
PROGRAM = """
    cluster = k8s.Provider("cluster")

    class Asked(pulumi.ComponentResource):
        def __init__(self, token, called, outputs, /, **inputs):
            given = {**dict.fromkeys(outputs), **inputs}
            super().__init__(token, called, given, pulumi.ResourceOptions(providers=[cluster]), remote=True)

    here = {"namespace": Asked("mlops:k8s:Namespace", "place", (), name="experiments").name}
    store = Asked("mlops:storage:ObjectStore", "store", ("buckets",), buckets=["models", "data"], **here)
    postgres = Asked("mlops:storage:Postgres", "postgres", ("server",), **here)
    names = ["mlflow", "mlflow_auth"]
    wires = {"artifacts": store.buckets["models"]}
"""
MLFLOW = """
    records = Asked(
        "mlops:storage:Database", "records", ("client",), server=postgres.server, owner="mlflow", names=names, **here
    )
    outputs = ("endpoint", "tracking")
    mlflow = Asked("mlops:tracking:Mlflow", "mlflow", outputs, database=records.client, **here, **wires)
    steps = {"train": {"source": "%s", "command": ["python", "train.py"]}}
    context = {"tracking": mlflow.tracking, **wires}
    space = Asked("mlops:pipelines:PipelineSpace", "steps", ("space",), context=context, steps=steps, **here)
    Asked("mlops:pipelines:Luigi", "luigi", (), space=space.space, database=records.client, **here)
""" % (REPOSITORY / "examples/training")
WRONG = """
    Asked("mlops:storage:Database", "records", (), server=postgres.server, owner="My User", namse=names, **here)
"""


@pytest.fixture
def foreign(bare_project: Project) -> Project:
    """A project that has the plugin by its path, on no cluster."""
    (bare_project.folder / "Pulumi.yaml").write_text(MANIFEST)
    return replace(bare_project, environment={**bare_project.environment, "KUBERNETES_PLAN_ONLY": "true"})


@pytest.fixture
def yaml_project(foreign: Project) -> Project:
    """The example in YAML, moved out of this tree, with the host of its language where the engine looks for it."""
    text = (REPOSITORY / "examples/any_language/Pulumi.yaml").read_text()
    (foreign.folder / "Pulumi.yaml").write_text(text.replace("../../plugin", str(PLUGIN)))
    host = toolchain.build(toolchain.LANGUAGES, print) / "pulumi-language-yaml"
    folder = Path(foreign.environment["PULUMI_HOME"], "plugins", "language-yaml-v1.25.0")
    folder.mkdir(exist_ok=True)
    shutil.copy(host, folder)
    assert foreign.pulumi("stack", "init", "test").code == 0
    return foreign


def test_a_program_in_yaml_has_mlflow_with_all_that_it_stands_on(yaml_project: Project):
    said = " ".join(yaml_project.preview().text.split())
    for made in ("mlops:storage:Database records", "kubernetes:apps/v1:Deployment mlflow-server"):
        assert f"{made} create" in said


def test_a_mistake_in_yaml_is_told_with_its_place_and_what_to_write(yaml_project: Project):
    file = yaml_project.folder / "Pulumi.yaml"
    file.write_text(file.read_text().replace("owner: mlflow", "owner: My User"))
    said = yaml_project.refused("preview")
    assert "property owner" in said and "write an SQL name: lower-case letters, digits and '_'" in said


def test_the_engine_reads_the_committed_schema_through_the_plugin(foreign: Project):
    said = foreign.pulumi("package", "get-schema", str(PLUGIN)).text
    read = json.loads(said[said.index("{") : said.rindex("}") + 1])
    committed = json.loads((PLUGIN / "schema.json").read_text())
    assert read["version"] == committed["version"]
    assert read["resources"].keys() == committed["resources"].keys()
    assert read["types"].keys() == committed["types"].keys()
    for token, one in committed["resources"].items():
        assert read["resources"][token]["description"] == one["description"]


def test_a_program_wires_components_to_one_another(foreign: Project):
    foreign.write(PROGRAM + MLFLOW)
    said = foreign.preview().text
    for kind, name in (("apps/v1:Deployment", "mlflow-server"), ("batch/v1:CronJob", "luigi-train")):
        assert f"kubernetes:{kind} {name} create" in " ".join(said.split())


def test_a_wrong_argument_is_told_with_its_field_and_what_to_write(foreign: Project):
    foreign.write(PROGRAM + WRONG)
    said = foreign.refused("preview")
    assert "mlops:storage:Database resource 'records' has a problem" in said
    assert "property namse" in said and "there is no such argument; did you mean `names`?" in said
    assert "property owner" in said and "write an SQL name: lower-case letters, digits and '_'" in said
