"""PostgreSQL with standbys: what each database says, what it keeps elsewhere, who reaches its pods."""

import base64
from typing import Any

from components.k8s.network import Peer
from components.storage.cloudnative_pg.cluster import PostgresCluster, PostgresClusterArgs, _pem
from components.storage.cloudnative_pg.contracts import DatabaseOperator
from components.storage.cloudnative_pg.settings import OperatedDatabaseSettings
from components.storage.contracts import Bucket, SqlServer
from components.storage.database import Database, DatabaseArgs
from tests.recording import SECRET_MARK, Engine
from tests.unit.components.wires import bucket

OPERATOR = DatabaseOperator(ready="running", peer=Peer("cloudnative-pg", {"app": "operator"}, (10250, 8080)))
PODS = {"cnpg.io/cluster": "postgres"}


def settings(**said: object) -> OperatedDatabaseSettings:
    return OperatedDatabaseSettings.model_validate({"kind": "operator", **said})


def cluster(backups: Bucket | None = None, **said: object) -> PostgresCluster:
    args = PostgresClusterArgs(
        settings=settings(**said), namespace="databases", operator=OPERATOR, backups=backups or bucket()
    )
    return PostgresCluster("postgres", args)


def made(**said: object) -> Engine:
    engine = Engine()
    engine.build(lambda: cluster(**said))
    return engine


def specification(**said: object) -> dict[str, Any]:
    return made(**said).only("Cluster").inputs["spec"]


def ways_in(engine: Engine, pods: dict[str, str]) -> dict[int, list[dict[str, Any]]]:
    """Port of these pods -> who gets there."""
    found: dict[int, list[dict[str, Any]]] = {}
    for policy in engine.all("NetworkPolicy"):
        spec = policy.inputs["spec"]
        for rule in spec.get("ingress", []) if spec["podSelector"]["matchLabels"] == pods else []:
            for port in rule["ports"]:
                found.setdefault(port["port"], []).extend(rule["from"])
    return found


def test_a_client_gets_the_same_wire_as_from_any_other_server():
    server = Engine().build(lambda: cluster().server)
    assert isinstance(server, SqlServer)
    assert (server.port, server.username, server.tls.mode) == (5432, "postgres", "verify-full")
    assert server.peer == Peer("databases", PODS, (5432,))


def test_a_database_is_made_on_it_by_the_primarys_name_which_the_certificate_has():
    engine = Engine()

    def program() -> None:
        args = DatabaseArgs(server=cluster().server, namespace="databases", owner="mlflow", names=("mlflow",))
        Database("records", args)

    engine.build(program)
    (container,) = engine.only("Job").inputs["spec"]["template"]["spec"]["containers"]
    said = {one["name"]: one["value"] for one in container["env"]}
    assert said["PGHOST"] == "postgres-rw.databases"
    assert (said["PGSSLMODE"], said["PGSSLROOTCERT"]) == ("verify-full", "/etc/database-authority/authority.pem")
    assert container["image"].startswith("docker.io/library/postgres:")


def test_the_authority_is_read_from_where_the_operator_keeps_it_once_that_is_there():
    engine = made()
    assert engine.only("Secret", "postgres-authority").inputs == {}
    order = [one.name for one in engine.made]
    assert order.index("postgres-authority") > order.index("postgres-cluster")
    assert _pem({"ca.crt": base64.b64encode(b"the-authority").decode(), "ca.key": "c2VjcmV0"}) == "the-authority"
    assert _pem(None) == ""  # as a preview sees it


def test_the_superusers_password_is_in_one_secret_that_instances_reload():
    engine = made()
    assert [one.name for one in engine.made if "generated-postgres-admin" in str(one.inputs)] == ["postgres-admin"]
    secret = engine.only("Secret", "postgres-admin").inputs
    assert secret["type"] == "kubernetes.io/basic-auth"
    assert secret["metadata"]["labels"]["cnpg.io/reload"] == "true"
    assert SECRET_MARK in str(secret["stringData"])
    spec = engine.only("Cluster").inputs["spec"]
    assert spec["enableSuperuserAccess"] is True and spec["superuserSecret"] == {"name": "postgres-admin-1a2b3c4d"}


def test_another_rotation_makes_another_password():
    kept = [made(password_rotation=number).only("RandomPassword").inputs["keepers"] for number in (1, 2)]
    assert kept[0] != kept[1]


def test_instances_are_apart_and_what_is_committed_is_on_a_standby():
    spec = specification()
    assert spec["instances"] == 3
    assert spec["affinity"]["podAntiAffinityType"] == "required"
    assert spec["postgresql"]["synchronous"] == {"method": "any", "number": 1, "dataDurability": "preferred"}
    assert specification(apart=False)["affinity"]["podAntiAffinityType"] == "preferred"
    assert specification(durability="required")["postgresql"]["synchronous"]["dataDurability"] == "required"


def test_a_server_alone_waits_for_no_standby_and_holds_up_nobody_who_empties_its_node():
    spec = specification(instances=1)
    assert "synchronous" not in spec["postgresql"] and spec["enablePDB"] is False
    assert "enablePDB" not in specification(instances=2)


def test_size_class_memory_and_parameters_are_those_of_the_file():
    spec = specification(
        size="30Gi",
        storageClass="fast",
        resources={"cpu": "2", "memory": "4Gi", "memoryLimit": "8Gi"},
        parameters={"max_connections": "300"},
    )
    assert spec["storage"] == {"size": "30Gi", "storageClass": "fast"}
    assert spec["resources"] == {"requests": {"cpu": "2", "memory": "4Gi"}, "limits": {"memory": "8Gi"}}
    parameters = spec["postgresql"]["parameters"]
    assert (parameters["shared_buffers"], parameters["max_connections"]) == ("1024MB", "300")
    assert parameters["password_encryption"] == "scram-sha-256"


def test_what_instances_write_beside_their_volume_is_bounded():
    assert specification()["ephemeralVolumesSizeLimit"] == {"shm": "256Mi", "temporaryData": "1Gi"}


def test_the_program_waits_until_the_database_is_ready_and_until_all_of_it_is_gone():
    annotations = made().only("Cluster").inputs["metadata"]["annotations"]
    assert annotations["pulumi.com/waitFor"] == "condition=Ready"
    assert annotations["pulumi.com/deletionPropagationPolicy"] == "foreground"


def test_clients_come_by_their_own_wire_the_operator_asks_the_pods_and_they_follow_each_other():
    engine = made()
    selected = [one["podSelector"]["matchLabels"] for one in ways_in(engine, PODS)[8000]]
    assert selected == [PODS, {"app": "operator"}]
    assert [one["podSelector"]["matchLabels"] for one in ways_in(engine, PODS)[5432]] == [PODS]


def test_instances_get_to_the_kubernetes_api_and_to_the_bucket_and_nowhere_else():
    out = [
        one.inputs["spec"]
        for one in made().all("NetworkPolicy")
        if one.inputs["spec"]["policyTypes"] == ["Egress"] and one.inputs["spec"]["podSelector"]["matchLabels"] == PODS
    ]
    ports = sorted(port["port"] for spec in out for rule in spec["egress"] for port in rule["ports"])
    assert ports == [443, 5432, 6443, 8000, 8333, 8443, 16443]
