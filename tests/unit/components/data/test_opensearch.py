"""Search, on the recording engine."""

import json

import pulumi
import pytest
from pydantic import ValidationError

from components.access import Access
from components.data.opensearch import configuration
from components.data.opensearch.opensearch import OpenSearch, OpenSearchArgs, OpenSearchSettings
from tests.recording import Engine


def built(access: Access | None = None, **settings: object) -> Engine:
    engine = Engine()
    args = OpenSearchArgs(settings=OpenSearchSettings(**settings), namespace="search", access=access or Access())
    engine.build(lambda: OpenSearch("opensearch", args))
    return engine


def container(engine: Engine, kind: str = "StatefulSet", name: str = "") -> dict:
    (only,) = engine.only(kind, name).inputs["spec"]["template"]["spec"]["containers"]
    return only


def environment(made: dict) -> dict[str, str]:
    return {one["name"]: one["value"] for one in made["env"] if "value" in one}


def mounted(engine: Engine, kind: str, name: str = "") -> set[str]:
    """Secrets that a pod sees as files."""
    volumes = engine.only(kind, name).inputs["spec"]["template"]["spec"]["volumes"]
    return {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}


@pytest.mark.parametrize("nodes", [0, 2, 5])
def test_a_number_of_nodes_that_makes_no_quorum_is_refused_with_the_ones_that_do(nodes: int):
    with pytest.raises(ValidationError, match="1 or 3"):
        OpenSearchSettings(nodes=nodes)


def test_a_pod_that_serves_knows_no_users_password_or_hash_but_of_the_one_who_has_it_write_to_its_disk():
    engine = built()
    assert "opensearch-backup-1a2b3c4d" in mounted(engine, "StatefulSet")
    with_users = [made.name for made in engine.all("Secret") if "generated-opensearch-admin" in str(made.inputs)]
    assert with_users == ["opensearch-accounts"]
    assert not mounted(engine, "StatefulSet") & {"opensearch-accounts-1a2b3c4d", "opensearch-administrator-1a2b3c4d"}


def added(kind: str) -> dict[str, dict]:
    changes = json.loads(configuration.accounts({"admin": "$2b$12$admin", "platform": "$2b$12$platform"})[kind])
    assert {change["op"] for change in changes} == {"add"}
    return {change["path"].removeprefix("/"): change["value"] for change in changes}


def test_users_are_kept_as_hashes_and_nobody_may_log_in_before_they_are_loaded():
    assert added("internalusers") == {
        "admin": {"hash": "$2b$12$admin", "reserved": True},
        "platform": {"hash": "$2b$12$platform", "reserved": True},
    }
    assert json.loads(configuration.access()["internal_users.yml"]).keys() == {"_meta"}


def test_the_platforms_user_makes_and_fills_indices_and_changes_no_user():
    rights = added("roles")["platform"]
    assert rights["index_permissions"] == [{"index_patterns": ["*"], "allowed_actions": ["indices_all"]}]
    assert not [one for one in rights["cluster_permissions"] if "security" in one or one in ("*", "cluster_all")]
    own = {who: {"users": [who]} for who in ("platform", "metrics", "backup")}
    assert added("rolesmapping") == {"all_access": {"users": ["admin"]}, **own}


def test_the_exporters_user_sees_figures_alone_and_the_back_ups_sees_nothing():
    rights = added("roles")
    assert rights["metrics"] == {"cluster_permissions": ["cluster_monitor"]}
    flush = {"index_patterns": ["*"], "allowed_actions": ["indices:admin/flush*"]}
    assert rights["backup"] == {"index_permissions": [flush]}


def test_a_back_up_waits_until_what_is_in_memory_is_on_the_disk():
    engine = built()
    said = engine.only("StatefulSet").inputs["spec"]["template"]["metadata"]["annotations"]
    command = json.loads(said["pre.hook.backup.velero.io/command"])
    assert command[0] == "curl" and command[-1].startswith("https://localhost:9200/_flush")
    paths = {one["mountPath"] for one in container(engine)["volumeMounts"]}
    assert all(path.rpartition("/")[0] in paths for path in command if path.startswith("/"))


def test_what_makes_the_certificates_may_touch_the_three_objects_that_they_go_to_and_nothing_else():
    rules = built().only("Role").inputs["rules"]
    assert [(rule["resources"], rule["verbs"], rule["resourceNames"]) for rule in rules] == [
        (["secrets"], ["get", "patch"], ["opensearch-node-1a2b3c4d", "opensearch-administrator-1a2b3c4d"]),
        (["configmaps"], ["patch"], ["opensearch-authority-1a2b3c4d"]),
    ]


def test_no_private_key_is_known_to_the_program():
    engine = built()
    for secret in ("opensearch-node", "opensearch-administrator"):
        assert not {"data", "stringData"} & engine.only("Secret", secret).inputs.keys()


def test_the_certificate_holds_for_every_name_that_clients_use():
    inside = environment(container(built(), "Job", "opensearch-certificates"))["NODE_NAMES"].split(",")
    assert {"dns:opensearch.search", "dns:opensearch.search.svc", "dns:*.opensearch-pods.search"} <= set(inside)
    outside = built(Access(through="node-port", address="192.0.2.7"))
    assert "ip:192.0.2.7" in environment(container(outside, "Job", "opensearch-certificates"))["NODE_NAMES"]


def test_three_nodes_start_together_and_are_taken_away_one_by_one():
    engine = built(nodes=3)
    assert engine.only("StatefulSet").inputs["spec"]["podManagementPolicy"] == "Parallel"
    assert engine.only("PodDisruptionBudget").inputs["spec"]["maxUnavailable"] == 1
    assert '"opensearch-pods.search"' in configuration.server("opensearch", "opensearch-pods.search", 3, "known")
    assert not built(nodes=1).all("PodDisruptionBudget")


def test_every_node_speaks_tls_on_both_ports_and_needs_no_setting_of_its_kernel():
    said = dict(line.split(": ", 1) for line in configuration.server("opensearch", "pods", 1, "known").splitlines())
    assert said["plugins.security.ssl.http.enabled"] == "true" and said["node.store.allow_mmap"] == "false"
    for layer in ("http", "transport"):
        assert said[f"plugins.security.ssl.{layer}.keystore_filepath"] == '"node.p12"'
    assert "plugins.security.disabled" not in said


def test_a_node_takes_traffic_once_it_knows_who_may_log_in():
    probe = container(built())["readinessProbe"]["httpGet"]
    assert probe["scheme"] == "HTTPS" and probe["path"] == "/_plugins/_security/health?mode=strict"


def test_its_wire_is_known_once_its_users_are_in():
    engine, told = Engine(), []

    def program() -> None:
        search = OpenSearch("opensearch", OpenSearchArgs(namespace="search")).search
        assert search.peer is not None and search.peer.ports == (9200,)
        pulumi.Output.all(search.url, search.username, search.password, search.password.is_secret()).apply(told.append)

    engine.build(program)
    assert told == [["https://opensearch.search:9200", "platform", "generated-opensearch-platform", True]]


def test_a_new_password_is_loaded_and_restarts_no_node():
    before, after = (built(password_rotation=number) for number in (1, 2))
    assert after.only("RandomPassword", "opensearch-platform").inputs["keepers"] == {"rotation": "2"}
    assert before.only("StatefulSet") == after.only("StatefulSet")
