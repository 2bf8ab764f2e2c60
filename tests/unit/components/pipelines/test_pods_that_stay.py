"""That no autoscaler of nodes moves a pod which runs to its end, whoever makes it."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.k8s.workload import STAYS
from reference.programs import whole
from tests.recording import Engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return whole(Path("stacks/Pulumi.local.yaml"))


def file(engine: Engine, start: str, name: str) -> Any:
    """Of the one ConfigMap of that name which has it."""
    (text,) = [made.inputs["data"][name] for made in engine.all("ConfigMap", start) if name in made.inputs["data"]]
    return json.loads(text)


def of_argo(engine: Engine) -> dict[str, Any]:
    return engine.only("WorkflowTemplate", "argo-training").inputs["spec"]["templates"][0]


def of_airflow(engine: Engine) -> dict[str, Any]:
    return file(engine, "airflow-worker", "training.pod.json")


def of_prefect(engine: Engine) -> dict[str, Any]:
    return file(engine, "prefect", "training.json")["job"]["spec"]["template"]


def of_luigi(engine: Engine) -> dict[str, Any]:
    return file(engine, "luigi-training", "step.json")["job"]["spec"]["template"]


def of_mlrun(engine: Engine) -> dict[str, Any]:
    """A function, whose annotations MLRun gives to its pods."""
    return next(one for one in file(engine, "mlrun", "functions.json") if one["metadata"]["name"] == "training")


@pytest.mark.parametrize("step", [of_argo, of_airflow, of_prefect, of_luigi, of_mlrun])
def test_a_step_is_not_moved_in_its_middle_on_any_engine(engine: Engine, step: Any):
    assert step(engine)["metadata"]["annotations"] == STAYS


def test_nor_is_what_watches_a_step(engine: Engine):
    flow = file(engine, "prefect", "template.json")["job_configuration"]["job_manifest"]["spec"]["template"]
    task = file(engine, "airflow", "worker.json")
    (client,) = [made.inputs["spec"]["jobTemplate"] for made in engine.all("CronJob", "luigi-training")]
    assert all(pod["metadata"]["annotations"] == STAYS for pod in (flow, task, client["spec"]["template"]))


def test_nor_is_any_job_while_servers_may_be(engine: Engine):
    jobs = [made.inputs["spec"]["template"] for made in engine.all("Job")]
    assert jobs and all(pod["metadata"]["annotations"].items() >= STAYS.items() for pod in jobs)
    servers = [made.inputs["spec"]["template"]["metadata"] for made in engine.all("Deployment")]
    assert servers and not any(server.get("annotations", {}).keys() & STAYS.keys() for server in servers)
