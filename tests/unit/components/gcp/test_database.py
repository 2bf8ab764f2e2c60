"""PostgreSQL of Cloud SQL, on the recording engine: who reaches it, what keeps it, and on which machine it runs."""

from functools import cache
from ipaddress import IPv4Network

import pulumi
import pytest

from components.compute.gcp.cluster import GcpCluster, GcpClusterArgs
from components.compute.gcp.settings import GcpSettings
from components.storage.cloud import CloudDatabaseSettings
from components.storage.contracts import SqlServer
from components.storage.gcp.machines import choose
from tests.recording import SECRET_MARK, Engine
from tests.unit.components.gcp.test_cluster import SETTINGS


def asked(**said: object) -> CloudDatabaseSettings:
    return CloudDatabaseSettings.model_validate({"kind": "cloud", **said})


@cache
def built(production: bool = True, standby: bool = True) -> tuple[Engine, SqlServer, list]:
    engine, made, authority = Engine(), [], []

    def program() -> pulumi.Output:
        settings = GcpSettings.model_validate({**SETTINGS, "production": production})
        cluster = GcpCluster("cluster", GcpClusterArgs(settings=settings))
        made.append(cluster.database("postgres", asked(standby=standby)).server)
        return pulumi.Output.from_input(made[0].tls.authority).apply(authority.append)

    engine.build(program)
    return engine, made[0], authority


def instance(**how: bool) -> dict:
    return built(**how)[0].only("DatabaseInstance").inputs


def test_it_has_no_public_address_and_no_network_is_let_in_by_name():
    network = instance()["settings"]["ipConfiguration"]
    assert network["ipv4Enabled"] is False and "authorizedNetworks" not in network
    assert network["privateNetwork"] == "cluster-network-vpc-id"


def test_its_address_comes_from_a_range_of_its_own_that_pods_are_let_out_to():
    engine, server, _ = built()
    reserved = engine.only("GlobalAddress").inputs
    range_ = f"{reserved['address']}/{int(reserved['prefixLength'])}"
    assert server.peer.ways == ((range_, (5432,)),)
    nodes = engine.only("Subnetwork").inputs
    used = [nodes["ipCidrRange"], *(one["ipCidrRange"] for one in nodes["secondaryIpRanges"])]
    assert not any(IPv4Network(range_).overlaps(IPv4Network(one)) for one in used)
    peering = engine.only("Connection").inputs
    assert peering["service"] == "servicenetworking.googleapis.com" and peering["reservedPeeringRanges"] == ["postgres"]


def test_it_is_encrypted_with_the_clusters_key_which_its_own_account_alone_is_given():
    given = built()[0].only("CryptoKeyIAMMember", "postgres").inputs
    assert given["role"] == "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    assert given["member"] == "serviceAccount:sql@test.iam.gserviceaccount.com"
    assert built()[0].only("ServiceIdentity").inputs["service"] == "sqladmin.googleapis.com"
    assert instance()["encryptionKeyName"] == "cluster-key-id"


def test_whoever_comes_without_encryption_is_turned_away_and_clients_know_the_instance_by_its_own_authority():
    assert instance()["settings"]["ipConfiguration"]["sslMode"] == "ENCRYPTED_ONLY"
    _, server, authority = built()
    assert server.tls.mode == "verify-ca"
    assert authority == ["-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----\n"]


def test_production_is_backed_up_and_can_not_be_deleted_and_a_trial_goes_in_one_go():
    kept, gone = instance(production=True), instance(production=False)
    backups = kept["settings"]["backupConfiguration"]
    assert backups["enabled"] and backups["pointInTimeRecoveryEnabled"] and backups["transactionLogRetentionDays"] == 7
    assert backups["backupRetentionSettings"] == {"retainedBackups": 14, "retentionUnit": "COUNT"}
    for made, is_kept in ((kept, True), (gone, False)):
        settings = made["settings"]
        assert made["deletionProtection"] is settings["deletionProtectionEnabled"] is is_kept
        assert settings["finalBackupConfig"]["enabled"] is settings["retainBackupsOnDelete"] is is_kept


def test_a_standby_in_another_zone_is_there_unless_it_is_not_wanted():
    chosen = [instance(standby=one)["settings"]["availabilityType"] for one in (True, False)]
    assert chosen == ["REGIONAL", "ZONAL"]


def test_storage_grows_and_back_ups_and_maintenance_do_not_meet():
    settings = instance()["settings"]
    assert (settings["diskSize"], settings["diskAutoresize"], settings["diskAutoresizeLimit"]) == (100, True, 500)
    assert settings["maintenanceWindow"] == {"day": 7, "hour": 3, "updateTrack": "stable"}
    assert settings["backupConfiguration"]["startTime"] == "23:00"


def test_the_password_is_generated_and_secret_wherever_it_goes():
    assert SECRET_MARK in str(built()[0].only("User").inputs["password"])


@pytest.mark.parametrize(
    ("said", "tier"),
    [
        ({"cpu": 1, "memory": "2Gi"}, "db-custom-1-3840"),
        ({}, "db-custom-2-8192"),
        ({"cpu": 3, "memory": "8Gi"}, "db-custom-4-8192"),
        ({"cpu": 2, "memory": "16Gi"}, "db-custom-4-16384"),
        ({"cpu": 1, "memory": "6Gi"}, "db-custom-1-6144"),
        ({"cpu": 16, "memory": "4Gi"}, "db-custom-16-14848"),
    ],
)
def test_cpu_and_memory_lead_to_the_smallest_tier_that_google_has(said: dict, tier: str):
    assert choose(asked(**said)) == tier


def test_what_no_tier_has_is_refused_with_what_there_is():
    with pytest.raises(ValueError, match="write no more than 624Gi"):
        choose(asked(memory="700Gi"))
