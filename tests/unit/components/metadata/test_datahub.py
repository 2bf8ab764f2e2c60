"""DataHub, on the recording engine."""

from typing import Any

import pytest

from components.metadata.datahub.engine import DataHub
from components.metadata.datahub.settings import DataHubArgs, DataHubSettings, OidcSettings, PartSettings
from tests.recording import Engine, Made
from tests.unit.components.wires import event_log, mysql_client, search, sql_client

OIDC = OidcSettings(
    discovery_url="https://id.example.org/.well-known/openid-configuration", client_id="d", secret="sso"
)


def built(database: Any = None, **settings: Any) -> Engine:
    engine = Engine()

    def program() -> None:
        args = DataHubArgs(
            settings=DataHubSettings(**settings),
            namespace="metadata",
            database=database or sql_client(),
            event_log=event_log(),
            search=search(),
        )
        DataHub("datahub", args)

    engine.build(program)
    return engine


def pod(made: Made) -> dict[str, Any]:
    spec = made.inputs["spec"]
    return spec.get("jobTemplate", {}).get("spec", spec)["template"]["spec"]


def env(made: Made) -> dict[str, str]:
    return {one["name"]: one["value"] for one in pod(made)["containers"][0]["env"]}


def order(engine: Engine) -> list[str]:
    return [made.name for made in engine.made if made.kind in {"Job", "Deployment"}]


def admitted(engine: Engine, to: str) -> set[str]:
    """Components that a policy lets into the pods of one component, or into another layer's."""
    return {
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
        for made in engine.all("NetworkPolicy")
        if made.name.endswith("-in") and to in str(made.inputs["spec"]["podSelector"])
        for rule in made.inputs["spec"]["ingress"]
        for peer in rule["from"]
    }


def test_it_is_set_up_in_the_order_in_which_its_parts_need_each_other():
    assert order(built()) == [
        "datahub-wait-job",
        "datahub-upgrade-job",
        "datahub-gms-server",
        "datahub-upgrade-rest-job",
        "datahub-frontend-server",
    ]


def test_consumers_of_their_own_start_after_the_upgrade_and_leave_the_service_alone():
    engine = built(consumers="standalone")
    names = order(engine)
    assert {"datahub-mae-consumer-server", "datahub-mce-consumer-server"} <= set(names[2:])
    switches = ("MAE_CONSUMER_ENABLED", "MCE_CONSUMER_ENABLED", "PE_CONSUMER_ENABLED")
    assert {env(engine.only("Deployment", "datahub-gms"))[key] for key in switches} == {"false"}
    assert {env(built().only("Deployment", "datahub-gms"))[key] for key in switches} == {"true"}


def test_whoever_writes_metadata_agrees_on_version_and_revision():
    engine = built(consumers="standalone")
    writers = [
        made for made in engine.made if made.kind in {"Job", "Deployment"} and "EBEAN_DATASOURCE_URL" in env(made)
    ]
    assert len(writers) == 5
    assert len({pod(made)["containers"][0]["image"].rpartition(":")[2] for made in writers}) == 1
    assert {env(made)["DATAHUB_REVISION"] for made in writers} == {"1"}


def test_no_secret_of_upstreams_is_left_and_each_is_made_once():
    engine = built()
    keys = engine.only("Secret", "datahub-keys").inputs["stringData"]
    for key in (
        "DATAHUB_SYSTEM_CLIENT_SECRET",
        "DATAHUB_TOKEN_SERVICE_SIGNING_KEY",
        "DATAHUB_TOKEN_SERVICE_SALT",
        "SECRET_SERVICE_ENCRYPTION_KEY",
    ):
        assert "generated-datahub-" in str(keys["value"][key])
    page = str(engine.only("Secret", "datahub-page").inputs["stringData"])
    assert "generated-datahub-system-client" in page and "EBEAN" not in page and "token-key" not in page
    assert "datahub:generated-datahub-administrator" in str(engine.only("Secret", "datahub-users").inputs)


def test_tokens_are_asked_for_and_nothing_is_told_to_the_outside():
    engine = built()
    gms, page = env(engine.only("Deployment", "datahub-gms")), env(engine.only("Deployment", "datahub-frontend"))
    assert gms["METADATA_SERVICE_AUTH_ENABLED"] == page["METADATA_SERVICE_AUTH_ENABLED"] == "true"
    assert gms["DATAHUB_TELEMETRY_ENABLED"] == "false" and gms["GRAPHQL_QUERY_INTROSPECTION_ENABLED"] == "false"
    assert page["GUEST_AUTHENTICATION_ENABLED"] == "false" and gms["ELASTICSEARCH_INSECURE"] == "false"


@pytest.mark.parametrize(("url", "secure"), [(None, "false"), ("https://datahub.example.org", "true")])
def test_cookies_are_kept_to_tls_where_there_is_tls(url: str | None, secure: str):
    assert env(built(public_url=url).only("Deployment", "datahub-frontend"))["AUTH_COOKIE_SECURE"] == secure


def test_with_single_sign_on_nobody_logs_in_with_a_password():
    made = built(oidc=OIDC, public_url="https://datahub.example.org").only("Deployment", "datahub-frontend")
    assert env(made)["AUTH_JAAS_ENABLED"] == env(made)["AUTH_NATIVE_ENABLED"] == "false"
    assert {"secretRef": {"name": "sso"}} in pod(made)["containers"][0]["envFrom"]


def test_the_metadata_service_is_reached_by_its_own_parts_alone():
    engine = built(consumers="standalone")
    gms = {"frontend", "mae-consumer", "mce-consumer", "gms", "upgrade", "upgrade-rest", "restoreindices"}
    assert admitted(engine, "'gms'") <= gms | {"restore"} and "frontend" in admitted(engine, "'gms'")
    assert engine.only("Service", "datahub-gms-service").inputs["spec"]["type"] == "ClusterIP"


def test_the_page_opens_no_database():
    assert "frontend" not in admitted(built(), "postgres") and {"gms", "wait"} <= admitted(built(), "postgres")


def test_its_records_may_be_on_mysql():
    found = env(built(database=mysql_client()).only("Deployment", "datahub-gms"))
    assert found["EBEAN_DATASOURCE_URL"] == "jdbc:mysql://mariadb.mysql:3306/datahub"
    assert found["EBEAN_DATASOURCE_DRIVER"] == "com.mysql.cj.jdbc.Driver"
    assert env(built().only("Deployment", "datahub-gms"))["EBEAN_DATASOURCE_DRIVER"] == "org.postgresql.Driver"


def test_the_wait_logs_in_to_all_three_and_its_passwords_are_in_a_secret():
    engine = built()
    job = engine.only("Job", "datahub-wait")
    assert "-password" not in str(job.inputs)
    known = str(engine.only("Secret", "datahub-wait").inputs["stringData"])
    for password in ("the-database-password", "the-kafka-password", "the-search-password"):
        assert password in known


def test_java_trusts_who_signed_for_search():
    gms = pod(built().only("Deployment", "datahub-gms"))
    assert [one["name"] for one in gms["initContainers"]] == ["trust"]
    assert {"/trust", "/tmp"} <= {mount["mountPath"] for mount in gms["containers"][0]["volumeMounts"]}


def test_several_replicas_of_the_service_share_what_they_cache():
    engine = built(gms=PartSettings(replicas=2, resources={"cpu": "1", "memory": "2Gi"}))
    assert env(engine.only("Deployment", "datahub-gms"))["SEARCH_SERVICE_CACHE_IMPLEMENTATION"] == "hazelcast"
    assert engine.only("Service", "datahub-gms-pods").inputs["spec"]["clusterIP"] == "None"
    assert engine.all("PodDisruptionBudget", "datahub-gms") and not built().all("Service", "datahub-gms-pods")


def test_search_can_be_made_anew_from_the_records_on_demand():
    spec = built().only("CronJob", "datahub-restore-indices").inputs["spec"]
    assert spec["suspend"] is True
    assert "RestoreIndices" in spec["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"]
