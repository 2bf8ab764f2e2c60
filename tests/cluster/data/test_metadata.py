"""The metadata catalogue: the stack's own recipes read what runs, and DataHub Lite is asked what they have found."""

import json
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from tests.cluster.data import lite
from tests.cluster.platform import Platform

LAYER = "metadata"
TABLE = "features/drivers/hourly.parquet"
SERVICE = "features.driver_ranking"
FEATURES = {f"urn:li:mlFeature:(features.driver_statistics,{name})" for name in ("rating", "trips_today")}


@pytest.fixture(scope="module")
def catalogue(platform: Platform, ranked: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What all recipes of the stack find together, once every engine has trained."""
    return lite.read(platform, *lite.systems(platform))


def test_each_layer_that_is_on_has_a_recipe(platform: Platform):
    buckets = {f"bucket-{name}" for name in ("pipelines", "features", "datasets")}
    systems = {"mlflow", "airflow", "prefect", "feast"} & set(platform.stack.outputs()["endpoints"])
    assert set(lite.systems(platform)) == {*buckets, "dataset-drivers", *systems}


def test_a_models_record_leads_to_its_run_to_the_table_and_to_the_features(
    catalogue: dict[str, dict[str, Any]], ranked: dict[str, dict[str, Any]]
):
    table, service = dataset_urn("s3", TABLE), dataset_urn("feast", SERVICE)
    for version in ranked.values():
        model = catalogue[f"urn:li:mlModel:(urn:li:dataPlatform:mlflow,ranking_{version['version']},PROD)"]
        properties = model["mlModelProperties"]
        assert properties["groups"] == ["urn:li:mlModelGroup:(urn:li:dataPlatform:mlflow,ranking,PROD)"]
        assert set(properties["mlFeatures"]) == FEATURES
        (run,) = properties["trainingJobs"]
        assert catalogue[run]["mlTrainingRunProperties"]["id"] == version["run_id"]
        assert upstream(catalogue, run) == {table, service}
    # The bucket's own recipe has found the same file, and Feast's the same features, and both know what these are.
    columns = [field["fieldPath"] for field in catalogue[table]["schemaMetadata"]["fields"]]
    assert any("trips_today" in column for column in columns)
    assert {urn for urn in FEATURES if "mlFeatureProperties" in catalogue[urn]} == FEATURES


def upstream(catalogue: dict[str, dict[str, Any]], run: str) -> set[str]:
    """Where that comes from which a run has read."""
    read = {edge["destinationUrn"] for edge in catalogue[run]["dataProcessInstanceInput"]["inputEdges"]}
    return {source["dataset"] for dataset in read for source in catalogue[dataset]["upstreamLineage"]["upstreams"]}


def dataset_urn(platform: str, name: str) -> str:
    return f"urn:li:dataset:(urn:li:dataPlatform:{platform},{name},PROD)"


@pytest.mark.parametrize("engine", ["airflow", "prefect"])
def test_the_steps_of_an_engine_are_known(platform: Platform, catalogue: dict[str, dict[str, Any]], engine: str):
    assert engine in platform.stack.outputs()["endpoints"], f"name {engine} among the --layers"
    (flow,) = [urn for urn in catalogue if urn.startswith(f"urn:li:dataFlow:({engine},") and ",training," in urn]
    assert catalogue[flow]["dataFlowInfo"]["externalUrl"].startswith("http")
    assert [urn for urn in catalogue if urn.startswith(f"urn:li:dataJob:({flow},")]


def test_nothing_is_set_up_before_sql_kafka_and_search_have_answered(platform: Platform):
    place = ["-n", platform.namespace(LAYER)]
    found = json.loads(platform.kubectl("get", "jobs,deployments,replicasets", *place, "-o", "json"))["items"]
    made = {component(one): one for one in found if one["kind"] != "ReplicaSet"}
    # A later update may have set up anew, and then rolled the pods of a Deployment: those of its newest ReplicaSet.
    began = {component(one): created(one) for one in sorted(found, key=created) if one["kind"] != "Deployment"}
    log = platform.kubectl("logs", f"job/{made['wait']['metadata']['name']}", *place)
    assert {line.partition(":")[0] for line in log.splitlines() if "not yet" not in line} == {"sql", "kafka", "search"}
    # What a later update has left alone stands before all of its set-up.
    parts = ("wait", "upgrade", "gms", "upgrade-rest", "frontend")
    order = [part for part in parts if began[part] >= began["wait"]]
    assert order[:3] == ["wait", "upgrade", "gms"]
    for earlier, later in pairwise(order):
        assert done(made[earlier]) <= began[later], f"{later} before {earlier}"


def component(made: dict[str, Any]) -> str:
    return str(made["metadata"]["labels"]["app.kubernetes.io/component"])


def created(made: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(made["metadata"]["creationTimestamp"])


def done(made: dict[str, Any]) -> datetime:
    """A Job's end; a Deployment's first readiness."""
    if end := made["status"].get("completionTime"):
        return datetime.fromisoformat(end)
    (available,) = [one for one in made["status"]["conditions"] if one["type"] == "Available"]
    return datetime.fromisoformat(available["lastTransitionTime"])
