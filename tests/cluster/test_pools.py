"""Each stack's pools of GPUs, as nodes that the real scheduler sees: where a training job lands, and where not."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from components.compute import cluster as given
from components.compute import room
from components.compute.aws.settings import AwsSettings
from components.compute.gcp.settings import GcpSettings
from components.k8s.plain import plain
from components.pipelines.contracts import GpuPool
from local.cluster import api, simulated
from local.cluster.names import SIMULATED
from local.paths import REPOSITORY
from tests.cluster import probes
from tests.cluster.platform import KEY
from tests.cluster.probes import Manifest

ABSENT = "docker.io/library/unknown:1"
"""Nothing runs for it, so the cluster's own rule lets its pods onto nodes that don't exist."""

_NOT_DEVICES = ("cpu", "memory")


@dataclass(frozen=True)
class Pool:
    """One pool of a stack, and the nodes that stand for it."""

    stack: str
    group: Mapping[str, Any]

    @property
    def device(self) -> str:
        return next(one for one in self.group["room"] if one not in _NOT_DEVICES)

    @property
    def nodes(self) -> list[str]:
        return [f"{self.stack}-{self.group['name']}-{number}" for number in range(min(2, self.group["count"]))]

    def manifests(self) -> Iterator[Manifest]:
        """Like the embedded cluster's own, with the stack's labels, taints and capacity."""
        (like, *_) = simulated.nodes()
        room = self.group["room"]
        capacity = {**like["status"]["capacity"], **{key: str(int(value)) for key, value in room.items()}}
        keys = (taint.rpartition(":") for taint in self.group["taints"])
        taints = [(key.partition("="), effect) for key, _, effect in keys]
        for name in self.nodes:
            labels = {**like["metadata"]["labels"], "kubernetes.io/hostname": name, **self.group["labels"]}
            yield {
                **like,
                "metadata": {**like["metadata"], "name": name, "labels": labels},
                "spec": {"taints": [{"key": one[0], "value": one[2], "effect": effect} for one, effect in taints]},
                "status": {"capacity": capacity, "allocatable": capacity},
            }


def pools() -> list[Pool]:
    """Of all stacks; those with GPUs."""
    found = []
    clouds = {"aws": AwsSettings, "gcp": GcpSettings}
    for stack in ("onprem", "aws-dev", "aws-prod", "gcp-dev", "gcp-prod"):
        raw = yaml.safe_load((REPOSITORY / f"stacks/Pulumi.{stack}.yaml").read_text())["config"][KEY]["cluster"]
        if cloud := clouds.get(raw.get("kind")):
            groups = room.nodes(cloud.model_validate(raw), None)
        else:
            groups = given.nodes(given.GivenClusterSettings.model_validate(raw))
        found += [Pool(stack, group) for group in groups if group.get("taints")]
    return found


@pytest.fixture(params=pools(), ids=lambda pool: f"{pool.stack}-{pool.group['name']}")
def pool(request: pytest.FixtureRequest, embedded_cluster: None) -> Iterator[Pool]:
    """With its nodes ready, and gone at the end."""
    chosen: Pool = request.param
    made = list(chosen.manifests())
    try:
        for node in made:
            api.apply({key: value for key, value in node.items() if key != "status"})
            api.apply(node, "/status")
        for node in made:
            probes.eventually(lambda node=node: probes.is_ready(node), f"readiness of {node['metadata']['name']}")
        yield chosen
    finally:
        for node in made:
            if not probes.gone(node):
                api.call("DELETE", api.object_path(node))


@pytest.fixture
def space(pool: Pool, spaces: list[Manifest]) -> Iterator[str]:
    made = probes.namespace(f"test-{uuid.uuid4().hex[:8]}")
    spaces.append(made)
    name = made["metadata"]["name"]
    api.apply(made)
    yield name
    # At once and before the nodes go, as nobody is left then who could end them.
    for kind in (f"/apis/batch/v1/namespaces/{name}/jobs", f"/api/v1/namespaces/{name}/pods"):
        api.call("DELETE", f"{kind}?gracePeriodSeconds=0&propagationPolicy=Background")
    api.call("DELETE", api.object_path(made))


def job(space: str, name: str, pool: Pool, gpus: int, *, tolerant: bool = True) -> Manifest:
    """A training step, placed as every engine places it."""
    asked = GpuPool(resource=pool.device, taint=pool.group["taints"][0], node_labels=pool.group["labels"])
    placement = asked.placement(gpus)
    devices = {pool.device: str(gpus)}
    pod = probes.pod(
        space,
        name,
        ABSENT,
        nodeSelector=dict(placement.node_labels),
        tolerations=plain(placement.tolerations) if tolerant else [],
        restartPolicy="Never",
        container={"resources": {"requests": {"cpu": "100m", "memory": "64Mi", **devices}, "limits": devices}},
    )
    template = {"metadata": {"labels": {"job": name}}, "spec": pod["spec"]}
    spec = {"template": template, "backoffLimit": 0}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": space}, "spec": spec}


def pods(space: str, name: str) -> list[Manifest]:
    return list(api.call("GET", f"/api/v1/namespaces/{space}/pods?labelSelector=job%3D{name}")["items"])


def unschedulable(space: str, name: str) -> str:
    """What the scheduler says of a job's pod that no node may take; "" until it has looked."""
    conditions = [one for pod in pods(space, name) for one in pod["status"].get("conditions", [])]
    return next((one.get("message", "") for one in conditions if one.get("reason") == "Unschedulable"), "")


def test_a_training_job_lands_on_its_pool_and_one_that_the_pool_does_not_admit_lands_nowhere(pool: Pool, space: str):
    has = int(pool.group["room"][pool.device])
    api.apply(job(space, "whole-node", pool, has))
    placed = probes.eventually(
        lambda: [pod["spec"]["nodeName"] for pod in pods(space, "whole-node") if pod["spec"].get("nodeName")],
        "a place for the training job",
    )
    assert set(placed) <= set(pool.nodes)

    # As a preview tells: more than any node of the pool has.
    api.apply(job(space, "too-large", pool, has + 1))
    assert pool.device in probes.eventually(lambda: unschedulable(space, "too-large"), "the scheduler's refusal")

    api.apply(job(space, "intolerant", pool, 1, tolerant=False))
    assert "taint" in probes.eventually(lambda: unschedulable(space, "intolerant"), "the scheduler's refusal")


def test_a_pod_that_asks_for_no_gpu_stays_away_from_the_pool(pool: Pool, space: str):
    manifest = probes.pod(space, "plain", ABSENT)
    api.apply(manifest)
    node = probes.eventually(lambda: probes.read(manifest)["spec"].get("nodeName"), "a place for the pod")
    assert node not in pool.nodes
    assert SIMULATED in probes.read(manifest)["spec"]["nodeSelector"]
