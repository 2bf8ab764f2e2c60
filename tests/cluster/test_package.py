"""A program outside this tree, with the components from the wheel alone, deploys MLflow, and a client logs to it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.tracking.contracts import THROUGH_THE_SERVER
from local import plugins, toolchain
from local.paths import KUBECONFIG
from tests.cluster.evidence import eventually
from tests.cluster.platform import kubectl
from tests.engine import package
from tests.engine import project as projects
from tests.engine.project import Project

NAMESPACE = "consumer"
MANIFEST = "name: test\nruntime:\n  name: python\n  options:\n    virtualenv: venv\n"
PROGRAM = f"""
    import exquisite_mlops as mlops

    small = {{"cpu": "20m", "memory": "256Mi", "memory_limit": "1536Mi"}}
    inside = pulumi.ResourceOptions(provider=k8s.Provider("cluster"))
    here = {{"namespace": mlops.Namespace("place", mlops.NamespaceArgs(name={NAMESPACE!r}), inside).name}}
    stored = {{"size": "1Gi", "resources": small}}
    store = mlops.ObjectStore("store", mlops.ObjectStoreArgs(**here, settings=stored, buckets=("models",)), inside)
    postgres = mlops.Postgres("postgres", mlops.PostgresArgs(**here, settings=stored), inside)
    names = (mlops.TRACKING_DATABASE, mlops.AUTH_DATABASE)
    owned = mlops.DatabaseArgs(**here, server=postgres.server, owner="mlflow", names=names)
    mlflow = mlops.Mlflow(
        "mlflow",
        mlops.MlflowArgs(
            **here,
            settings={{"replicas": 1, "workers": 1, "resources": {{**small, "memory": "512Mi"}}}},
            artifacts=store.bucket("models"),
            database=mlops.Database("records", owned, inside).client,
            access=mlops.Access(through="node-port"),
        ),
        inside,
    )
    pulumi.export("mlflow", mlflow.endpoint.export())
"""
CLIENT = """
import mlflow
mlflow.set_experiment("consumer")
with mlflow.start_run() as run:
    mlflow.log_metric("accuracy", 0.97)
    mlflow.log_text("kept", "note.txt")
print(mlflow.get_run(run.info.run_id).data.metrics["accuracy"])
print(mlflow.artifacts.load_text(f"{run.info.artifact_uri}/note.txt"))
"""


@pytest.fixture
def consumer(embedded_cluster: None, tmp_path: Path) -> Iterator[Project]:
    """A project of another repository, with the wheel in its own environment; what it makes is destroyed."""
    base = {**projects.base_environment(tmp_path / "home"), "KUBECONFIG": str(KUBECONFIG)}
    made = projects.make(tmp_path, plugins.environment(base, toolchain.build(toolchain.ENGINE, print)))
    (made.folder / "Pulumi.yaml").write_text(MANIFEST)
    package.install(package.build(tmp_path / "dist"), made.folder / "venv")
    made.write(PROGRAM)
    yield made
    made.destroy()
    eventually(lambda: not kubectl("get", "namespace", NAMESPACE, "--ignore-not-found"), "the namespace is gone")


def test_a_consumer_of_the_wheel_deploys_mlflow_and_a_client_logs_to_it(consumer: Project):
    consumer.up()
    assert consumer.preview().changes.keys() <= {"unchanged"}
    endpoint = consumer.outputs()["mlflow"]
    told = {
        "MLFLOW_TRACKING_URI": endpoint["url"],
        "MLFLOW_TRACKING_USERNAME": endpoint["username"],
        "MLFLOW_TRACKING_PASSWORD": endpoint["password"],
        **THROUGH_THE_SERVER,
    }
    done = subprocess.run(
        [sys.executable, "-c", CLIENT], env={**os.environ, **told}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-2:] == ["0.97", "kept"]
