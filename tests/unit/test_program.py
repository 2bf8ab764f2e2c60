"""The whole program on the recording engine, for every stack file."""

import json
import subprocess
import sys
from pathlib import Path

import pulumi
import pytest

from reference.programs import KEY, environment, nodes, run, whole
from tests import golden

STACKS = sorted(Path("stacks").glob("Pulumi.*.yaml"))


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_a_name_that_comes_goes_or_changes_is_seen_in_review(file: Path):
    """A changed name deletes and recreates. `python -m tests.golden` writes the lists anew."""
    assert golden.listed(whole(file)) == golden.file_of(file).read_text()


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_every_object_is_made_through_the_clusters_own_provider(file: Path):
    engine = whole(file)
    assert engine.all("kubernetes", "cluster-objects"), "no provider was made"
    assert [made.name for made in engine.made if made.kind == "Namespace" and made.type.startswith("kubernetes")]


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_every_namespace_denies_by_default(file: Path):
    engine = whole(file)
    namespaces = [made for made in engine.made if made.type == "kubernetes:core/v1:Namespace"]
    denied = [made.inputs["metadata"]["namespace"] for made in engine.all("NetworkPolicy") if "deny" in made.name]
    assert sorted(denied) == sorted(made.inputs["metadata"]["name"] for made in namespaces)


def test_a_layer_that_is_off_makes_nothing():
    assert {made.kind for made in run({"objectStore": {}}).made} >= {"StatefulSet"}
    assert {made.kind for made in run({}).made} <= {"kubernetes", "GivenCluster"}


def test_a_model_server_is_added_by_its_section_alone():
    raw = environment(Path("stacks/Pulumi.local.yaml"))
    names = {made.name for made in run({**raw, "modelServers": {"iris": {"model": "iris", "version": 1}}}).made}
    added = names - {made.name for made in run(raw).made}
    assert added and all(name == "serving" or name.startswith(("iris", "serving-")) for name in added)


@pytest.mark.parametrize("name", ["local", "onprem"])
def test_a_stack_that_stands_in_no_cloud_loads_no_cloud_sdk(name: str):
    raw = environment(Path(f"stacks/Pulumi.{name}.yaml"))
    script = (
        "import runpy, sys, pulumi; from tests.recording import Engine;"
        f"pulumi.runtime.set_all_config({{{KEY!r}: {json.dumps(raw)!r}}});"
        f"Engine(nodes={nodes(raw)!r}).build(lambda: runpy.run_path('__main__.py'));"
        "foreign = {'pulumi_aws', 'pulumi_gcp', 'policies', 'local'};"
        "print([name for name in sys.modules if name.split('.')[0] in foreign])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_pods_that_read_a_data_set_end_while_fluid_can_take_their_volumes_off():
    raw = environment(Path("stacks/Pulumi.local.yaml"))
    data = {"datasets": {"drivers": {**raw["datasets"]["drivers"], "readers": ["storage"]}}}
    engine = run({**raw, **data})

    def waits(layer: str) -> bool:
        return "kubernetes:apps/v1:DaemonSet" in dict(engine.after["mlops:k8s:Namespace", layer])

    assert waits("storage") and waits("argo-runs") and waits("luigi-runs")
    assert not waits("databases")


def recipes(raw: dict) -> set[str]:
    """Systems that the metadata catalogue reads by the clock."""
    return {made.name.removeprefix("ingestion-") for made in run(raw).all("CronJob", "ingestion-")}


def test_each_layer_that_is_on_is_read_into_the_metadata_catalogue_and_no_other():
    raw = environment(Path("stacks/Pulumi.local.yaml"))
    whole = recipes(raw)
    assert {"mlflow", "bucket-pipelines", "feast", "airflow", "prefect"} <= whole
    assert recipes({key: value for key, value in raw.items() if key != "prefect"}) == whole - {"prefect"}
    more = {**raw, "objectStore": {**raw["objectStore"], "buckets": [*raw["objectStore"]["buckets"], "sales"]}}
    assert recipes(more) == whole | {"bucket-sales"}


def teardown_module() -> None:
    pulumi.runtime.set_all_config({})
