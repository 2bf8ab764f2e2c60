"""The tracking server, on the recording engine."""

import json
from functools import partial

import pulumi
import pytest

from components.access import Access
from components.tracking.contracts import Login
from components.tracking.hosts import allowed_hosts
from components.tracking.mlflow import Mlflow, MlflowArgs, MlflowSettings
from components.tracking.model_server import ModelServer, ModelServerArgs, ModelServerSettings
from tests.recording import SECRET_MARK, Engine
from tests.unit.components.wires import bucket, sql_client, tracking_server


def mlflow(**settings: object) -> Mlflow:
    args = MlflowArgs(
        settings=MlflowSettings(**settings), namespace="tracking", artifacts=bucket(), database=sql_client()
    )
    return Mlflow("mlflow", args)


def built(**settings: object) -> Engine:
    engine = Engine()
    engine.build(lambda: mlflow(**settings))
    return engine


MIGRATION, USERS = "mlflow-migration-job", "mlflow-users-job"


def pod(engine: Engine, name: str = "mlflow-server") -> dict:
    return engine.only("Job" if name.endswith("-job") else "Deployment", name).inputs["spec"]["template"]


def container(engine: Engine, name: str = "mlflow-server") -> dict:
    return pod(engine, name)["spec"]["containers"][0]


def environment(engine: Engine, name: str = "mlflow-server") -> dict[str, str]:
    return {one["name"]: one["value"] for one in container(engine, name)["env"]}


def test_passwords_and_keys_reach_one_secret_and_nothing_else():
    engine = built()
    for value in ("the-database-password", "the-bucket-key", "generated-mlflow-session-key"):
        assert [made.name for made in engine.made if value in str(made.inputs)] == ["mlflow-credentials"], value
    assert SECRET_MARK in str(engine.only("Secret", "mlflow-credentials").inputs["stringData"])


def test_the_administrators_password_is_with_the_server_and_the_job_that_makes_users_and_goes_no_further():
    engine = built()
    holders = [made.name for made in engine.made if "generated-mlflow-admin" in str(made.inputs)]
    assert sorted(holders) == ["mlflow-administrator", "mlflow-credentials"]
    assert container(engine, USERS)["envFrom"] == [{"secretRef": {"name": "mlflow-administrator-1a2b3c4d"}}]


def test_systems_log_in_as_a_user_who_edits_and_read_as_one_who_reads():
    told: dict[str, str] = {}

    def program() -> None:
        made = mlflow().tracking
        wires = {"pipelines": made, "server": made.read_only(), "catalogue": made.recipe}
        for name, wire in wires.items():
            login = wire.secrets if name == "catalogue" else wire.credentials
            pulumi.Output.all(*login.values()).apply(partial(told.__setitem__, name))

    engine = Engine()
    engine.build(program)
    reads = ["reader", "generated-mlflow-reader"]
    assert told == {"pipelines": ["writer", "generated-mlflow-writer"], "server": reads, "catalogue": reads}
    users = json.loads(engine.only("Secret", "mlflow-users").inputs["stringData"]["value"]["users.json"])
    assert {user: one["permission"] for user, one in users.items()} == {"writer": "EDIT", "reader": "READ"}


def test_new_passwords_of_users_are_made_by_one_number_and_the_administrators_stays():
    passwords = {made.name: made.inputs.get("keepers") for made in built(password_rotation=2).all("RandomPassword")}
    assert passwords["mlflow-writer"] == passwords["mlflow-reader"] == {"rotation": "2"}
    assert passwords["mlflow-admin"] is None


def test_where_there_is_one_login_alone_it_reads_too():
    server = tracking_server()
    assert server.read_only() == server


def test_a_served_model_is_loaded_by_who_reads_alone():
    reader = Login(username="reader", password="the-readers-password")
    server = tracking_server().model_copy(update={"reader": reader})
    wanted = ModelServerSettings(model="iris", version=1)
    engine = Engine()
    engine.build(lambda: ModelServer("iris", ModelServerArgs(settings=wanted, namespace="serving", tracking=server)))
    login = str(engine.only("Secret").inputs["stringData"])
    assert "the-readers-password" in login and "the-tracking-password" not in login


def test_the_service_selects_the_pods_it_fronts_and_not_the_migration():
    engine = built()
    selector = engine.only("Service").inputs["spec"]["selector"].items()
    assert selector <= pod(engine)["metadata"]["labels"].items()
    for job in (MIGRATION, USERS):
        assert not selector <= pod(engine, job)["metadata"]["labels"].items()


def test_the_migration_runs_the_version_that_the_server_runs_on_the_same_databases():
    engine = built()
    assert container(engine)["image"] == container(engine, MIGRATION)["image"]
    for name in ("MLFLOW_BACKEND_STORE_URI", "AUTH_DATABASE_URI"):
        assert environment(engine)[name] == environment(engine, MIGRATION)[name]


def test_no_database_url_holds_a_password():
    assert (
        environment(built())["MLFLOW_BACKEND_STORE_URI"]
        == "postgresql+psycopg2://mlflow@postgres.databases:5432/mlflow"
    )


def test_the_login_page_keeps_its_users_in_a_database_of_their_own():
    login = built().only("ConfigMap", "mlflow-login").inputs["data"]["auth.ini"]
    assert "database_uri = postgresql+psycopg2://mlflow@postgres.databases:5432/mlflow_auth\n" in login
    assert "default_permission = NO_PERMISSIONS" in login


def test_each_way_to_the_server_is_an_allowed_host_and_no_wildcard_covers_foreign_names():
    hosts = allowed_hosts("mlflow", 5000, "tracking", Access(through="node-port", address="192.0.2.7"))
    assert {"mlflow.tracking:5000", "mlflow.tracking.svc.cluster.local", "192.0.2.7:*"} <= set(hosts)
    assert "*" not in hosts


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("10.1.2.3:5000", True),
        ("10.244.255.10:5000", True),
        ("172.16.0.9:5000", True),
        ("172.31.200.1:5000", True),
        ("192.168.7.12:5000", True),
        ("100.64.0.1:5000", True),
        ("100.127.9.255:5000", True),
        ("mlflow.tracking:5000", True),
        ("localhost:8080", True),
        ("10.evil.example", False),
        ("10.evil.example:5000", False),
        ("10.1.2.3.evil.example:5000", False),
        ("192.168.1.evil.example:5000", False),
        ("100.64.x1:5000", False),
        ("172.32.0.1:5000", False),
        ("100.128.0.1:5000", False),
        ("11.1.2.3:5000", False),
    ],
)
def test_mlflow_answers_to_private_addresses_and_to_no_name_that_begins_like_one(host: str, answered: bool):
    from mlflow.server.security_utils import is_allowed_host_header  # a second, which no other test needs

    assert is_allowed_host_header(allowed_hosts("mlflow", 5000, "tracking", Access()), host) is answered


def test_several_replicas_are_spread_and_protected_from_evictions():
    engine = built(replicas=3)
    assert pod(engine)["spec"]["topologySpreadConstraints"]
    assert engine.only("PodDisruptionBudget").inputs["spec"]["maxUnavailable"] == 1
    assert not built(replicas=1).all("PodDisruptionBudget")


def ways_out(engine: Engine, job: str) -> set[str]:
    labels = pod(engine, job)["metadata"]["labels"].items()
    return {
        made.name
        for made in engine.all("NetworkPolicy")
        if made.name.endswith("-out") and made.inputs["spec"]["podSelector"]["matchLabels"].items() <= labels
    }


def test_the_migration_may_reach_the_database_but_not_the_bucket():
    engine = built()
    assert ways_out(engine, MIGRATION) == {"mlflow-database-out"}


def test_who_makes_users_may_reach_the_server_alone():
    assert ways_out(built(), USERS) == {"mlflow-users-out"}


def test_a_served_model_is_called_by_the_namespaces_that_are_named_and_by_no_other():
    def ways(**settings: object) -> list[dict]:
        wanted = ModelServerSettings(model="iris", version=1, **settings)
        args = ModelServerArgs(settings=wanted, namespace="serving", tracking=tracking_server())
        engine = Engine()
        engine.build(lambda: ModelServer("iris", args))
        spec = [made.inputs["spec"] for made in engine.all("NetworkPolicy", "iris")]
        return [one for one in spec if "Ingress" in one["policyTypes"] and "iris" in str(one["podSelector"])]

    (way,) = ways(callers=("shop", "argo-runs"))
    (rule,) = way["ingress"]
    assert [one["namespaceSelector"]["matchLabels"] for one in rule["from"]] == [
        {"kubernetes.io/metadata.name": "shop"},
        {"kubernetes.io/metadata.name": "argo-runs"},
    ]
    assert [port["port"] for port in rule["ports"]] == [8080]
    assert ways() == []
