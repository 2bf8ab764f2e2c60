"""MLflow as its users have it: the real client, from outside the cluster, against the real pods."""

import os
from collections.abc import Iterator

import mlflow
import pytest
import requests
from botocore.exceptions import ClientError
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from components.tracking.contracts import THROUGH_THE_SERVER
from tests.cluster.evidence import bucket, eventually, kill
from tests.cluster.platform import Platform

MODEL = "by-hand"


@pytest.fixture(scope="module", autouse=True)
def client(platform: Platform) -> Iterator[mlflow.MlflowClient]:
    """Configured as README tells: by environment variables."""
    endpoint = platform.endpoint("mlflow")
    told = {
        "MLFLOW_TRACKING_URI": endpoint["url"],
        "MLFLOW_TRACKING_USERNAME": endpoint["username"],
        "MLFLOW_TRACKING_PASSWORD": endpoint["password"],
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "8",
        **THROUGH_THE_SERVER,
    }
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    mlflow.set_tracking_uri(endpoint["url"])
    yield mlflow.MlflowClient()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


def train(depth: float = 1.0, name: str = MODEL) -> mlflow.models.model.ModelInfo:
    features, labels = load_iris(return_X_y=True, as_frame=True)
    mlflow.set_experiment("cluster-tests")
    with mlflow.start_run():
        mlflow.log_param("strength", depth)
        mlflow.log_metric("accuracy", 0.5)
        model = LogisticRegression(C=depth, max_iter=500).fit(features, labels)
        return mlflow.sklearn.log_model(model, name="model", registered_model_name=name)


def test_a_run_with_its_model_is_logged_registered_and_loaded_back(client: mlflow.MlflowClient):
    logged = train()
    run = client.get_run(logged.run_id)
    assert run.data.params["strength"] == "1.0" and run.data.metrics["accuracy"] == 0.5
    assert run.info.artifact_uri.startswith("mlflow-artifacts:/"), "the client would need a key to the bucket"
    client.set_registered_model_alias(MODEL, "champion", logged.registered_model_version)
    features, labels = load_iris(return_X_y=True, as_frame=True)
    loaded = mlflow.sklearn.load_model(f"models:/{MODEL}@champion")
    assert loaded.score(features, labels) > 0.9


def test_the_alias_moves_to_the_next_version(client: mlflow.MlflowClient):
    first, second = train(), train(0.5)
    client.set_registered_model_alias(MODEL, "champion", first.registered_model_version)
    client.set_registered_model_alias(MODEL, "champion", second.registered_model_version)
    assert client.get_model_version_by_alias(MODEL, "champion").version == str(second.registered_model_version)


def test_the_artefact_is_in_the_bucket_and_the_bucket_is_closed_to_others(platform: Platform):
    logged = train()
    url = platform.endpoint("object-store")["url"]
    model_id = logged.model_id
    held = bucket(platform).list_objects_v2(Bucket="mlflow")["Contents"]
    assert any(model_id in one["Key"] and one["Size"] > 0 for one in held)
    with pytest.raises(ClientError):
        bucket(platform, ("admin", "wrong" * 8)).list_objects_v2(Bucket="mlflow")
    assert requests.get(f"{url}/mlflow", timeout=10).status_code == 403


@pytest.mark.parametrize("login", [None, ("admin", "wrong"), ("nobody", "wrong")])
def test_whoever_does_not_log_in_is_refused(platform: Platform, login: tuple[str, str] | None):
    url = f"{platform.endpoint('mlflow')['url']}/api/2.0/mlflow/experiments/search"
    assert requests.post(url, json={"max_results": 1}, auth=login, timeout=30).status_code == 401


def test_a_foreign_host_header_is_refused(platform: Platform):
    endpoint = platform.endpoint("mlflow")
    login = (endpoint["username"], endpoint["password"])
    url = f"{endpoint['url']}/api/2.0/mlflow/experiments/search"
    answer = requests.post(url, json={"max_results": 1}, auth=login, headers={"Host": "attacker.example"}, timeout=30)
    assert answer.status_code == 403


def test_metrics_are_served_to_those_who_log_in(platform: Platform):
    endpoint = platform.endpoint("mlflow")
    login = (endpoint["username"], endpoint["password"])
    assert "mlflow_http_request_total" in requests.get(f"{endpoint['url']}/metrics", auth=login, timeout=30).text


def test_a_project_runs_as_a_job_and_logs_to_the_server(platform: Platform, client: mlflow.MlflowClient):
    namespace, job = platform.namespace("projects"), f"by-test-{os.urandom(4).hex()}"
    platform.kubectl("create", "job", job, "--from=cronjob/training", "-n", namespace)
    platform.kubectl("wait", "--for=condition=complete", f"job/{job}", "-n", namespace, "--timeout=300s")
    experiment = client.get_experiment_by_name("training")
    (run,) = client.search_runs([experiment.experiment_id], max_results=1)
    assert run.info.status == "FINISHED" and run.data.metrics["accuracy"] > 0.8
    assert run.data.params["strength"] == "0.5", "the parameter of the stack file"
    assert client.get_model_version_by_alias("iris", "champion").run_id == run.info.run_id


def test_a_model_is_served_at_the_version_named_and_rolls_to_the_next(platform: Platform):
    train(1.0, "served")
    train(0.5, "served")
    body = {"dataframe_split": load_iris(as_frame=True).data.head(2).to_dict(orient="split", index=False)}

    def serve(version: int) -> str:
        section = {"served": {"model": "served", "version": version, "replicas": 1}}
        platform.configure({**platform.environment, "modelServers": section})
        platform.stack.up()
        return platform.endpoint("served")["url"]

    for version in (1, 2):
        url = serve(version)
        answer = requests.post(f"{url}/invocations", json=body, timeout=60)
        assert answer.json() == {"predictions": [0, 0]}
        pods = platform.kubectl("get", "pods", "-n", platform.namespace("serving"), "-o", "yaml")
        assert f"models:/served/{version}" in pods


def test_killed_pods_come_back_and_nothing_is_lost(platform: Platform, client: mlflow.MlflowClient):
    logged = train()
    with mlflow.start_run() as run:
        mlflow.log_metric("before", 1)
        for layer in ("tracking", "databases"):
            kill(platform, layer, "app.kubernetes.io/component=server")

        def logs_again() -> bool:
            try:
                mlflow.log_metric("after", 2)
            except mlflow.MlflowException:
                return False
            return True

        eventually(logs_again, "the server takes metrics again", 240)
    assert client.get_run(run.info.run_id).data.metrics == {"before": 1, "after": 2}
    assert mlflow.sklearn.load_model(f"models:/{MODEL}/{logged.registered_model_version}")
