"""Stack files: what is refused, how that is said, and that the committed ones and their schema are right."""

import json
from pathlib import Path

import pulumi
import pytest
import yaml

from stacks import schema
from stacks.environment import Environment

STACKS = sorted(Path("stacks").glob("Pulumi.*.yaml"))
KEY = "exquisite-mlops:environment"
WHOLE = {"objectStore": {}, "database": {}, "tracking": {}}
GREEDY = {"source": "examples/training", "command": ["python"], "gpus": 1}


def load(raw: object) -> Environment:
    pulumi.runtime.set_mocks(pulumi.runtime.mocks.Mocks, project="exquisite-mlops", stack="test")
    pulumi.runtime.set_all_config({KEY: json.dumps(raw)})
    return Environment.load()


def refusal(raw: object) -> list[str]:
    with pytest.raises(pulumi.RunError) as refused:
        load(raw)
    head, *mistakes = str(refused.value).splitlines()
    assert head.startswith("stacks/Pulumi.test.yaml")
    return [mistake.strip() for mistake in mistakes]


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_every_committed_stack_file_is_valid(file: Path):
    assert load(yaml.safe_load(file.read_text())["config"][KEY]).tracking


def test_an_unknown_key_is_named_with_the_one_that_was_meant():
    assert refusal({**WHOLE, "tracking": {"replcas": 2}}) == [
        "environment.tracking.replcas: there is no such key; did you mean `replicas`?"
    ]


def test_an_unknown_key_that_resembles_none_gets_the_list_of_those_there_are():
    (mistake,) = refusal({**WHOLE, "access": {"zzz": 1}})
    assert mistake.endswith("there is no such key; the keys here are address, domain, through")


def test_a_key_inside_a_map_of_projects_is_explained_too():
    (mistake,) = refusal({**WHOLE, "modelServers": {"iris": {"model": "iris", "version": 1, "replica": 2}}})
    assert mistake == "environment.modelServers.iris.replica: there is no such key; did you mean `replicas`?"


def test_an_online_store_in_the_database_needs_no_cache():
    features = {"repository": "examples/features"}
    (mistake,) = refusal({**WHOLE, "features": features})
    assert "environment.features: needs the layer `cache`, which is off" in mistake
    assert load({**WHOLE, "features": {**features, "onlineStore": "database"}}).features


def test_mistakes_in_one_of_several_kinds_are_told_by_the_path_that_is_written():
    features = {"repository": "examples/features", "onlineStore": "database"}
    spark = {"kind": "spark", "settngs": {"spark.remote": "sc://spark"}}
    assert refusal({**WHOLE, "features": {**features, "offlineStore": spark}}) == [
        "environment.features.offlineStore.settings: is missing; add it",
        "environment.features.offlineStore.settngs: there is no such key; did you mean `settings`?",
    ]


@pytest.mark.parametrize(
    ("section", "value", "told"),
    [
        ("database", {"size": "20"}, "database.size: write an amount of bytes with its unit"),
        ("database", {"size": "20Go"}, "database.size: write an amount above zero"),
        ("tracking", {"replicas": 0}, "tracking.replicas: Input should be greater than or equal to 1"),
        ("objectStore", {"buckets": ["No_Bucket"]}, "objectStore.buckets.0: write an S3 bucket name"),
        ("access", {"through": "magic"}, "access.through: Input should be 'cluster' or 'node-port'"),
        ("projects", {"x": {"source": "docs"}}, "projects.x.source: docs has no file MLproject"),
        ("airflow", {"executor": "Dask"}, "airflow.executor: Input should be 'KubernetesExecutor' or 'LocalExecutor'"),
        ("pipelines", {"steps": {"x": GREEDY}}, "pipelines: the step `x` asks for 1 GPU(s) and there is no pool"),
        ("pipelines", {"gpu": {"quota": 0}}, "pipelines.gpu.quota: Input should be greater than or equal to 1"),
        ("pipelines", {"gpu": {"taint": "gpu=yes"}}, "pipelines.gpu.taint: write key=value:NoSchedule"),
        (
            "tracking",
            {"resources": {"memory": "2Gi", "memoryLimit": "512Mi"}},
            "tracking.resources: memoryLimit: 512Mi is less than memory (2Gi); write no less than that",
        ),
        ("airflow", {"historySchedule": "a b c d e"}, "airflow.historySchedule: `a` is no minute; write * or 0 to 59"),
        (
            "airflow",
            {"historySchedule": "0 4 * * 7"},
            "airflow.historySchedule: `7` is no day of the week; ",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_to_write_instead(section: str, value: dict, told: str):
    (mistake,) = refusal({**WHOLE, "pipelines": {}, section: value})
    assert mistake.startswith(f"environment.{told}")


def test_a_layer_without_what_it_needs_is_refused_with_the_remedy():
    assert refusal({"objectStore": {}, "tracking": {}}) == [
        "environment.tracking: needs the layer `database`, which is off; "
        "add a section `database:` or remove `tracking:`"
    ]


CACHED = {"objectStore": {"buckets": ["lake"]}, "fluid": {}, "datasets": {"x": {"source": "lake/x", "mount": "/x"}}}
READS = {"source": "examples/training", "command": ["true"], "datasets": ["y"]}


def test_a_data_set_that_fits_is_taken():
    assert load(CACHED).datasets["x"].bucket == "lake"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"source": "sea/x"},
            "datasets.x.source: there is no bucket `sea`; write one of mlflow, pipelines",
        ),
        ({"quota": "101Gi"}, "datasets.x.quota: the data sets take 101.0Gi of a node's disk, heaps included"),
        ({"quota": "12Gi", "medium": "MEM"}, "datasets.x.quota: the data sets take 17.0Gi of a node's memory"),
        ({"replicas": 2}, "datasets.x.replicas: 2 workers need as many nodes, and `fluid.nodes.count` is 1"),
        ({"onGpuPool": True}, "datasets.x.onGpuPool: there is no pool of GPUs; add `pipelines.gpu:`"),
        ({"mount": "data"}, "datasets.x.mount: write an absolute path"),
        ({"readers": ["fluid-nodes"]}, "datasets.x.readers: `fluid-nodes` is Fluid's own; write one whose pods read"),
    ],
)
def test_a_data_set_that_does_not_fit_is_refused_with_the_remedy(changes: dict, told: str):
    (mistake,) = refusal({**CACHED, "datasets": {"x": {**CACHED["datasets"]["x"], **changes}}})
    assert mistake.startswith(f"environment.{told}")


def test_file_systems_are_not_mounted_where_pods_are_restricted():
    (mistake,) = refusal({**CACHED, "fluid": {"datasetsNamespace": "storage"}})
    assert mistake.startswith("environment.fluid.datasetsNamespace: `storage` is `objectStore.namespace` already")


def test_a_step_names_data_sets_that_there_are():
    (mistake,) = refusal({**WHOLE, **CACHED, "pipelines": {"steps": {"s": READS}}})
    assert mistake == "environment.pipelines.steps.s.datasets: there is no `y` under `datasets`; write one of x"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"datasets": ["y"]}, "datasets: there is no `y` under `datasets`; write one of none yet"),
        ({"features": True}, "features: needs the layer `features`, which is off; add a section `features:`"),
    ],
)
def test_a_step_asks_for_nothing_that_the_stack_has_not(asked: dict, told: str):
    step = {**READS, "datasets": [], **asked}
    (mistake,) = refusal({**WHOLE, "pipelines": {"steps": {"s": step}}})
    assert mistake.startswith(f"environment.pipelines.steps.s.{told}")


def test_replicas_that_could_not_hear_of_each_other_are_refused_with_the_remedy():
    (mistake,) = refusal({**WHOLE, "pipelines": {}, "prefect": {"replicas": 2}})
    assert mistake.startswith("environment.prefect.replicas: 2 need the layer `cache`, which is off; add a section")
    assert load({**WHOLE, "pipelines": {}, "prefect": {"replicas": 2}, "cache": {}}).prefect.replicas == 2


@pytest.mark.parametrize("engine", ["argo", "prefect", "luigi", "airflow", "mlrun"])
def test_an_engine_without_what_it_stands_on_is_refused_with_the_remedy(engine: str):
    told = refusal({engine: {}})
    database = "mysql" if engine == "mlrun" else "database"
    assert [line.split(";")[1] for line in told] == [
        f" add a section `pipelines:` or remove `{engine}:`",
        f" add a section `{database}:` or remove `{engine}:`",
    ]


def test_all_mistakes_are_told_at_once_across_sections_and_layers():
    mistakes = refusal({"tracking": {"replicas": "many"}, "acess": {}, "objectStore": {"size": "5"}})
    assert {mistake.split(":")[0] for mistake in mistakes} == {
        "environment.tracking.replicas",
        "environment.acess",
        "environment.objectStore.size",
        "environment.tracking",
    }


def test_a_file_without_an_environment_says_which_key_to_write():
    pulumi.runtime.set_mocks(pulumi.runtime.mocks.Mocks, project="exquisite-mlops", stack="test")
    pulumi.runtime.set_all_config({})
    with pytest.raises(pulumi.RunError, match="exquisite-mlops:environment"):
        Environment.load()


def test_the_committed_schema_is_the_models():
    assert schema.FILE.read_text() == schema.render(), "run `make schema`"


def test_the_metadata_catalogue_needs_an_event_log_search_and_sql():
    assert refusal({"metadata": {}}) == [
        f"environment.metadata: needs the layer `{layer}`, which is off; add a section `{layer}:` or remove `metadata:`"
        for layer in ("database", "eventLog", "search")
    ]


def test_the_metadata_catalogue_may_be_on_mysql_where_that_is_on():
    whole = {**WHOLE, "eventLog": {}, "search": {}, "metadata": {"sql": "mysql"}}
    assert refusal(whole) == [
        "environment.metadata.sql: `mysql` needs that layer, which is off; add a section `mysql:` or write `database`"
    ]
    assert load({**whole, "mysql": {}, "database": None, "tracking": None}).metadata
