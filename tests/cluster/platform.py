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
    ("certManager", "namespace"): "cert-manager",
}


def stack_file(prefix: str, keep: set[str] | None = None, **sections: Any) -> dict[str, Any]:
    """The local stack's environment with the tests' own steps, its namespaces under a prefix.

    `keep` leaves only these sections and what they stand on.
    """
    whole = yaml.safe_load((REPOSITORY / "stacks/Pulumi.local.yaml").read_text())["config"][KEY]
    chosen = {"access", *_grounded(keep)} if keep else whole.keys()
    kept = {section: whole[section] for section in whole if section in chosen} | sections
    for (section, key), namespace in _NAMESPACES.items():
        if section in kept:
            kept[section] = {**kept[section], key: prefix + namespace}
    if "features" in kept:
        kept["features"] = {**kept["features"], "readers": [f"{prefix}readers"]}
    for engine in ENGINES:
        if engine in kept:
            kept[engine] = {**kept[engine], "namespace": prefix + engine, "runsNamespace": f"{prefix}{engine}-runs"}
    if "queues" in kept:
        kept["queues"] = {
            **kept["queues"],
            "controller": {**kept["queues"]["controller"], "namespace": f"{prefix}kueue"},
        }
    if "datasets" in kept:
        # Read from a namespace that is there anyway.
        kept["datasets"] = {"drivers": {**kept["datasets"]["drivers"], "readers": [f"{prefix}storage"]}}
    if "pipelines" in kept:
        given = {"datasets", "features"} <= kept.keys()
        own = kept["pipelines"]["steps"]
        steps = {**{step: own[step] for step in own if given or step != "ranking"}, **_steps()}
        kept["pipelines"] = {**kept["pipelines"], "steps": steps, "gpu": {**kept["pipelines"]["gpu"], "quota": 2}}
    return {**kept, "projectsNamespace": f"{prefix}projects", "servingNamespace": f"{prefix}serving"}


PASSING = {"app.kubernetes.io/managed-by": "tests"}
"""Labels of pods that hold what a stack has made, and would go on holding it after a run that was killed."""

ONCE = {"fluid": ("fluid-pod-admission-webhook", "fluid"), "queues": ("kueue-mutating-webhook-configuration", "kueue")}
"""Sections of what a cluster has once, as its names there are fixed -> its webhook, and the namespace that answers."""


def of_another(section: str, prefix: str) -> bool:
    """Whether another stack has brought it."""
    webhook, home = ONCE[section]
    path = "jsonpath={.webhooks[0].clientConfig.service.namespace}"
    found = kubectl("get", "mutatingwebhookconfiguration", webhook, "--ignore-not-found", "-o", path)
    return found not in ("", prefix + home)


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

    stack: Stack
    prefix: str
    """Of its namespaces."""
    environment: Mapping[str, Any]
    """What its stack file says."""

    @classmethod
    def prepare(cls, name: str, home: Path, environment: Mapping[str, Any], prefix: str) -> "Platform":
        home.mkdir(parents=True, exist_ok=True)
        binaries = toolchain.build(toolchain.ENGINE, print)
        base = {**os.environ, "KUBECONFIG": str(KUBECONFIG), "PULUMI_HOME": str(home / "pulumi")}
        found = plugins.environment(base, binaries)
        stack = Stack(name, home, home / "stack.yaml", found, cluster.FACTS, policies="local")
        made = cls(stack, prefix, environment)
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
        return self.prefix + layer

    @property
    def namespaces(self) -> dict[str, str]:
        """Layer -> namespace, of all that the stack has made."""
        resources = self.stack.export()["deployment"]["resources"]
        names = [one["id"] for one in resources if one["type"] == "kubernetes:core/v1:Namespace"]
        return {name.removeprefix(self.prefix): name for name in names}

    def objects(self) -> list[str]:
        """What is left of this stack in the cluster: its namespaces, which hold all the rest, and volumes."""
        names = self.kubectl("get", "namespaces,persistentvolumes", "-o", "json")
        return [
            item["metadata"]["name"]
            for item in json.loads(names)["items"]
            if item["metadata"]["name"].startswith(self.prefix)
            or item["spec"].get("claimRef", {}).get("namespace", "").startswith(self.prefix)
        ]


def kubectl(*words: str, feed: str | None = None) -> str:
    program = toolchain.build(toolchain.CLUSTER, print) / "kubectl"
    done = subprocess.run(
        [str(program), "--kubeconfig", str(KUBECONFIG), *words], input=feed, capture_output=True, text=True
    )
    assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"
    return done.stdout
