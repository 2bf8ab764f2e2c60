"""Nodes that are there already, on a real API server: what a pool changes of them, what it asks of them."""

import json

import pytest

from local.paths import REPOSITORY
from tests.engine.project import Project
from tests.engine.server import Server

NODE = "rack-gpu-1"
PROGRAM = f"""
    import json, sys
    sys.path.insert(0, {str(REPOSITORY)!r})
    from components.compute.cluster import GivenCluster, GivenClusterArgs, GivenClusterSettings
    settings = GivenClusterSettings.model_validate({{"gpuPools": {{"training": json.loads(POOL)}}}})
    GivenCluster("cluster", GivenClusterArgs(settings=settings))
"""
HAS = {"cpu": "64", "memory": "512Gi", "nvidia.com/gpu": "4"}


@pytest.fixture
def node(server: Server) -> str:
    """As its administrator has left it."""
    manifest = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": {"rack": "a"}}}
    server.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    status = json.dumps({"status": {"capacity": HAS, "allocatable": HAS}})
    server.kubectl("patch", "node", NODE, "--subresource=status", "--type=merge", "-p", status)
    return NODE


def program(node: str = NODE, gpus: int = 4) -> str:
    """One pool of one node."""
    pool = {"accelerator": "A100-80", "perNode": gpus, "nodes": [node], "cpu": 60, "memory": "400Gi"}
    return PROGRAM.replace("POOL", repr(json.dumps(pool)))


def of_the_pool(server: Server) -> tuple[str | None, list[str]]:
    """Its label, and the taints of GPU nodes; those by which controllers speak of the node's health are left out."""
    live = server.get("node", NODE)
    taints = [one["key"] for one in live["spec"].get("taints", []) if not one["key"].startswith("node.kubernetes.io/")]
    assert live["metadata"]["labels"]["rack"] == "a"
    return live["metadata"]["labels"].get("mlops/pool"), taints


def test_a_pool_marks_its_nodes_asks_what_they_have_and_lets_them_go(
    project: Project, server: Server, node: str
) -> None:
    project.write(program())
    project.preview()
    project.up()
    assert of_the_pool(server) == ("training", ["nvidia.com/gpu"])
    assert set(project.up().changes) == {"unchanged"}

    project.write(program(gpus=8))
    assert f"the node {NODE} offers 4 nvidia.com/gpu, not 8" in project.refused("preview")
    assert f"the node {NODE} offers 4 nvidia.com/gpu, not 8" in project.refused("up", "--yes", "--skip-preview")

    project.write(program())
    project.up()
    project.destroy()
    # Its controller has found the node without a kubelet meanwhile, so the list of taints is no longer the pool's.
    assert of_the_pool(server)[0] is None


def test_a_node_that_is_not_there_is_named(project: Project, server: Server) -> None:
    project.write(program("no-such-node"))
    assert "there is no such object to patch" in project.refused("up", "--yes", "--skip-preview")


def test_taints_of_another_program_are_not_taken_away(project: Project, server: Server, node: str) -> None:
    server.kubectl("taint", "node", NODE, "team=vision:NoSchedule", "--field-manager=racks")
    project.write(program())
    assert "racks" in project.refused("up", "--yes", "--skip-preview")
    label, taints = of_the_pool(server)
    assert label is None and "team" in taints
    server.kubectl("taint", "node", NODE, "team-")
