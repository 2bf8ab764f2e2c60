"""Recipes: what each layer hands over, and what becomes of it."""

import json
from typing import Any

import pulumi

from components.metadata.contracts import FILES, MetadataServer, Recipe
from components.metadata.ingestion import Ingestion, IngestionArgs, IngestionSettings, short
from tests.recording import Engine
from tests.unit.components.wires import bucket, tracking_server


def server() -> MetadataServer:
    return MetadataServer(url="http://datahub-gms.metadata:8080", client="__system", secret="the-system-secret")


def built(recipes: Any, **settings: Any) -> Engine:
    engine = Engine()

    def program() -> None:
        args = IngestionArgs(
            settings=IngestionSettings(**settings), namespace="metadata", server=server(), recipes=recipes()
        )
        Ingestion("ingestion", args)

    engine.build(program)
    return engine


def mlflow() -> dict[str, Recipe]:
    return {"mlflow": tracking_server().recipe}


def both() -> dict[str, Recipe]:
    return {**mlflow(), "data": bucket().recipe}


def recipe(engine: Engine, system: str) -> dict[str, Any]:
    return json.loads(engine.only("ConfigMap", f"ingestion-{system}-recipe").inputs["data"]["recipe.json"])


def test_each_recipe_is_a_cron_job_with_a_recipe_and_secrets_of_its_own():
    one, two = built(mlflow), built(both)
    assert {made.name for made in two.all("CronJob")} == {"ingestion-mlflow", "ingestion-data"}
    assert {made.name for made in one.made} < {made.name for made in two.made}
    assert all("data" in made.name for made in two.made if made.name not in {made.name for made in one.made})


def test_a_recipe_leads_from_the_layers_source_to_the_metadata_service():
    found = recipe(built(both), "mlflow")
    assert found["source"]["type"] == "mlflow_runs.MlflowRuns"
    assert found["source"]["config"]["tracking_uri"] == "http://mlflow.tracking:5000"
    assert found["source"]["config"]["stateful_ingestion"] == {"enabled": True}
    assert found["sink"]["config"]["server"] == "http://datahub-gms.metadata:8080"


def test_passwords_are_in_secrets_and_in_no_recipe():
    engine = built(both)
    for password in ("the-tracking-password", "the-bucket-key", "the-system-secret"):
        assert {made.kind for made in engine.made if password in str(made.inputs)} == {"Secret"}


def test_a_bucket_is_read_with_the_key_that_opens_it_alone():
    engine = built(both)
    found = recipe(engine, "data")["source"]["config"]
    assert [spec["include"] for spec in found["path_specs"]] == ["s3://mlflow/**/*.*"]
    assert found["aws_config"]["aws_endpoint_url"] == "http://object-store.storage:8333"
    assert "the-bucket-key" not in str(engine.only("Secret", "ingestion-mlflow").inputs)


def test_it_reads_from_where_the_recipe_says_and_writes_to_the_service_alone():
    outward = {made.name for made in built(mlflow).all("NetworkPolicy") if made.name.endswith("-out")}
    assert outward == {"ingestion-mlflow-1-out"}  # this server has no pods to lead to


def test_files_and_sources_of_our_own_lie_where_the_ingestion_finds_them():
    def own() -> dict[str, Recipe]:
        return {
            "prefect": Recipe(source="prefect_api.PrefectSource", files={"more.yaml": pulumi.Output.from_input("a: 1")})
        }

    engine = built(own)
    assert set(engine.only("ConfigMap", "ingestion-prefect-recipe").inputs["data"]) == {"recipe.json", "more.yaml"}
    assert {"engines.py", "prefect_api.py", "airflow_api.py"} <= set(
        engine.only("ConfigMap", "ingestion-sources").inputs["data"]
    )
    (container,) = engine.only("CronJob").inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert {"name": "PYTHONPATH", "value": "/sources"} in container["env"]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {FILES, "/sources", "/tmp"}


def test_on_demand_nothing_is_read_by_the_clock():
    assert built(mlflow).only("CronJob").inputs["spec"]["suspend"] is False
    assert built(mlflow, runs="on-demand").only("CronJob").inputs["spec"]["suspend"] is True


def test_a_long_name_is_cut_so_that_it_stays_apart_from_others():
    one, other = (short(f"bucket-of-a-very-long.name.in-the-cloud-{end}") for end in ("a", "b"))
    assert one != other and max(len(one), len(other)) <= 24 and "." not in one
    assert short("bucket-data") == "bucket-data"
