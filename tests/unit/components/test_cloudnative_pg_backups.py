"""Back-ups of PostgreSQL with standbys: where they go, who is let in there, and what begins with them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi_kubernetes.core.v1 import ConfigMap
from pydantic import ValidationError

from components.k8s.cloud import CloudIdentity
from components.storage.cloudnative_pg.cluster import PostgresCluster, PostgresClusterArgs
from components.storage.contracts import Bucket
from reference.programs import environment, run
from tests.recording import Engine
from tests.unit.components.test_cloud_identity import Admissions, cloud_bucket, google_bucket
from tests.unit.components.test_cloudnative_pg import OPERATOR, PODS, cluster, made, settings, specification
from tests.unit.components.wires import bucket


def kept_by(store: Bucket, **said: object) -> Engine:
    """Where the cloud itself knows the pods."""
    engine = Engine()
    engine.build(lambda: cluster(store, **said))
    return engine


def test_what_is_written_goes_to_the_bucket_by_a_key_in_a_secret():
    engine = made(backup={"folder": "first", "keepDays": 7})
    backup = engine.only("Cluster").inputs["spec"]["backup"]
    place = backup["barmanObjectStore"]
    assert (place["destinationPath"], place["serverName"]) == ("s3://mlflow", "first")
    assert place["endpointURL"] == "http://object-store.storage:8333"
    assert place["s3Credentials"]["secretAccessKey"] == {
        "name": "postgres-bucket-1a2b3c4d",
        "key": "AWS_SECRET_ACCESS_KEY",
    }
    assert (backup["retentionPolicy"], backup["target"]) == ("7d", "prefer-standby")
    assert "the-bucket-key" in str(engine.only("Secret", "postgres-bucket").inputs)
    assert [one.name for one in engine.made if "the-bucket-key" in str(one.inputs)] == ["postgres-bucket"]


def test_barmans_client_adds_no_checksums_that_the_store_would_refuse():
    said = {one["name"]: one["value"] for one in specification()["env"]}
    assert said == {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
    }


def test_s3_is_opened_by_the_pods_role_and_no_key_is_anywhere():
    engine = kept_by(cloud_bucket(Admissions()))
    spec = engine.only("Cluster").inputs["spec"]
    place = spec["backup"]["barmanObjectStore"]
    assert place["s3Credentials"] == {"inheritFromIAMRole": True}
    assert place["destinationPath"] == "s3://acme-mlflow" and "endpointURL" not in place
    assert spec["env"] == [{"name": "AWS_DEFAULT_REGION", "value": "eu-west-1"}]
    assert not engine.all("Secret", "postgres-bucket") and "AWS_SECRET_ACCESS_KEY" not in str(spec)


def test_google_is_opened_by_workload_identity_and_no_word_is_for_s3():
    engine = kept_by(google_bucket(Admissions()))
    spec = engine.only("Cluster").inputs["spec"]
    place = spec["backup"]["barmanObjectStore"]
    assert place["googleCredentials"] == {"gkeEnvironment": True} and "s3Credentials" not in place
    assert place["destinationPath"] == "gs://acme-mlflow"
    assert "env" not in spec and not engine.all("Secret", "postgres-bucket")


def test_a_copy_for_google_may_be_as_large_as_the_volume_before_it_is_sent():
    for store, room in ((google_bucket(Admissions()), "30Gi"), (cloud_bucket(Admissions()), "1Gi"), (bucket(), "1Gi")):
        spec = kept_by(store, size="30Gi").only("Cluster").inputs["spec"]
        assert spec["ephemeralVolumesSizeLimit"] == {"shm": "256Mi", "temporaryData": room}


def test_the_account_that_the_operator_makes_is_let_in_once_and_may_look():
    identity = Admissions()
    kept_by(cloud_bucket(identity))
    assert identity.let_in == ["databases/postgres and looks"]


def test_no_pod_starts_before_its_account_is_let_in():
    class Written(Admissions):
        """By an object, as clouds have it."""

        def admit(self, name, account, namespace, opts):
            return ConfigMap(f"{name}-let-in", opts=opts).id

        def seeing(self):
            return self

    engine = kept_by(cloud_bucket(Written()))
    made, let_in = engine.only("Cluster"), engine.only("ConfigMap", "postgres-let-in")
    assert made.inputs["metadata"]["name"] == "postgres"
    assert (let_in.type, let_in.name) in engine.after[made.type, made.name]


def test_pods_get_out_to_a_clouds_store_and_to_who_tells_them_who_they_are():
    (way,) = kept_by(cloud_bucket(Admissions())).all("NetworkPolicy", "postgres-backups-out")
    assert way.inputs["spec"]["podSelector"] == {"matchLabels": PODS}
    assert [(rule["to"][0]["ipBlock"]["cidr"], rule["ports"][0]["port"]) for rule in way.inputs["spec"]["egress"]] == [
        ("0.0.0.0/0", 443),
        ("169.254.170.23/32", 80),
    ]


@pytest.mark.parametrize("store", [cloud_bucket, google_bucket])
def test_a_restore_reads_a_clouds_bucket_by_the_same_identity(store: Callable[[CloudIdentity], Bucket]):
    engine = kept_by(store(Admissions()), backup={"folder": "second"}, restore={"folder": "first"})
    spec = engine.only("Cluster").inputs["spec"]
    read, kept = spec["externalClusters"][0]["barmanObjectStore"], spec["backup"]["barmanObjectStore"]
    (way_in,) = {"s3Credentials", "googleCredentials"} & read.keys()
    assert read[way_in] == kept[way_in] and read["destinationPath"] == kept["destinationPath"]


def test_all_of_it_is_copied_at_once_and_then_by_the_clock_which_has_seconds():
    spec = made(backup={"schedule": "30 4 * * *"}).only("ScheduledBackup").inputs["spec"]
    assert (spec["schedule"], spec["immediate"], spec["method"]) == ("0 30 4 * * *", True, "barmanObjectStore")
    assert spec["cluster"] == {"name": "postgres"}


def test_without_back_ups_nothing_is_kept_elsewhere():
    engine = Engine()
    args = PostgresClusterArgs(settings=settings(backup=None), namespace="databases", operator=OPERATOR)
    engine.build(lambda: PostgresCluster("postgres", args))
    assert not engine.all("ScheduledBackup") and not engine.all("Secret", "postgres-bucket")
    assert not {"backup", "env"} & engine.only("Cluster").inputs["spec"].keys()


def test_back_ups_without_a_bucket_are_refused():
    with pytest.raises(ValidationError, match="`backups` is missing: give the bucket"):
        PostgresClusterArgs(settings=settings(), namespace="databases", operator=OPERATOR)


def test_a_restored_database_begins_with_anothers_copies_and_goes_on_in_a_folder_of_its_own():
    spec = specification(backup={"folder": "second"}, restore={"folder": "first", "until": "2026-11-01T09:00:00Z"})
    assert spec["bootstrap"] == {
        "recovery": {"source": "first", "recoveryTarget": {"targetTime": "2026-11-01T09:00:00Z"}}
    }
    (source,) = spec["externalClusters"]
    assert (source["name"], source["barmanObjectStore"]["serverName"]) == ("first", "first")
    assert spec["backup"]["barmanObjectStore"]["serverName"] == "second"
    assert specification(backup={"folder": "b"}, restore={"folder": "a"})["bootstrap"] == {"recovery": {"source": "a"}}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"restore": {"folder": "postgres"}}, "goes on in a folder of its own; write another backup.folder"),
        ({"restore": {"folder": "a"}, "backup": None}, "needs `backup`, whose bucket it reads"),
        ({"restore": {"folder": "a", "until": "yesterday"}}, "write a moment with its time zone"),
        ({"restore": {"folder": "a", "until": "2026-11-01T09:00:00"}}, "write a moment with its time zone"),
        ({"instances": 0}, "greater than or equal to 1"),
        ({"backup": {"schedule": "0 0 2 * * *"}}, "write five cron fields"),
    ],
)
def test_a_restore_or_a_schedule_that_cannot_be_is_refused(said: dict[str, Any], told: str):
    with pytest.raises(ValidationError, match=told):
        settings(**said)


def admission(stack: str, **said: object) -> Engine:
    raw = environment(Path(f"stacks/Pulumi.{stack}.yaml"))
    return run({**raw, "database": {**raw["database"], **said}})


def test_in_aws_the_pods_have_a_role_that_opens_the_back_ups_bucket_and_nothing_else():
    engine = admission("aws-dev")
    association = engine.only("PodIdentityAssociation", "postgres-pods").inputs
    assert (association["namespace"], association["serviceAccount"]) == ("databases", "postgres")
    assert association["roleArn"] == "arn:aws:test:::postgres-pods"
    given = json.loads(engine.only("RolePolicy", "postgres-pods").inputs["policy"])["Statement"]
    bucket = "arn:aws:test:::object-store-database-backups"
    assert [(one["Action"], one["Resource"]) for one in given] == [
        (["s3:ListBucket", "s3:GetBucketLocation"], [bucket]),
        (["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], [f"{bucket}/*"]),
        (["kms:Decrypt", "kms:GenerateDataKey"], ["arn:aws:test:::cluster-key"]),
    ]


def test_in_google_cloud_the_pods_write_into_the_back_ups_bucket_and_see_that_it_is_there():
    engine = admission("gcp-dev")
    subject = ".svc.id.goog/subject/ns/databases/sa/postgres"
    given = [one.inputs for one in engine.all("BucketIAMMember") if one.inputs["member"].endswith(subject)]
    assert {(one["bucket"], one["role"], one.get("condition")) for one in given} == {
        ("acme-ml-dev-database-backups", "roles/storage.objectUser", None),
        ("acme-ml-dev-database-backups", "roles/storage.legacyBucketReader", None),
    }


@pytest.mark.parametrize("stack", ["aws-dev", "gcp-dev"])
def test_without_back_ups_no_cloud_lets_the_pods_in(stack: str):
    engine = admission(stack, backup=None)
    assert not [one.name for one in engine.made if one.name in ("postgres-pods", "postgres-look")]


def test_another_cloud_takes_another_section_of_the_ground_alone():
    aws, gcp = (environment(Path(f"stacks/Pulumi.{stack}.yaml")) for stack in ("aws-dev", "gcp-dev"))
    assert {key for key in aws | gcp if aws.get(key) != gcp.get(key)} == {"cluster"}
