"""Whoever opens a database outside the cluster encrypts, and knows it by its authority: each system, in each pod."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from components.storage.contracts import Tls
from tests.recording import Engine, Made
from tests.unit.test_program import environment, run

WORKLOADS = {"Deployment", "StatefulSet", "Job", "CronJob"}
SEARCH = {"eventLog": {}, "search": {}, "metadata": {"sql": "database"}}


@cache
def program(cloud: str) -> Engine:
    """Production, with DataHub too, so that each system which can stand on PostgreSQL does."""
    return run({**environment(Path(f"stacks/Pulumi.{cloud}-prod.yaml")), **SEARCH})


def containers(made: Made) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    spec = made.inputs["spec"]
    spec = spec.get("jobTemplate", {}).get("spec") or spec
    pod = spec["template"]["spec"]
    for one in pod["containers"]:
        yield f"{made.name}/{one['name']}", one, pod


def variables(engine: Engine, container: dict[str, Any]) -> dict[str, Any]:
    secrets = {f"{one.name}-1a2b3c4d": one.inputs.get("stringData", {}) for one in engine.all("Secret")}
    found: dict[str, Any] = {}
    for source in container.get("envFrom", ()):
        content = secrets.get(source["secretRef"]["name"], {})
        found |= content.get("value", content) if isinstance(content, dict) else {}
    return {**found, **{one["name"]: one.get("value") for one in container.get("env", ())}}


def of_the_database(cloud: str) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """The containers that read libpq's variables: their environment, and the mounts by path."""
    engine = program(cloud)
    workloads = [made for made in engine.made if made.kind in WORKLOADS]
    found = {}
    for made in workloads:
        for name, container, _ in containers(made):
            known = variables(engine, container)
            if known.keys() & {"PGPASSWORD", "PREFECT_SERVER_DATABASE_HOST", "PGHOST"} or "PGSSLMODE" in known:
                found[name] = known, {one["mountPath"] for one in container.get("volumeMounts", ())}
    return found


SYSTEMS = {"mlflow", "prefect", "airflow", "luigi", "feast", "argo", "datahub-wait", "ingestion-feast", "tracking"}


@pytest.mark.parametrize("cloud, mode", [("aws", "require"), ("gcp", "verify-ca")])
def test_every_client_of_a_clouds_database_encrypts(cloud: str, mode: str):
    found = of_the_database(cloud)
    assert not {system for system in SYSTEMS if not any(name.startswith(system) for name in found)}
    assert {name: known.get("PGSSLMODE") for name, (known, _) in found.items()} == dict.fromkeys(found, mode)


def test_every_client_of_cloud_sql_finds_its_authority_where_it_is_told_to_look():
    for name, (known, mounts) in of_the_database("gcp").items():
        folder = known["PGSSLROOTCERT"].rpartition("/")[0]
        assert folder in mounts, name


def test_the_authority_lies_in_a_file_of_each_namespace_that_needs_it():
    made = [made for made in program("gcp").all("ConfigMap") if made.name.endswith("-authority")]
    places = {one.inputs["metadata"]["namespace"] for one in made}
    assert {"databases", "tracking", "features", "argo", "prefect", "luigi", "airflow", "metadata"} <= places


@pytest.mark.parametrize(
    "cloud, query",
    [
        ("aws", "?sslmode=require"),
        ("gcp", "?sslmode=verify-ca&sslrootcert=/etc/database-authority/authority.pem"),
    ],
)
def test_datahub_says_so_in_its_address_for_java(cloud: str, query: str):
    (gms,) = (made for made in program(cloud).all("Deployment") if made.name.startswith("datahub-gms"))
    ((_, container, _),) = containers(gms)
    assert variables(program(cloud), container)["EBEAN_DATASOURCE_URL"].endswith(f"/datahub{query}")
    if "sslrootcert" in query:
        assert "/etc/database-authority" in {one["mountPath"] for one in container["volumeMounts"]}


@pytest.mark.parametrize("cloud, mode", [("aws", "require"), ("gcp", "verify-ca")])
def test_argo_says_so_in_its_own_words(cloud: str, mode: str):
    document = json.loads(program(cloud).only("ConfigMap", "argo-config").inputs["data"]["config"])
    database = document["persistence"]["postgresql"]
    assert (database["ssl"], database["sslMode"]) == (True, mode)


def test_in_the_cluster_nothing_is_said_of_it():
    assert Tls().environment() == {} and Tls().query == ""


def test_nobody_verifies_without_something_to_verify_by():
    with pytest.raises(ValidationError, match="verify-full needs the authority's certificates"):
        Tls(mode="verify-full")
