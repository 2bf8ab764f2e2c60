"""Every piece between fences in README and docs is of one kind, and each kind is held against what it speaks of."""

import ast
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from kafka import KafkaProducer

from policies.outside.configuration import read as read_settings
from reference.exposed import planned
from reference.programs import ROOT, environment
from stacks.environment import Environment
from tests.documents import Fence, fences
from tests.golden import file_of

FENCES, PRINTED = fences(), "what is printed"
SECTIONS = {field.alias for field in Environment.model_fields.values()}
RULES = {rule.policy.name for rule in read_settings(None)}


def loaded(fence: Fence) -> dict[str, Any]:
    read = {"yaml": yaml.safe_load, "json": json.loads}.get(fence.language)
    whole = read(fence.code) if read else None
    return whole if isinstance(whole, dict) else {}


KINDS: Mapping[str, Callable[[Fence], bool]] = {
    "commands": lambda fence: fence.language in ("sh", "console"),
    "sections of a stack file": lambda fence: fence.language == "yaml" and set(loaded(fence)) <= SECTIONS,
    "an object of Kubernetes": lambda fence: fence.language == "yaml" and {"apiVersion", "kind"} <= set(loaded(fence)),
    "a project of Pulumi": lambda fence: fence.language == "yaml" and "plugins" in loaded(fence),
    "a client of the feature store": lambda fence: fence.language == "yaml" and "online_store" in loaded(fence),
    "settings of policies": lambda fence: fence.language == "json" and set(loaded(fence)) <= RULES,
    "a licence": lambda fence: fence.language == "json" and "repositories" in loaded(fence),
    "a program": lambda fence: fence.language == "python",
    "a graph": lambda fence: fence.language == "mermaid",
    PRINTED: lambda fence: fence.language == "text",
}
"""Kind -> whether a piece is one. Whoever adds a kind adds the test of what it says."""


def of_kind(kind: str) -> list[Any]:
    return [pytest.param(fence, id=fence.place) for fence in FENCES if KINDS[kind](fence)]


@pytest.mark.parametrize("fence", FENCES, ids=lambda fence: fence.place)
def test_a_piece_is_of_exactly_one_kind(fence: Fence):
    kinds = [kind for kind, is_one in KINDS.items() if is_one(fence)]
    assert len(kinds) == 1, f"{fence.place}: is {' and '.join(kinds) or 'of no kind'}; there are {', '.join(KINDS)}"


def test_no_fence_is_overlooked():
    marks = sum(len(re.findall(r"^ *```", file.read_text(), re.MULTILINE)) for file in {one.file for one in FENCES})
    assert marks == 2 * len(FENCES) > 100


@pytest.mark.parametrize("fence", of_kind("sections of a stack file"))
def test_sections_of_a_stack_file_are_valid_in_a_whole_one(fence: Fence):
    read, mistakes = Environment.read(laid_over(environment(Path("stacks/Pulumi.onprem.yaml")), loaded(fence)))
    assert read and not mistakes, f"{fence.place}: {mistakes}"


@pytest.mark.parametrize("fence", of_kind("settings of policies"))
def test_settings_of_policies_pass_the_schema_of_each_rule(fence: Fence, tmp_path: Path):
    file = tmp_path / "policies.json"
    file.write_text(fence.code)
    assert read_settings(file)


@pytest.mark.parametrize("fence", of_kind("a licence"))
def test_a_licence_stands_in_the_catalogue_as_it_is_shown(fence: Fence):
    catalogue = json.loads((ROOT / "policies/open_source/licences.json").read_text(encoding="utf-8"))
    shown = loaded(fence)
    listed = [one for field in catalogue["images"].values() for one in field]
    (entry,) = [one for one in listed if set(shown["repositories"]) <= set(one["repositories"])]
    assert {key: entry.get(key) for key in shown} == {**shown, "repositories": entry["repositories"]}


@pytest.mark.parametrize("fence", of_kind("an object of Kubernetes"))
def test_an_object_speaks_of_what_the_stack_has(fence: Fence):
    shown = loaded(fence)
    engine = planned("local")
    assert shown["kind"] in _defined(engine)
    assert shown["metadata"]["namespace"] in _namespaces(engine)
    template = shown["spec"]["workflowTemplateRef"]["name"]
    assert template in {made.inputs["metadata"].get("name") for made in engine.all("WorkflowTemplate")}
    (controller,) = shown["metadata"]["labels"].values()
    assert controller in json.dumps([made.inputs for made in engine.all("ConfigMap", "argo")])


@pytest.mark.parametrize("fence", of_kind("a project of Pulumi"))
def test_a_project_names_the_plugin_as_the_example_does(fence: Fence):
    example = yaml.safe_load((ROOT / "examples/any_language/Pulumi.yaml").read_text(encoding="utf-8"))
    (shown,), (there,) = loaded(fence)["plugins"]["providers"], example["plugins"]["providers"]
    assert shown.keys() == there.keys() and shown["name"] == there["name"]
    assert (ROOT / Path(shown["path"]).name / "PulumiPlugin.yaml").exists()


@pytest.mark.parametrize("fence", of_kind("a client of the feature store"))
def test_a_client_of_the_feature_store_calls_what_answers(fence: Fence):
    answering = {
        f"{made.inputs['metadata']['name']}.{made.inputs['metadata']['namespace']}": {
            int(port["port"]) for port in made.inputs["spec"]["ports"]
        }
        for made in planned("local").all("Service", "feast")
    }
    shown = loaded(fence)
    called = [
        *re.findall(r"([\w-]+\.[\w-]+):(\d+)", fence.code),
        (shown["offline_store"]["host"], shown["offline_store"]["port"]),
    ]
    assert len(called) == 3 and all(int(port) in answering[host] for host, port in called)


@pytest.mark.parametrize("fence", of_kind("a program"))
def test_a_program_imports_what_is_public_and_calls_what_takes_it(fence: Fence):
    """Whole programs are files of examples/, which tests run; a page shows lines of them, or one call."""
    (statement,) = ast.parse(fence.code).body
    if isinstance(statement, ast.ImportFrom):
        assert statement.module == "exquisite_mlops"
        example = ast.parse((ROOT / "examples/one_component/__main__.py").read_text(encoding="utf-8"))
        (imported,) = [
            one for one in example.body if isinstance(one, ast.ImportFrom) and one.module == statement.module
        ]
        assert {one.name for one in statement.names} <= {one.name for one in imported.names}, fence.place
        return
    assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call), f"{fence.place}: is no call"
    call = statement.value
    assert ast.unparse(call.func) == "KafkaProducer", f"{fence.place}: nothing here knows {ast.unparse(call.func)}"
    assert {word.arg for word in call.keywords} <= set(KafkaProducer.DEFAULT_CONFIG)
    server = next(ast.literal_eval(word.value) for word in call.keywords if word.arg == "bootstrap_servers")
    (service,) = [made for made in planned("local").all("Service", "kafka-service")]
    port = int(service.inputs["spec"]["ports"][0]["port"])
    assert server == f"{service.inputs['metadata']['name']}.{service.inputs['metadata']['namespace']}:{port}"


@pytest.mark.parametrize("fence", of_kind("a graph"))
def test_the_graph_has_the_components_that_the_program_makes(fence: Fence):
    """`make picture` draws it anew, from the running stack."""
    listed = file_of(Path("stacks/Pulumi.local.yaml")).read_text().splitlines()
    made = {(kind.rpartition(":")[2], name) for kind, name in map(str.split, listed) if kind.startswith("mlops:")}
    drawn = set(re.findall(r'\["(\w+)<br/>([\w-]+)"\]', fence.code))
    assert {one for one in made if one[0] != "Namespace"} == drawn


def laid_over(below: Any, above: Any) -> Any:
    """`above` laid over `below`, map by map."""
    if (
        isinstance(below, dict)
        and isinstance(above, dict)
        and below.get("kind") == above.get("kind", below.get("kind"))
    ):
        return {**below, **{key: laid_over(below.get(key), value) for key, value in above.items()}}
    return above


def _namespaces(engine: Any) -> set[str]:
    return {made.inputs["metadata"]["name"] for made in engine.made if made.type == "kubernetes:core/v1:Namespace"}


def _defined(engine: Any) -> set[str]:
    """Kinds that definitions of the stack bring."""
    return {made.inputs["spec"]["names"]["kind"] for made in engine.all("CustomResourceDefinition")}
