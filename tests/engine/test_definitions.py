"""What `make check` says of a custom resource, a real API server says of it, too."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from components.compute.queues.definitions import KueueDefinitions, KueueDefinitionsArgs
from components.data.fluid.alluxio import runtime
from components.data.fluid.definitions import FluidDefinitions, FluidDefinitionsArgs
from components.data.fluid.settings import CacheSettings
from local.plugins.planned import custom
from tests.cluster.evidence import eventually
from tests.engine.server import Server
from tests.engine.test_queues import Manifest, manifest
from tests.recording import Engine

FLUID, KUEUE = "data.fluid.io/v1alpha1", "kueue.x-k8s.io/v1beta1"
MOUNT = {"name": "lake", "mountPoint": "s3://lake/", "readOnly": True, "options": {"a": "b"}}
QUOTA = {"name": "cpu", "nominalQuota": 8, "borrowingLimit": "500m"}


def dataset(**changed: Any) -> Manifest:
    return made(FLUID, "Dataset", {"placement": "Shared", "mounts": [MOUNT], **changed})


def queue(quota: dict[str, Any] = QUOTA, **changed: Any) -> Manifest:
    group = {"coveredResources": ["cpu"], "flavors": [{"name": "all", "resources": [quota]}]}
    return made(KUEUE, "ClusterQueue", {"resourceGroups": [group], "namespaceSelector": {}, **changed})


def made(version: str, kind: str, spec: Any) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "one"}, "spec": spec}


@pytest.fixture(scope="module")
def kinds(server: Server) -> Iterator[dict[tuple[str, str], custom.Definition]]:
    """The definitions of the platform, as the check reads them; the server has them, too."""
    engine = Engine()

    def program() -> None:
        KueueDefinitions("queues", KueueDefinitionsArgs())
        FluidDefinitions("fluid", FluidDefinitionsArgs())

    engine.build(program)
    definitions = [manifest(one) for one in engine.all("CustomResourceDefinition")]
    names = [f"crd/{one['metadata']['name']}" for one in definitions]
    everything = json.dumps({"apiVersion": "v1", "kind": "List", "items": definitions})
    try:
        server.kubectl("apply", "--server-side", "-f", "-", stdin=everything)
        server.kubectl("wait", "--for=condition=Established", "--timeout=60s", *names)
        eventually(lambda: "datasets" in server.kubectl("api-resources"), "the kinds are known")
        yield custom.defined((custom.DEFINITION, one) for one in definitions)
    finally:
        server.kubectl("delete", "--ignore-not-found", "--wait=false", *names)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (dataset(), ""),
        (dataset(mounts=[{**MOUNT, "mountpoint": "x"}]), "mountpoint"),
        (dataset(acessModes=[]), "acessModes"),
        (dataset(placement="shared"), "placement"),
        (dataset(mounts=[{"name": "lake"}]), "mountPoint"),
        (dataset(mounts=[]), "mounts"),
        (dataset(nodeAffinity={"required": {"any": "thing"}}), ""),
        (made(FLUID, "AlluxioRuntime", runtime(CacheSettings(quota="1Gi"), 1, "key")), ""),
        (made(FLUID, "AlluxioRuntime", {"replicas": "2"}), "replicas"),
        (queue(), ""),
        (queue({**QUOTA, "nominalQuota": True}), "nominalQuota"),
        (queue({"name": "cpu"}), "nominalQuota"),
        (queue(cohort=["all"]), "cohort"),
        (queue(preemption={"reclaimWithinCohort": "Ever"}), "reclaimWithinCohort"),
        (made(KUEUE, "LocalQueue", {"clusterQueue": "blue", "stopPolicy": "None"}), ""),
        (made(KUEUE, "ResourceFlavor", {"nodeTaints": [{"key": "a"}]}), "effect"),
    ],
)
def test_the_verdict_is_the_servers(
    server: Server, kinds: dict[tuple[str, str], custom.Definition], given: Manifest, field: str
):
    name = custom.named(f"kubernetes:{given['apiVersion']}:{given['kind']}")
    found = list(kinds[name.group, name.kind].wrong(name, given))
    command = [str(server.binary), "--kubeconfig", str(server.kubeconfig)]
    asked = subprocess.run(
        [*command, "create", "--dry-run=server", "--validate=strict", "-n", "default", "-f", "-"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
    )
    assert (asked.returncode == 0) == (not field) == (not found), (asked.stderr, found)
    assert field in asked.stderr and all(path.endswith(field) for path, _ in found)
