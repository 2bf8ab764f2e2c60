"""What a pipeline's run leaves behind, looked for with real clients, whichever engine ran it."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import requests
from botocore.config import Config

from tests.cluster.platform import Platform

HOOK = "pre.hook.backup.velero.io/"


def eventually(done: Callable[[], Any], what: str, seconds: float = 120) -> Any:
    """The first answer of `done` that is true."""
    end = time.monotonic() + seconds
    while not (answer := done()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(1)
    return answer


def model_versions(platform: Platform, model: str = "iris") -> list[dict[str, Any]]:
    """What MLflow's registry has of a model, the newest first."""
    endpoint = platform.endpoint("mlflow")
    answer = requests.get(
        f"{endpoint['url']}/api/2.0/mlflow/model-versions/search",
        params={"filter": f"name = '{model}'", "order_by": "version_number DESC", "max_results": "100"},
        auth=(endpoint["username"], endpoint["password"]),
        timeout=30,
    )
    answer.raise_for_status()
    return list(answer.json().get("model_versions", []))


def bucket(platform: Platform, login: tuple[str, str] | None = None) -> Any:
    """The object store as boto3 has it, for its administrator or with another key and its secret part."""
    endpoint = platform.endpoint("object-store")
    key, secret = login or (endpoint["username"], endpoint["password"])
    return boto3.client(
        "s3",
        endpoint_url=endpoint["url"],
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}),
    )


def stored(platform: Platform, prefix: str, name: str = "pipelines") -> list[str]:
    """Keys of the bucket below a prefix."""
    found = bucket(platform).list_objects_v2(Bucket=name, Prefix=prefix)
    return [one["Key"] for one in found.get("Contents", [])]


def pods(platform: Platform, layer: str, selector: str = "") -> list[dict[str, Any]]:
    """The pods of one layer's namespace, as the API server has them."""
    words = ["get", "pods", "-n", platform.namespace(layer), "-o", "json", *(["-l", selector] if selector else [])]
    return list(json.loads(platform.kubectl(*words))["items"])


def ready(platform: Platform, layer: str, selector: str = "", but: str = "") -> bool:
    """A pod of that layer that is up, and is not the one of that identity."""
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for pod in pods(platform, layer, selector)
        if pod["metadata"]["uid"] != but
        for condition in pod["status"].get("conditions", [])
    )


def kill(platform: Platform, layer: str, selector: str) -> None:
    """End pods as a failing node would: at once, and without a word to them."""
    words = ["delete", "pods", "-n", platform.namespace(layer), "-l", selector]
    platform.kubectl(*words, "--grace-period=0", "--force", "--wait=false")


def on_the_gpu_pool(pod: dict[str, Any]) -> bool:
    """Placed by the real scheduler on a node with GPUs, past its taint, for a GPU that it was given."""
    tolerated = [one["key"] for one in pod["spec"].get("tolerations", [])]
    asked = [one.get("resources", {}).get("limits", {}) for one in pod["spec"]["containers"]]
    return (
        pod["spec"].get("nodeName", "").startswith("simulated-gpu-")
        and "nvidia.com/gpu" in tolerated
        and any(limits.get("nvidia.com/gpu") == "1" for limits in asked)
    )


def scraped(platform: Platform, layer: str) -> dict[str, float]:
    """What the exporter of that layer tells Prometheus: series with its labels -> value."""
    (pod,) = pods(platform, layer, "app.kubernetes.io/component=exporter")
    (port,) = (one for made in pod["spec"]["containers"] for one in made["ports"] if one["name"] == "metrics")
    place = f"/api/v1/namespaces/{platform.namespace(layer)}/pods/{pod['metadata']['name']}:{port['containerPort']}"
    lines = platform.kubectl("get", "--raw", f"{place}/proxy/metrics").splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
    return {series: float(value) for series, value in pairs}


def secrets(platform: Platform, layer: str) -> dict[str, dict[str, str]]:
    """What the Secrets of one layer's namespace hold, by their names."""
    found = json.loads(platform.kubectl("get", "secrets", "-n", platform.namespace(layer), "-o", "json"))["items"]
    return {
        one["metadata"]["name"]: {
            key: base64.b64decode(value).decode(errors="replace") for key, value in one.get("data", {}).items()
        }
        for one in found
    }


def exporters_login(platform: Platform, layer: str) -> dict[str, str]:
    """Variables that its exporter logs in with."""
    (pod,) = pods(platform, layer, "app.kubernetes.io/component=exporter")
    ((source,),) = (made["envFrom"] for made in pod["spec"]["containers"])
    return secrets(platform, layer)[source["secretRef"]["name"]]


def prepare_backup(platform: Platform, layer: str) -> str:
    """Do in the server's pod what a back-up tool would, by its annotations; fails if the command does."""
    (pod,) = pods(platform, layer, "app.kubernetes.io/component=server")
    said = {key.partition("/")[2]: value for key, value in pod["metadata"]["annotations"].items() if HOOK in key}
    where = ["exec", "-n", platform.namespace(layer), pod["metadata"]["name"], "-c", said["container"], "--"]
    return platform.kubectl(*where, *json.loads(said["command"]))
