"""The metadata catalogue: the stack's own recipes read what runs, and DataHub Lite is asked what they have found."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from typing import Any

import pytest

from local.paths import REPOSITORY
from tests.cluster.data import lite
from tests.cluster.evidence import bucket
from tests.cluster.platform import Platform

LAYER = "metadata"
SOURCE = "pipelines/lineage/drivers.csv"
TABLE = "driver_id,trips_today,rating\n1001,4,3.1\n1002,9,4.2\n1003,12,4.8\n"
SERVICE, FEATURE = "drivers.driver_ranking", "urn:li:mlFeature:(drivers.driver_statistics,rating)"


class FeatureServer(BaseHTTPRequestHandler):
    """Answers one question as Feast's online server does, for stacks without Feast."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        drivers = asked["entities"]["driver_id"]
        values = [drivers, [driver / 300 for driver in drivers]]
        names = ["driver_id", "driver_statistics__rating"]
        answer = {"metadata": {"feature_names": names}, "results": [{"values": column} for column in values]}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *words: Any) -> None:
        """Nothing to say."""


@pytest.fixture(scope="module")
def features() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), FeatureServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def trained(platform: Platform, features: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The example of lineage, run once: the model's version and the run's id."""
    bucket(platform).put_object(Bucket="pipelines", Key=SOURCE.partition("/")[2], Body=TABLE.encode())
    table = tmp_path_factory.mktemp("dataset") / "drivers.csv"
    table.write_text(TABLE)
    mlflow = platform.endpoint("mlflow")
    told = {
        "MLFLOW_TRACKING_URI": mlflow["url"],
        "MLFLOW_TRACKING_USERNAME": mlflow["username"],
        "MLFLOW_TRACKING_PASSWORD": mlflow["password"],
        "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "false",
        "MLFLOW_EXPERIMENT_NAME": "lineage",
        "TABLE": str(table),
        "TABLE_SOURCE": SOURCE,
        "FEATURES_URL": features,
        "FEATURES_SERVICE": SERVICE,
    }
    program = [sys.executable, str(REPOSITORY / "examples/lineage/train.py"), "drivers"]
    done = subprocess.run(program, env={**os.environ, **told}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    words = next(line for line in done.stdout.splitlines() if line.startswith("registered")).split()
    return {"version": words[3], "run": words[-1]}


@pytest.fixture(scope="module")
def catalogue(platform: Platform, trained: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What all recipes of the stack find together."""
    return lite.read(platform, *lite.systems(platform))


def test_each_layer_that_is_on_has_a_recipe(platform: Platform):
    on = {"mlflow", "airflow", "prefect", "feast"} & set(platform.stack.outputs()["endpoints"])
    assert {"bucket-pipelines", *on} <= set(lite.systems(platform))


def test_a_models_record_leads_to_its_run_to_the_table_and_to_the_features(
    catalogue: dict[str, dict[str, Any]], trained: dict[str, str]
):
    model = catalogue[f"urn:li:mlModel:(urn:li:dataPlatform:mlflow,drivers_{trained['version']},PROD)"]
    assert model["mlModelProperties"]["groups"] == ["urn:li:mlModelGroup:(urn:li:dataPlatform:mlflow,drivers,PROD)"]
    assert model["mlModelProperties"]["mlFeatures"] == [FEATURE]
    (run,) = model["mlModelProperties"]["trainingJobs"]
    assert catalogue[run]["mlTrainingRunProperties"]["id"] == trained["run"]
    read = {edge["destinationUrn"] for edge in catalogue[run]["dataProcessInstanceInput"]["inputEdges"]}
    upstream = {source["dataset"] for dataset in read for source in catalogue[dataset]["upstreamLineage"]["upstreams"]}
    table, service = f"urn:li:dataset:(urn:li:dataPlatform:s3,{SOURCE},PROD)", dataset_urn("feast", SERVICE)
    assert upstream == {table, service}
    # The bucket's own recipe has found the same file, and knows what is in it.
    columns = [field["fieldPath"] for field in catalogue[table]["schemaMetadata"]["fields"]]
    assert any("trips_today" in column for column in columns)


def dataset_urn(platform: str, name: str) -> str:
    return f"urn:li:dataset:(urn:li:dataPlatform:{platform},{name},PROD)"


@pytest.mark.parametrize("engine", ["airflow", "prefect"])
def test_the_steps_of_an_engine_are_known(platform: Platform, catalogue: dict[str, dict[str, Any]], engine: str):
    assert engine in platform.stack.outputs()["endpoints"], f"name {engine} among the --layers"
    (flow,) = [urn for urn in catalogue if urn.startswith(f"urn:li:dataFlow:({engine},") and ",training," in urn]
    assert catalogue[flow]["dataFlowInfo"]["externalUrl"].startswith("http")
    assert [urn for urn in catalogue if urn.startswith(f"urn:li:dataJob:({flow},")]


def test_nothing_is_set_up_before_sql_kafka_and_search_have_answered(platform: Platform):
    place = ["-n", platform.namespace(LAYER)]
    found = json.loads(platform.kubectl("get", "jobs,deployments", *place, "-o", "json"))["items"]
    made = {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in found}
    log = platform.kubectl("logs", f"job/{made['wait']['metadata']['name']}", *place)
    assert {line.partition(":")[0] for line in log.splitlines() if "not yet" not in line} == {"sql", "kafka", "search"}
    order = ["wait", "upgrade", "gms", "upgrade-rest", "frontend"]
    for earlier, later in pairwise(order):
        assert done(made[earlier]) <= started(made[later]), f"{later} before {earlier}"


def started(made: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(made["metadata"]["creationTimestamp"])


def done(made: dict[str, Any]) -> datetime:
    """A Job's end; a Deployment's first readiness."""
    if end := made["status"].get("completionTime"):
        return datetime.fromisoformat(end)
    (available,) = [one for one in made["status"]["conditions"] if one["type"] == "Available"]
    return datetime.fromisoformat(available["lastTransitionTime"])
