"""The platform as its users have it: a stack of one's own, and real clients at its endpoints."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local import cluster, plugins, toolchain
from local.paths import KUBECONFIG, REPOSITORY
from local.stack import Stack
from stacks.mistakes import NEEDS

KEY = "exquisite-mlops:environment"
ENGINES = ("argo", "prefect", "airflow", "luigi", "mlrun")

_STEPS = REPOSITORY / "tests/cluster/steps"
_NAMESPACES = {
    ("objectStore", "namespace"): "storage",
    ("database", "namespace"): "databases",
    ("cache", "namespace"): "cache",
    ("eventLog", "namespace"): "event-log",
    ("search", "namespace"): "search",
    ("fluid", "namespace"): "fluid",
    ("fluid", "nodeNamespace"): "fluid-nodes",
    ("fluid", "datasetsNamespace"): "datasets",
    ("tracking", "namespace"): "tracking",
    ("alluxio", "namespace"): "alluxio",
    ("mysql", "namespace"): "mysql",
    ("features", "namespace"): "features",
    ("metadata", "namespace"): "metadata",
}


def stack_file(name: str, keep: set[str] | None = None, **sections: Any) -> dict[str, Any]:
    """The local stack's environment, moved into namespaces of its own.

    `keep` leaves only these sections and what they stand on; they may be those of `local-data` too.
    """
    whole = {**_environment("local"), **(_environment("local-data") if keep else {})}
    keep = keep and {"access", *_grounded(keep)}
    kept = {section: value for section, value in {**whole, **sections}.items() if keep is None or section in keep}
    for (section, key), namespace in _NAMESPACES.items():
        if section in kept:
            kept[section] = {**kept[section], key: f"{name}-{namespace}"}
    if "features" in kept:
        kept["features"] = {**kept["features"], "readers": [f"{name}-readers"]}
    for engine in ENGINES:
        if engine in kept:
            kept[engine] = {**kept[engine], "namespace": f"{name}-{engine}", "runsNamespace": f"{name}-{engine}-runs"}
    if "datasets" in kept:
        # A prefix that the test fills, read from a namespace that is there anyway.
        samples = {"source": "datasets/samples", "readers": [f"{name}-storage"]}
        kept["datasets"] = {"samples": {**kept["datasets"]["samples"], **samples}}
    if "pipelines" in kept:
        steps = {**kept["pipelines"]["steps"], **_steps()}
        kept["pipelines"] = {**kept["pipelines"], "steps": steps, "gpu": {**kept["pipelines"]["gpu"], "quota": 2}}
    return {**kept, "projectsNamespace": f"{name}-projects", "servingNamespace": f"{name}-serving"}


def fluid_of_another(name: str) -> bool:
    """Whether a stack of another name has brought Fluid, whose names in a cluster are fixed."""
    webhook = ["get", "mutatingwebhookconfiguration", "fluid-pod-admission-webhook", "--ignore-not-found"]
    path = "jsonpath={.webhooks[0].clientConfig.service.namespace}"
    return kubectl(*webhook, "-o", path) not in ("", f"{name}-fluid")


def _environment(stack: str) -> dict[str, Any]:
    return dict(yaml.safe_load((REPOSITORY / f"stacks/Pulumi.{stack}.yaml").read_text())["config"][KEY])


def _grounded(sections: set[str]) -> set[str]:
    """These sections, what they stand on, and what that stands on."""
    needed = {needed for section in sections for needed in NEEDS.get(section, ())}
    return sections if needed <= sections else _grounded(sections | needed)


def _steps() -> dict[str, Any]:
    """Beside the stack's own: one that fails each time, one that takes a while, one for the GPU pool."""
    small = {"cpu": "10m", "memory": "64Mi"}
    return {
        key: {"source": str(_STEPS), "command": ["python", f"{key}.py"], "resources": small, "gpus": gpus}
        for key, gpus in (("broken", 0), ("slow", 0), ("accelerated", 1))
    }


@dataclass(frozen=True)
class Platform:
    """A stack, and what it has made."""

    name: str
    stack: Stack

    @classmethod
    def prepare(cls, name: str, home: Path, environment: Mapping[str, Any]) -> "Platform":
        home.mkdir(parents=True, exist_ok=True)
        binaries = toolchain.build(toolchain.ENGINE, print)
        base = {**os.environ, "KUBECONFIG": str(KUBECONFIG), "PULUMI_HOME": str(home / "pulumi")}
        found = plugins.environment(base, binaries)
        # Layers of both local stacks may be chosen, and this one's settings exempt what the other has not.
        stack = Stack(name, home, home / "stack.yaml", found, cluster.FACTS, policies="local-data")
        made = cls(name, stack)
        made.configure(environment)
        return made

    def configure(self, environment: Mapping[str, Any]) -> None:
        """Edit the stack file, as a user would."""
        self.stack.source.write_text(yaml.safe_dump({"config": {KEY: dict(environment)}}))
        self.stack.prepare(print)

    def endpoint(self, system: str) -> dict[str, str]:
        return self.stack.outputs()["endpoints"][system]

    def kubectl(self, *words: str, feed: str | None = None) -> str:
        return kubectl(*words, feed=feed)

    def namespace(self, layer: str) -> str:
        return f"{self.name}-{layer}"

    def objects(self) -> list[str]:
        """What is left of this stack in the cluster: its namespaces, which hold all the rest, and volumes."""
        names = self.kubectl("get", "namespaces,persistentvolumes", "-o", "json")
        return [
            item["metadata"]["name"]
            for item in json.loads(names)["items"]
            if item["metadata"]["name"].startswith(f"{self.name}-")
            or item["spec"].get("claimRef", {}).get("namespace", "").startswith(f"{self.name}-")
        ]


def kubectl(*words: str, feed: str | None = None) -> str:
    program = toolchain.build(toolchain.CLUSTER, print) / "kubectl"
    done = subprocess.run(
        [str(program), "--kubeconfig", str(KUBECONFIG), *words], input=feed, capture_output=True, text=True
    )
    assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"
    return done.stdout
