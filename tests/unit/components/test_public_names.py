"""What other repositories import: the names there are, and what the changelog says of those that changed."""

import inspect
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from pulumi import ComponentResource
from pydantic import ValidationError

import components
from tests import api

INSIDE = {"Autoscaler", "Buckets", "GivenGpuPool", "Network", "NodePool", "Nuclio"}
"""Components that only another one makes."""
LIGHT = """
import sys, components
from components import Mlflow, MlflowArgs
loaded = {name.partition(".")[0] for name in sys.modules}
print(*(loaded & {"pulumi_aws", "pulumi_gcp"}))
"""


def test_what_changed_since_the_last_release_is_in_the_changelog():
    said = api.unreleased(api.CHANGELOG.read_text(encoding="utf-8"))
    released = api.RELEASED.read_text(encoding="utf-8").splitlines()[1:]
    changed = api.changes(released, api.listed())
    untold = [line for name, lines in changed.items() if f"`{name}`" not in said for line in lines]
    assert not untold, "name these in CHANGELOG.md under Unreleased, in backticks:\n" + "\n".join(untold)


@pytest.mark.parametrize(
    "now, name",
    [
        (["A.size: int = 2"], "A.size"),
        (["A.size: int"], "A.size"),
        ([], "A.size"),
        (["A.size: int = 1", "A.colour: str"], "A.colour"),
        (["A.size: int = 1", "make(name: str) -> A"], "make"),
    ],
)
def test_a_default_that_differs_a_field_that_goes_and_one_that_comes_are_changes(now: list[str], name: str):
    assert list(api.changes(["A.size: int = 1"], now)) == [name]


def test_only_the_section_of_the_release_to_come_counts():
    assert api.unreleased("# x\n\n## Unreleased\n\n- `A.size`\n\n## 0.1.0\n\n- `B`\n").strip() == "- `A.size`"


def test_the_lists_version_is_the_changelogs_last_one():
    sections = re.findall(r"^## (\S+)$", api.CHANGELOG.read_text(encoding="utf-8"), re.MULTILINE)
    assert sections[:2] == ["Unreleased", api.released()]


def test_a_wheel_with_something_unreleased_is_not_taken_for_the_last_release():
    base, _, development = components.__version__.partition(".dev")
    now, last = (tuple(map(int, version.split("."))) for version in (base, api.released()))
    if api.unreleased(api.CHANGELOG.read_text(encoding="utf-8")).strip():
        assert now > last and development.isdigit()
    else:
        assert now == last and not development


def test_every_component_is_public_with_all_that_it_is_made_from():
    found = {one.__name__: one for one in _components()}
    missing = set(found) - set(dir(components)) - INSIDE
    assert not missing, "name these in components/__init__.pyi, or in INSIDE if only another component makes them"
    for name in set(found) - INSIDE:
        args = inspect.signature(found[name]).parameters["args"].annotation
        settings = args.model_fields.get("settings")
        named = [args, *([settings.annotation] if settings else [])]
        assert {one.__name__ for one in named} <= set(dir(components)), name


def test_every_public_name_says_what_it_is_for():
    undocumented = [
        name
        for name in dir(components)
        if inspect.isclass(getattr(components, name)) and not vars(getattr(components, name)).get("__doc__")
    ]
    assert undocumented == []


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Mlfow'"):
        _ = components.Mlfow


def test_a_program_that_names_an_argument_which_is_not_there_is_told_which_one_it_may_have_meant():
    with pytest.raises(ValidationError) as refused:
        components.MlflowArgs(namespace="My Place", artefacts="s3://models")
    told = {one["loc"]: one["msg"] for one in refused.value.errors()}
    assert told["artefacts",] == "there is no such argument; did you mean `artifacts`?"
    assert told["database",] == "Field required"
    with pytest.raises(ValidationError, match=r"there are .*replicas"):
        components.MlflowSettings(xyz=1, default_permission="READ")


def test_arguments_that_are_known_are_refused_in_their_models_words():
    with pytest.raises(ValidationError, match="write an SQL name: lower-case letters"):
        components.DatabaseArgs(owner="My User", names=["a"])


def test_one_component_loads_no_clouds_sdk():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def _components() -> list[type]:
    folder = Path(components.__file__).parent
    modules = [found.name for found in pkgutil.walk_packages([str(folder)], "components.") if not found.ispkg]
    return [
        value
        for module in modules
        for value in vars(import_module(module)).values()
        if inspect.isclass(value) and issubclass(value, ComponentResource) and value.__module__ == module
    ]
