"""PostgreSQL, databases on it, and the object store, on the recording engine."""

import json
from functools import partial

import pulumi
import pytest
from pydantic import ValidationError

from components.storage.contracts import Tls
from components.storage.database import Database, DatabaseArgs
from components.storage.object_store import ObjectStore, ObjectStoreArgs, ObjectStoreSettings
from components.storage.postgres import Postgres, PostgresArgs, PostgresSettings
from components.storage.users import identity_file
from tests.recording import Engine
from tests.unit.components.wires import sql_server


def store(**settings: object) -> ObjectStore:
    wanted = ObjectStoreSettings(**settings)
    folders = {"mlflow": ("runs",)}
    args = ObjectStoreArgs(settings=wanted, namespace="storage", buckets=("mlflow",), folders=folders)
    return ObjectStore("store", args)


def database(**changes: object) -> Database:
    args = {"server": sql_server(), "namespace": "databases", "owner": "mlflow", "names": ("mlflow", "mlflow_auth")}
    return Database("records", DatabaseArgs(**{**args, **changes}))


def allowed(*users: str) -> dict[str, set[str]]:
    identities = json.loads(identity_file(dict.fromkeys(users, "key")))["identities"]
    return {one["name"]: set(one["actions"]) for one in identities}


def test_a_buckets_key_opens_that_bucket_alone():
    users = allowed("admin", "mlflow")
    assert users["mlflow"] == {"Read:mlflow", "Write:mlflow", "List:mlflow", "Tagging:mlflow"}
    assert "Admin" in users["admin"]


def test_a_folders_key_opens_what_lies_in_it_and_sees_the_names_beside_it():
    opened = {f"{action}:mlflow/runs/*" for action in ("Read", "Write", "Tagging")}
    assert allowed("mlflow_runs") == {"mlflow_runs": {"List:mlflow", *opened}}


def test_a_folder_has_a_key_and_a_place_of_its_own():
    told = {}

    def program() -> None:
        made = store()
        for name, wire in {"whole": made.bucket("mlflow"), "folder": made.bucket("mlflow", "runs")}.items():
            pulumi.Output.all(wire.url, wire.access_key, wire.secret_key).apply(partial(told.__setitem__, name))

    Engine().build(program)
    assert told["whole"] == ["s3://mlflow", "mlflow", "generated-store-key-mlflow"]
    assert told["folder"] == ["s3://mlflow/runs", "mlflow_runs", "generated-store-key-mlflow_runs"]


def test_a_folder_that_nobody_asked_for_is_refused_with_the_remedy():
    with pytest.raises(KeyError, match="add it to `folders`"):
        Engine().build(lambda: store().bucket("mlflow", "other"))


def test_every_bucket_that_is_asked_for_is_made_once():
    engine = Engine()
    engine.build(lambda: store(buckets=("raw", "mlflow")))
    script = engine.only("Job").inputs["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "BUCKETS", "value": "mlflow raw"} in script["env"]


def test_a_bucket_that_nobody_asked_for_is_refused_with_the_remedy():
    with pytest.raises(KeyError, match="add it to `buckets`"):
        Engine().build(lambda: store().bucket("other"))


def test_the_stores_keys_are_in_one_secret_and_nowhere_else():
    engine = Engine()
    engine.build(store)
    assert [made.name for made in engine.made if "generated-store-key" in str(made.inputs)] == ["store-keys"]


def test_only_the_job_that_makes_buckets_reaches_the_stores_internal_ports():
    engine = Engine()
    engine.build(store)
    open_ports = {
        port["port"]
        for made in engine.all("NetworkPolicy")
        for rule in made.inputs["spec"].get("ingress", [])
        for port in rule["ports"]
        if "set-up" not in str(rule["from"])
    }
    assert open_ports == set()
    assert [port["port"] for port in engine.only("Service", "store-service").inputs["spec"]["ports"]] == [8333]


def test_two_copies_are_on_two_of_three_servers_that_never_share_a_node():
    engine = Engine()
    engine.build(lambda: store(copies=2))
    servers = engine.only("StatefulSet", "store-data").inputs["spec"]
    pod = servers["template"]["spec"]
    apart = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert servers["replicas"] == 3 and servers["podManagementPolicy"] == "Parallel"
    assert [one["topologyKey"] for one in apart] == ["kubernetes.io/hostname"]
    script = pod["containers"][0]["command"][2]
    # One more copy, in another rack: that is a node.
    assert "-master.defaultReplication=010" in script and '-rack="$NODE_NAME"' in script
    assert {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}} in pod["containers"][0][
        "env"
    ]
    assert {budget.inputs["spec"]["maxUnavailable"] for budget in engine.all("PodDisruptionBudget")} == {1}


@pytest.mark.parametrize(("size", "limit"), [("1Gi", 64), ("5Gi", 80), ("100Gi", 1024)])
@pytest.mark.parametrize("copies", [1, 2])
def test_a_small_disk_has_volumes_for_many_buckets_each_of_which_takes_one(size: str, limit: int, copies: int):
    engine = Engine()
    engine.build(lambda: store(size=size, copies=copies))
    (server,) = engine.only("StatefulSet").inputs["spec"]["template"]["spec"]["containers"]
    assert f"-master.volumeSizeLimitMB={limit}" in str(server)
    assert {"name": f"WEED_MASTER_VOLUME_GROWTH_COPY_{copies}", "value": "1"} in server["env"]


def test_all_gateways_ask_the_filers_in_the_same_order_so_that_one_reads_what_another_has_written():
    engine = Engine()
    engine.build(lambda: store(copies=2))
    gateway = engine.only("Deployment", "store-server").inputs["spec"]
    pods = engine.only("StatefulSet", "store-data").name + "-1a2b3c4d"
    filers = ",".join(f"{pods}-{number}.store-data-pods.storage:8888" for number in range(3))
    assert gateway["replicas"] == 2
    assert f"-filer={filers}" in gateway["template"]["spec"]["containers"][0]["args"]
    assert "-config=/etc/seaweedfs/identities.json" in gateway["template"]["spec"]["containers"][0]["args"]


def test_only_the_stores_own_parts_reach_the_ports_without_a_login_of_its_copies():
    engine = Engine()
    engine.build(lambda: store(copies=2))
    inside = {
        made.name
        for made in engine.all("NetworkPolicy")
        for rule in made.inputs["spec"].get("ingress", [])
        if {port["port"] for port in rule["ports"]} - {8333}
    }
    assert inside == {"store-among-servers-in", "store-to-servers-in", "store-buckets-in", "store-repair-in"}
    assert [port["port"] for port in engine.only("Service", "store-service").inputs["spec"]["ports"]] == [8333]


def test_second_copies_that_went_with_a_disk_are_made_again_by_the_clock():
    engine = Engine()
    engine.build(lambda: store(copies=2))
    job = engine.only("CronJob", "store-repair").inputs["spec"]
    assert "volume.fix.replication -apply" in str(job["jobTemplate"]) and job["suspend"] is False


@pytest.mark.parametrize("component", ["postgres", "store"])
def test_one_raised_number_makes_new_passwords(component: str):
    def keepers(rotation: int) -> list[str]:
        engine = Engine()
        if component == "store":
            engine.build(lambda: store(key_rotation=rotation))
        else:
            settings = PostgresSettings(password_rotation=rotation)
            engine.build(lambda: Postgres("postgres", PostgresArgs(settings=settings, namespace="databases")))
        return [made.inputs["keepers"]["rotation"] for made in engine.all("RandomPassword")]

    assert set(keepers(1)) == {"1"} and set(keepers(2)) == {"2"}


def test_a_back_up_of_the_database_waits_for_a_checkpoint():
    engine = Engine()
    engine.build(lambda: Postgres("postgres", PostgresArgs(namespace="databases")))
    said = engine.only("StatefulSet").inputs["spec"]["template"]["metadata"]["annotations"]
    assert "--command=CHECKPOINT" in json.loads(said["pre.hook.backup.velero.io/command"])


def test_a_databases_passwords_reach_its_job_by_a_secret_alone():
    engine = Engine()
    engine.build(database)
    for value in ("the-admin-password", "generated-records-owner"):
        assert [made.name for made in engine.made if value in str(made.inputs)] == ["records-owner"]


def test_an_administrator_who_is_no_superuser_joins_the_owner_before_giving_it_a_database():
    """As in RDS and Cloud SQL, where PostgreSQL would else say `must be member of role`."""
    engine = Engine()
    engine.build(database)
    script = engine.only("ConfigMap").inputs["data"]["set-up.sql"]
    joined = "SELECT format('GRANT %I TO CURRENT_USER', :'owner')\n"
    assert f"{joined}  FROM pg_roles WHERE rolname = CURRENT_USER AND NOT rolsuper \\gexec" in script
    assert script.index("CREATE ROLE") < script.index(joined) < script.index("CREATE DATABASE")


def test_the_job_that_makes_a_database_knows_the_server_by_its_authority():
    engine = Engine()
    tls = Tls(mode="verify-ca", authority="PEM")
    engine.build(lambda: database(server=sql_server().model_copy(update={"tls": tls})))
    container = engine.only("Job").inputs["spec"]["template"]["spec"]["containers"][0]
    known = {one["name"]: one["value"] for one in container["env"]}
    folder, _, file = known["PGSSLROOTCERT"].rpartition("/")
    assert known["PGSSLMODE"] == "verify-ca" and folder in {one["mountPath"] for one in container["volumeMounts"]}
    assert engine.only("ConfigMap", "records-set-up-authority").inputs["data"] == {file: "PEM"}


def test_a_name_that_sql_would_read_as_more_than_a_name_is_refused():
    with pytest.raises(ValidationError, match="write an SQL name"):
        database(names=("mlflow; drop database x",))


def test_a_server_outside_the_cluster_gets_no_network_policy():
    engine = Engine()
    engine.build(lambda: database(server=sql_server().model_copy(update={"peer": None})))
    assert not engine.all("NetworkPolicy")
