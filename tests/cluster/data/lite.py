"""DataHub Lite: the stack's own recipes, run by the real ingestion in their own pods, into a catalogue of one file."""

import json
from typing import Any

from tests.cluster.evidence import eventually
from tests.cluster.platform import Platform

LAYER = "metadata"
_MARK = "CATALOGUE "

# Runs in the ingestion's pod: the recipe as it is, but for where it leads.
_PROGRAM = f"""
import json, pathlib, subprocess
from datahub.lite.lite_util import get_datahub_lite

recipe = json.loads(pathlib.Path("/recipe/recipe.json").read_text())
del recipe["source"]["config"]["stateful_ingestion"]  # what was there before is asked of the metadata service
kept = {{"type": "duckdb", "config": {{"file": "/tmp/lite.duckdb"}}}}
recipe["sink"] = {{"type": "datahub-lite", "config": kept}}
pathlib.Path("/tmp/recipe.json").write_text(json.dumps(recipe))
subprocess.run(["datahub", "ingest", "run", "--config", "/tmp/recipe.json", "--no-progress"], check=True)
for entity in get_datahub_lite(kept).get_all_entities():
    print("{_MARK}" + json.dumps(entity), flush=True)
"""


def systems(platform: Platform) -> dict[str, dict[str, Any]]:
    """System -> the CronJob by which the stack reads it."""
    found = platform.kubectl(
        "get",
        "cronjobs",
        "-n",
        platform.namespace(LAYER),
        "-l",
        "app.kubernetes.io/name=datahub-ingestion",
        "-o",
        "json",
    )
    return {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in json.loads(found)["items"]}


def read(platform: Platform, *chosen: str) -> dict[str, dict[str, Any]]:
    """URN -> aspects of all that the recipes of these systems find."""
    crons = systems(platform)
    pods = {system: _start(platform, system, crons[system]) for system in chosen}
    found: dict[str, dict[str, Any]] = {}
    for name in pods.values():
        for line in _log(platform, name).splitlines():
            if line.startswith(_MARK):
                for urn, aspects in json.loads(line.removeprefix(_MARK)).items():
                    found.setdefault(urn, {}).update(aspects)
    return found


def _start(platform: Platform, system: str, cron: dict[str, Any]) -> str:
    """A pod exactly as the CronJob would make it, with another command."""
    template = cron["spec"]["jobTemplate"]["spec"]["template"]
    template["spec"]["containers"][0]["command"] = ["python", "-c", _PROGRAM]
    name = f"lite-{system}"
    metadata = {"name": name, "labels": template["metadata"]["labels"]}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    platform.kubectl("delete", "pod", name, "-n", platform.namespace(LAYER), "--ignore-not-found", "--now")
    platform.kubectl("create", "-n", platform.namespace(LAYER), "-f", "-", feed=json.dumps(manifest))
    return name


def _log(platform: Platform, pod: str) -> str:
    place = ["-n", platform.namespace(LAYER)]

    def phase() -> str:
        return platform.kubectl("get", "pod", pod, *place, "-o", "jsonpath={.status.phase}")

    eventually(lambda: phase() in {"Succeeded", "Failed"}, f"{pod} is over", 180)
    log = platform.kubectl("logs", pod, *place)
    assert phase() == "Succeeded", log[-3000:]
    platform.kubectl("delete", "pod", pod, *place, "--wait=false")
    return log
