"""A bucket that is opened by who a pod is: no key is anywhere, and who may get in can do so before its pods start."""

import json
from dataclasses import dataclass, field

import pytest
from pulumi import Output
from pydantic import ValidationError

from components.data.dataset import DatasetArgs
from components.k8s.cloud import CloudIdentity
from components.k8s.network import Outside
from components.pipelines.airflow.configuration import logs
from components.pipelines.argo.configuration import repository
from components.storage.contracts import Bucket
from components.tracking.mlflow import Mlflow, MlflowArgs
from tests.recording import Engine
from tests.unit.components.wires import BUCKET, sql_client

WAY = Outside((("0.0.0.0/0", (443,)), ("169.254.170.23/32", (80,))))


@dataclass(frozen=True)
class Admissions(CloudIdentity):
    """Notes whom it lets in."""

    let_in: list[str] = field(default_factory=list)
    reader: bool = False
    looks: bool = False

    def admit(self, name, account, namespace, opts):
        def note(known: list[str]) -> str:
            self.let_in.append(
                f"{known[1]}/{known[0]}{' to read' if self.reader else ''}{' and looks' if self.looks else ''}"
            )
            return "in"

        return Output.all(account, namespace).apply(note)

    def read_only(self):
        return Admissions(self.let_in, reader=True)

    def seeing(self):
        return Admissions(self.let_in, looks=True)


def cloud_bucket(identity: CloudIdentity) -> Bucket:
    return Bucket(name="acme-mlflow", region="eu-west-1", identity=identity, peer=WAY)


def tracked() -> tuple[Engine, Admissions]:
    engine, identity = Engine(), Admissions()
    args = {"namespace": "tracking", "artifacts": cloud_bucket(identity), "database": sql_client()}
    engine.build(lambda: Mlflow("mlflow", MlflowArgs(**args)))
    return engine, identity


def test_the_server_is_let_in_and_its_migration_is_not():
    _, identity = tracked()
    assert identity.let_in == ["tracking/mlflow-account-1a2b3c4d"]


def test_no_key_is_left_where_there_was_one():
    engine, _ = tracked()
    assert not [made.name for made in engine.made if "AWS_ACCESS_KEY_ID" in str(made.inputs)]


def test_the_way_out_leads_to_the_cloud_and_to_who_tells_a_pod_who_it_is():
    engine, _ = tracked()
    way = engine.only("NetworkPolicy", "mlflow-artifacts").inputs["spec"]
    assert way["policyTypes"] == ["Egress"]
    assert [(rule["to"][0]["ipBlock"]["cidr"], rule["ports"][0]["port"]) for rule in way["egress"]] == [
        ("0.0.0.0/0", 443),
        ("169.254.170.23/32", 80),
    ]


def test_argo_asks_the_cloud_who_it_is_where_there_is_no_key():
    by_key, by_identity = (repository(bucket, "s")["s3"] for bucket in (Bucket(**BUCKET), cloud_bucket(Admissions())))
    assert by_identity["useSDKCreds"] is True and "accessKeySecret" not in by_identity
    assert "useSDKCreds" not in by_key and by_key["accessKeySecret"]["name"] == "s"


def google_bucket(identity: CloudIdentity) -> Bucket:
    return Bucket(name="acme-mlflow", region="europe-west4", scheme="gs", identity=identity, peer=WAY)


def test_a_bucket_of_google_is_told_by_its_own_scheme_and_by_nothing_of_amazon():
    engine, args = Engine(), {"namespace": "tracking", "database": sql_client()}
    args["artifacts"] = google_bucket(Admissions())
    engine.build(lambda: Mlflow("mlflow", MlflowArgs(**args)))
    (container,) = engine.only("Deployment").inputs["spec"]["template"]["spec"]["containers"]
    environment = {one["name"]: one.get("value") for one in container["env"]}
    assert environment["MLFLOW_ARTIFACTS_DESTINATION"] == "gs://acme-mlflow"
    assert "AWS_" not in str([made.inputs for made in engine.made])


def test_argo_and_the_metadata_catalogue_ask_google_who_their_pod_is():
    bucket = google_bucket(Admissions())
    assert "Secret" not in str(repository(bucket, "s")) and repository(bucket, "s")["gcs"]["bucket"] == "acme-mlflow"
    assert bucket.recipe.source == "gcs" and bucket.recipe.config["auth_type"] == "workload_identity"
    assert bucket.recipe.environment == {} and bucket.recipe.cloud.reader


def test_airflow_has_a_connection_of_the_cloud_that_keeps_its_logs_and_no_key_in_it():
    amazon, google = (logs(bucket(Admissions())) for bucket in (cloud_bucket, google_bucket))
    assert amazon["AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID"] == "aws_default"
    assert json.loads(amazon["AIRFLOW_CONN_AWS_DEFAULT"])["extra"] == {"region_name": "eu-west-1"}
    assert google["AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID"] == "google_cloud_default"
    assert json.loads(google["AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT"]) == {"conn_type": "google_cloud_platform"}
    assert not [key for key in google if "AWS" in key]


def test_the_metadata_catalogue_may_read_and_no_more():
    assert cloud_bucket(Admissions()).recipe.cloud.reader


def test_the_clouds_own_store_is_told_no_address_and_no_exception():
    assert cloud_bucket(Admissions()).environment == {"AWS_REGION": "eu-west-1"}


KEY = {"access_key": "a", "secret_key": "b"}


@pytest.mark.parametrize("way_in", [{}, {"access_key": "a"}, {**KEY, "identity": Admissions()}])
def test_a_bucket_has_one_way_in(way_in: dict):
    with pytest.raises(ValidationError, match="either `access_key` and `secret_key`, or an `identity`"):
        Bucket(name="b", region="r", **way_in)


def test_a_client_that_is_too_old_for_identities_is_refused():
    args = {"settings": {"source": "b/c", "mount": "/d", "quota": "1Gi"}, "plane": None}
    with pytest.raises(ValidationError, match="older than the identities of pods"):
        DatasetArgs(**args, bucket=cloud_bucket(Admissions()))
