"""The exercise of all layers together: a step that learns from a Dataset and from features, on every engine."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from examples.argo import run as argo
from tests.cluster import test_airflow, test_argo, test_luigi, test_mlrun
from tests.cluster.evidence import eventually, model_versions
from tests.cluster.platform import Platform
from tests.cluster.prefect_api import PrefectApi

STEP = "ranking"
"""Of the stack file; the model is called so, too."""


STARTS: dict[str, Callable[[Platform, str], str]] = {
    "argo": lambda platform, step: argo.start(test_argo.connected(platform), step),
    "airflow": lambda platform, step: test_airflow.Api(platform).start(step),
    "prefect": lambda platform, step: PrefectApi.of(platform).start(step),
    "luigi": test_luigi.start,
    "mlrun": test_mlrun.start,
}


def run(platform: Platform, identity: str) -> dict[str, Any]:
    """What MLflow knows of a run."""
    endpoint = platform.endpoint("mlflow")
    login = endpoint["username"], endpoint["password"]
    url = f"{endpoint['url']}/api/2.0/mlflow/runs/get"
    answer = requests.get(url, params={"run_id": identity}, auth=login, timeout=30)
    answer.raise_for_status()
    return dict(answer.json()["run"])


def materialize(platform: Platform) -> None:
    """What the schedule does, now, so that features are online when a step asks for them."""
    job, place = f"at-once-{time.time_ns()}", ["-n", platform.namespace("features")]
    platform.kubectl("create", "job", job, "--from=cronjob/feast-materialization", *place)
    platform.kubectl("wait", f"job/{job}", "--for=condition=Complete", "--timeout=300s", *place)


@pytest.fixture(scope="session")
def ranked(platform: Platform) -> dict[str, dict[str, Any]]:
    """Engine -> the model's version that its run has registered. All engines that are on, at once."""
    materialize(platform)
    since = time.time() * 1000
    wanted = [engine for engine in STARTS if engine in platform.stack.outputs()["endpoints"]]
    for engine in wanted:
        STARTS[engine](platform, STEP)

    def registered() -> dict[str, dict[str, Any]]:
        """By the tag that each engine's steps have."""
        new = [one for one in model_versions(platform, STEP) if float(one["creation_timestamp"]) > since]
        spaces = {
            tag["value"]: version
            for version in new
            for tag in run(platform, version["run_id"])["data"]["tags"]
            if tag["key"] == "mlops.space"
        }
        return {engine: spaces[f"{engine}-steps"] for engine in wanted if f"{engine}-steps" in spaces}

    eventually(lambda: len(registered()) == len(wanted), f"{STEP} has ended on {', '.join(wanted)}", 420)
    return registered()
