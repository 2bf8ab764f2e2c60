"""The feature store, on the recording engine."""

import json
from typing import Any

import pulumi
import pytest
from pydantic import ValidationError

from components.data.contracts import Cache
from components.features.feast import Feast
from components.features.settings import FeastArgs, FeastSettings
from components.k8s.network import Peer
from tests.recording import Engine
from tests.unit.components.wires import bucket, sql_client

REDSHIFT = {
    "kind": "redshift",
    "region": "eu-central-1",
    "database": "features",
    "staging": "s3://staging/feast",
    "role": "arn:aws:iam::1:role/redshift",
}
PEOPLE = {
    "discovery": "https://login.example.org/.well-known/openid-configuration",
    "client": "feast",
    "audience": "feast",
    "issuer": "https://login.example.org",
    "readers": ["data-scientists"],
}


def cache() -> Cache:
    return Cache(host="valkey.cache", password="the-cache-password", peer=Peer("cache", {"app": "valkey"}, (6379,)))


def feast(**settings: object) -> Feast:
    args = FeastArgs(
        settings=FeastSettings(repository="examples/features", **settings),
        namespace="features",
        database=sql_client(),
        files=bucket(),
        cache=cache(),
        readers=("argo-runs",),
    )
    return Feast("feast", args)


def built(**settings: object) -> Engine:
    engine = Engine()
    engine.build(lambda: feast(**settings))
    return engine


def configuration(engine: Engine, name: str = "feast-configuration") -> dict[str, Any]:
    return json.loads(engine.only("ConfigMap", name).inputs["data"]["feature_store.yaml"])


def pod(engine: Engine, name: str, kind: str = "Deployment") -> dict[str, Any]:
    spec = engine.only(kind, name).inputs["spec"]
    return spec.get("jobTemplate", {}).get("spec", spec)["template"]


def command(engine: Engine, name: str) -> list[str]:
    return pod(engine, name)["spec"]["containers"][0]["command"]


def secrets(template: dict[str, Any]) -> set[str]:
    sources = template["spec"]["containers"][0]["envFrom"]
    return {one["secretRef"]["name"].removesuffix("-1a2b3c4d") for one in sources}


def test_no_password_is_in_the_configuration():
    engine = built()
    for value in ("the-database-password", "the-cache-password", "the-bucket-key"):
        holders = {made.kind for made in engine.made if value in str(made.inputs)}
        assert holders == {"Secret"}, value
    online = configuration(engine)["online_store"]
    assert online["connection_string"] == "valkey.cache:6379,password=${CACHE_PASSWORD},db=1"


def test_who_needs_no_feature_values_gets_no_key_to_them():
    engine = built()
    assert secrets(pod(engine, "feast-online")) == secrets(pod(engine, "feast-offline"))
    assert secrets(pod(engine, "feast-online")) == {"feast-database", "feast-stores"}
    assert secrets(pod(engine, "feast-registry")) == secrets(pod(engine, "feast-page")) == {"feast-database"}


def test_the_definitions_are_told_where_the_files_lie_whoever_keeps_them():
    (server,) = pod(built(), "feast-offline")["spec"]["containers"]
    environment = {one["name"]: one.get("value") for one in server["env"]}
    assert environment["FEATURES_URL"] == "s3://mlflow"
    assert environment["AWS_ENDPOINT_URL"] == "http://object-store.storage:8333"


def test_every_server_has_the_cluster_review_tokens_and_the_page_asks_for_a_login_instead():
    engine = built()
    known = configuration(engine)["auth"]
    assert known["type"] == "oidc" and known["audience"] and known["issuer"]
    assert configuration(engine, "feast-page")["auth"]["type"] == "no_auth"
    assert "--host=127.0.0.1" in command(engine, "feast-page")
    roles = {made.name: made.inputs["rules"] for made in engine.all("ClusterRole")}
    review = [{"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]}]
    assert roles == {f"feast-{part}-role": review for part in ("online", "registry", "offline")}
    # With this variable set, whoever knows its value gets past all checks.
    assert not [made for made in engine.made if "INTRA_COMMUNICATION" in str(made.inputs)]


def test_the_platform_alone_may_write_and_its_steps_may_read():
    engine = built(readers=["notebooks"], identity_provider=PEOPLE)
    (environment,) = (
        one["value"]
        for one in pod(engine, "feast-apply", "Job")["spec"]["containers"][0]["env"]
        if one["name"] == "PLATFORM_PERMISSIONS"
    )
    assert json.loads(environment) == {
        "readers": {"groups": ["data-scientists"], "namespaces": ["notebooks", "argo-runs"]},
        "writers": {"groups": [], "namespaces": ["features"]},
    }
    assert configuration(engine)["auth"]["client_id"] == "feast"


def test_the_servers_start_when_the_definitions_are_applied():
    order = [made.name for made in built().made]
    applied = order.index("feast-apply-job")
    servers = ("online", "registry", "offline", "page")
    assert all(applied < order.index(f"feast-{part}-server") for part in servers)
    assert applied < order.index("feast-materialization-runs")


def test_the_definitions_are_applied_with_the_platforms_permissions():
    engine = built()
    assert {"drivers.py", "platform_permissions.py"} <= engine.only("ConfigMap", "feast-repository").inputs[
        "data"
    ].keys()
    mounted = [one.get("configMap", {}).get("name") for one in pod(engine, "feast-apply", "Job")["spec"]["volumes"]]
    # By its own name, which changes with its content: a changed repository makes another Job.
    assert "feast-repository-1a2b3c4d" in mounted


def test_readers_reach_the_servers_that_ask_for_a_token_and_no_other():
    engine = built(readers=["notebooks"])
    opened = [made for made in engine.all("NetworkPolicy") if made.name.endswith("-readers")]
    assert {made.name for made in opened} == {f"feast-{part}-readers" for part in ("online", "registry", "offline")}
    (rule,) = opened[0].inputs["spec"]["ingress"]
    places = [one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for one in rule["from"]]
    assert places == ["notebooks", "argo-runs"]


def test_the_catalogue_reads_the_registry_and_gets_no_key_to_feature_values():
    engine, told = Engine(), []

    def program() -> None:
        recipe = feast().recipe
        pulumi.Output.from_input(recipe.files["feature_store.yaml"]).apply(lambda text: told.append(json.loads(text)))
        told.append(set(recipe.secrets))

    engine.build(program)
    assert {"PGPASSWORD"} in told
    (document,) = [one for one in told if isinstance(one, dict)]
    assert document["registry"]["registry_type"] == "sql" and document["online_store"] == "none"


def test_a_run_ends_now_in_utc_and_never_meets_another():
    engine = built()
    schedule = engine.only("CronJob").inputs["spec"]
    assert schedule["concurrencyPolicy"] == "Forbid"
    (script,) = pod(engine, "feast-materialization", "CronJob")["spec"]["containers"][0]["command"][2:]
    assert script.endswith('materialize-incremental "$(date -u +%Y-%m-%dT%H:%M:%S)"')
    registry = configuration(engine)["registry"]
    assert registry["serve_features_while_materializing"] and registry["cache_mode"] == "sync"


def test_the_registry_is_watched_in_both_its_processes():
    grpc, rest = pod(built(), "feast-registry")["spec"]["containers"]
    assert grpc["livenessProbe"]["tcpSocket"]["port"] == 6570
    assert rest["livenessProbe"]["tcpSocket"]["port"] == 6572


def test_the_online_store_can_be_the_database():
    engine = built(online_store="database")
    block = configuration(engine)["online_store"]
    assert block["type"] == "postgres" and block["password"] == "${PGPASSWORD}"
    assert not [made.name for made in engine.made if "valkey" in str(made.inputs) or "-cache-" in made.name]


@pytest.mark.parametrize(
    ("chosen", "block"),
    [
        ({"kind": "files"}, {"type": "dask"}),
        (
            {"kind": "spark", "settings": {"spark.remote": "sc://spark:15002"}},
            {"type": "spark", "spark_conf": {"spark.remote": "sc://spark:15002"}},
        ),
        (
            {"kind": "bigquery", "project": "acme", "staging": "gs://staging/feast"},
            {
                "type": "bigquery",
                "project_id": "acme",
                "dataset": "feast",
                "gcs_staging_location": "gs://staging/feast",
            },
        ),
        (
            {**REDSHIFT, "workgroup": "features"},
            {
                "type": "redshift",
                "region": "eu-central-1",
                "database": "features",
                "workgroup": "features",
                "s3_staging_location": "s3://staging/feast",
                "iam_role": "arn:aws:iam::1:role/redshift",
            },
        ),
    ],
)
def test_each_offline_store_is_told_in_feasts_words(chosen: dict[str, Any], block: dict[str, Any]):
    assert configuration(built(offline_store=chosen))["offline_store"] == block


@pytest.mark.parametrize("given", [{}, {"cluster": "one"}, {"cluster": "one", "user": "feast", "workgroup": "two"}])
def test_redshift_is_either_serverless_or_a_cluster(given: dict[str, str]):
    with pytest.raises(ValidationError, match="either `workgroup`, or both `cluster` and `user`"):
        built(offline_store={**REDSHIFT, **given})


def test_a_cache_that_is_not_there_is_missed_before_anything_is_made():
    with pytest.raises(ValidationError, match="write `onlineStore: database`"):
        FeastArgs(
            settings=FeastSettings(repository="examples/features"),
            namespace="features",
            database=sql_client(),
            files=bucket(),
        )
