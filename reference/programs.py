"""The whole program of a stack file on the recording engine."""

import json
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import yaml

from components.compute.cluster import GivenClusterSettings
from reference.recording import Engine

ROOT = Path(__file__).resolve().parents[1]
KEY = "exquisite-mlops:environment"


def run(raw: dict[str, Any]) -> Engine:
    """All that the program registers for that environment. Raises what the program raises."""
    engine = Engine(nodes=nodes(raw))
    pulumi.runtime.set_all_config({KEY: json.dumps(raw)})
    engine.build(lambda: runpy.run_path(str(ROOT / "__main__.py")))
    return engine


def nodes(raw: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The cluster's GPU nodes, each with what the stack file says it has."""
    cluster = raw.get("cluster", {})
    if cluster.get("kind", "given") != "given":
        return {}
    return {
        node: {"cpu": str(pool.cpu), "memory": pool.memory, pool.resource: str(pool.seen_per_node)}
        for pool in GivenClusterSettings.model_validate(cluster).gpu_pools.values()
        for node in pool.nodes
    }


def environment(file: Path) -> dict[str, Any]:
    """What a stack file says. Paths in it are seen from the top of the tree."""
    return yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["config"][KEY]


@cache
def whole(file: Path) -> Engine:
    """Of a stack file, its path given from the top of the tree."""
    return run(environment(file))
