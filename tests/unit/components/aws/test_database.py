"""PostgreSQL of RDS, on the recording engine: who reaches it, what keeps it, and on which machine it runs."""

from functools import cache

import pytest

from components.compute.aws.cluster import AwsCluster, AwsClusterArgs
from components.compute.aws.settings import AwsSettings
from components.storage.aws.machines import MACHINES, choose
from components.storage.cloud import CloudDatabaseSettings
from components.storage.contracts import SqlServer
from policies.guardrails.cost.prices import prices
from tests.recording import SECRET_MARK, Engine
from tests.unit.components.aws.test_cluster import SETTINGS

KEY = "arn:aws:test:::cluster-key"


def asked(**said: object) -> CloudDatabaseSettings:
    return CloudDatabaseSettings.model_validate({"kind": "cloud", **said})


@cache
def built(production: bool = True, standby: bool = True, authority: str | None = None) -> tuple[Engine, SqlServer]:
    engine, made = Engine(), []

    def program() -> None:
        settings = AwsSettings.model_validate({**SETTINGS, "production": production})
        cluster = AwsCluster("cluster", AwsClusterArgs(settings=settings))
        made.append(cluster.database("postgres", asked(standby=standby, authority=authority)).server)

    engine.build(program)
    return engine, made[0]


def test_it_has_no_public_address_and_stands_in_the_private_subnets():
    engine, _ = built()
    assert engine.only("Instance").inputs["publiclyAccessible"] is False
    private = sorted(f"cluster-network-private-{zone}-id" for zone in "abc")
    assert sorted(engine.only("SubnetGroup").inputs["subnetIds"]) == private


def test_only_the_nodes_and_pods_of_the_cluster_are_let_in():
    engine, server = built()
    rule = engine.only("SecurityGroupIngressRule", "postgres").inputs
    assert rule["referencedSecurityGroupId"] == "sg-nodes" and "cidrIpv4" not in rule
    assert (rule["fromPort"], rule["toPort"]) == (5432, 5432)
    assert engine.only("Instance").inputs["vpcSecurityGroupIds"] == [rule["securityGroupId"]]
    assert server.peer.ways == (("10.0.0.0/16", (5432,)),)


def test_data_insights_and_logs_are_encrypted_with_the_clusters_own_key():
    engine, _ = built()
    instance = engine.only("Instance").inputs
    assert instance["storageEncrypted"] is True
    assert instance["kmsKeyId"] == instance["performanceInsightsKmsKeyId"] == KEY
    groups = {made.inputs["name"]: made.inputs for made in engine.all("LogGroup", "postgres")}
    exported = instance["enabledCloudwatchLogsExports"]
    assert set(groups) == {f"/aws/rds/instance/mlops-postgres/{log}" for log in exported}
    assert {group["kmsKeyId"] for group in groups.values()} == {KEY}


def test_whoever_comes_without_encryption_is_turned_away_and_clients_verify_if_they_can():
    engine, server = built()
    group = engine.only("ParameterGroup").inputs
    said = {one["name"]: one["value"] for one in group["parameters"]}
    assert said["rds.force_ssl"] == "1" and group["family"] == "postgres15"
    assert engine.only("Instance").inputs["parameterGroupName"] == "records-by-tls"
    assert server.tls.environment() == {"PGSSLMODE": "require"}
    known = built(authority="PEM")[1].tls
    assert (known.mode, known.authority) == ("verify-full", "PEM")


def test_production_is_backed_up_and_can_not_be_deleted_and_a_trial_goes_in_one_go():
    kept, gone = (built(production)[0].only("Instance").inputs for production in (True, False))
    assert kept["backupRetentionPeriod"] == gone["backupRetentionPeriod"] == 14
    assert kept["deletionProtection"] is True and kept["skipFinalSnapshot"] is False
    assert kept["finalSnapshotIdentifier"] == "mlops-postgres-final" and kept["deleteAutomatedBackups"] is False
    assert gone["deletionProtection"] is False and gone["skipFinalSnapshot"] is True


def test_a_standby_in_another_zone_is_there_unless_it_is_not_wanted():
    assert [built(standby=one)[0].only("Instance").inputs["multiAz"] for one in (True, False)] == [True, False]


def test_storage_grows_and_back_ups_and_maintenance_do_not_meet():
    instance = built()[0].only("Instance").inputs
    assert (instance["allocatedStorage"], instance["maxAllocatedStorage"]) == (100, 500)
    assert instance["backupWindow"] == "23:00-23:45" and instance["maintenanceWindow"] == "sun:03:00-sun:03:45"


def test_the_password_is_generated_and_secret_wherever_it_goes():
    engine, _ = built()
    assert SECRET_MARK in str(engine.only("Instance").inputs["password"])


@pytest.mark.parametrize(
    ("said", "machine"),
    [
        ({"cpu": 1, "memory": "2Gi"}, "db.t4g.medium"),
        ({}, "db.m7g.large"),
        ({"memory": "12Gi"}, "db.r6g.large"),
        ({"cpu": 4, "memory": "16Gi"}, "db.m7g.xlarge"),
        ({"cpu": 3, "memory": "20Gi"}, "db.r6g.xlarge"),
        ({"cpu": 64, "memory": "256Gi"}, "db.m7g.16xlarge"),
    ],
)
def test_cpu_and_memory_lead_to_the_cheapest_machine_that_has_both(said: dict, machine: str):
    assert choose(asked(**said)) == machine


def test_what_no_machine_has_is_refused_with_what_there_is():
    with pytest.raises(ValueError, match="write no more than 64 and 256Gi"):
        choose(asked(memory="300Gi"))


def test_the_cheapest_machine_comes_first_by_the_price_list():
    known = [prices({}).of(machine.name) for machine in MACHINES]
    assert None not in known and known == sorted(known)
