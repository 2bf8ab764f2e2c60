"""A program of another repository, which has the components from the wheel alone."""

import ast
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import components
from local.paths import REPOSITORY
from tests.engine import package
from tests.engine.project import Project

PROGRAM = REPOSITORY / "examples" / "one_component"
SECRETS = ("bucketKey", "bucketSecret", "databasePassword")
EVERY_NAME = """
import exquisite_mlops
for name in dir(exquisite_mlops):
    try:
        getattr(exquisite_mlops, name)
    except ImportError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """In an environment that has the wheel and what it asks for."""
    return package.install(wheel, tmp_path_factory.mktemp("consumer") / "venv")


@pytest.fixture
def consumer(bare_project: Project, python: Path) -> Project:
    """The example, moved out of this tree, on no cluster."""
    shutil.copytree(PROGRAM, bare_project.folder, dirs_exist_ok=True)
    (bare_project.folder / "Pulumi.dev.yaml").rename(bare_project.folder / "Pulumi.test.yaml")
    (bare_project.folder / "venv").symlink_to(python.parents[1])
    project = replace(bare_project, environment={**bare_project.environment, "KUBERNETES_PLAN_ONLY": "true"})
    project.pulumi("stack", "init", "test")
    for name in SECRETS:
        project.pulumi("config", "set", "--secret", name, f"the-{name}")
    return project


def test_the_wheel_has_every_file_of_the_components_under_its_own_name(wheel: Path):
    wanted = [path for path in (REPOSITORY / "components").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    names = {f"exquisite_mlops/{path.relative_to(REPOSITORY / 'components')}" for path in wanted}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        said = archive.read(metadata).decode()
    assert held == names and "exquisite_mlops/py.typed" in held
    assert f"Version: {components.__version__}\n" in said
    assert "Requires-Dist: pulumi-aws<8,>=7.51; extra == 'aws'" in said


def test_without_a_clouds_sdk_all_but_that_clouds_components_are_there(python: Path):
    done = subprocess.run([str(python), "-c", EVERY_NAME], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    missing = {name: remedy for name, _, remedy in (line.partition(" ") for line in done.stdout.splitlines())}
    assert {"AwsCluster", "S3Store"} <= missing.keys() and "Mlflow" not in missing
    assert all("pip install 'exquisite-mlops[" in remedy for remedy in missing.values())


def test_a_program_outside_this_tree_plans_mlflow_on_what_it_has(consumer: Project):
    said = consumer.preview().text
    assert "mlops:tracking:Mlflow" in said and "kubernetes:apps/v1:Deployment" in said
    assert "the-databasePassword" not in said


def test_the_program_is_no_longer_than_promised():
    assert len(ast.parse((PROGRAM / "__main__.py").read_text()).body) <= 15


def test_a_wrong_argument_is_refused_with_its_field_and_what_is_wrong(consumer: Project):
    program = consumer.folder / "__main__.py"
    program.write_text(program.read_text().replace('secret_key=secret("bucketSecret"),', ""))
    said = consumer.refused("preview")
    assert "a bucket has either `access_key` and `secret_key`, or an `identity`" in said
