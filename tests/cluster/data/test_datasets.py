"""Datasets as steps have them: bound by Fluid's own controllers, filled ahead of time, read by a restricted pod."""

import base64
import hashlib
import json
import os
from typing import Any

import yaml

from components.catalog import image
from tests.cluster.evidence import bucket, eventually, pods
from tests.cluster.platform import Platform

DATASET = "samples"
CONTENT = os.urandom(3 * 2**20)


def found(platform: Platform, kind: str, name: str = "") -> dict[str, Any]:
    """One object beside the data set, or all of its kind."""
    words = ["get", kind, *([name] if name else []), "-n", platform.namespace("datasets"), "-o", "json"]
    return dict(json.loads(platform.kubectl(*words)))


def status(platform: Platform) -> dict[str, Any]:
    return dict(found(platform, "datasets.data.fluid.io", DATASET).get("status", {}))


def loaded(platform: Platform) -> bool:
    phases = [one.get("status", {}).get("phase") for one in found(platform, "dataprocesses.data.fluid.io")["items"]]
    return phases == ["Complete"]


def reader(platform: Platform) -> dict[str, Any]:
    """A pod as steps have it: of the restricted level, with a claim of its own namespace and no token."""
    closed = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "reader",
        "image": image("seaweedfs").reference,
        "command": ["sh", "-c", "sha256sum /data/part.bin && ! touch /data/new 2>/dev/null"],
        "securityContext": closed,
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": DATASET}}],
    }
    place = {"name": "reader", "namespace": platform.namespace("storage")}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": place, "spec": spec}


def test_a_dataset_is_bound_filled_ahead_and_read_by_a_restricted_pod(platform: Platform):
    bucket(platform).put_object(Bucket="datasets", Key=f"{DATASET}/part.bin", Body=CONTENT)
    eventually(lambda: status(platform).get("phase") == "Bound", "the data set is bound", 240)
    eventually(lambda: loaded(platform), "the prefetch is complete", 180)
    percentage = "100.0%"
    eventually(lambda: status(platform).get("cacheStates", {}).get("cachedPercentage") == percentage, percentage, 60)

    where = ["-n", platform.namespace("storage")]
    platform.kubectl("delete", "pod", "reader", *where, "--ignore-not-found")
    platform.kubectl("apply", "-f", "-", feed=yaml.safe_dump(reader(platform)))
    try:
        done = ["get", "pod", "reader", *where, "-o", "jsonpath={.status.phase}"]
        eventually(lambda: platform.kubectl(*done) in ("Succeeded", "Failed"), "the pod has read", 180)
        assert platform.kubectl("logs", "reader", *where).split()[0] == hashlib.sha256(CONTENT).hexdigest()
        assert platform.kubectl(*done) == "Succeeded"
    finally:
        platform.kubectl("delete", "pod", "reader", *where, "--ignore-not-found")


def test_the_buckets_key_is_in_no_log(platform: Platform):
    secrets = found(platform, "secrets")["items"]
    (key,) = [one["data"] for one in secrets if one["metadata"]["name"].startswith(f"{DATASET}-key")]
    secret = base64.b64decode(key["AWS_SECRET_ACCESS_KEY"]).decode()
    for layer in ("datasets", "fluid"):
        for pod in pods(platform, layer):
            words = ["logs", pod["metadata"]["name"], "-n", platform.namespace(layer), "--all-containers"]
            assert secret not in platform.kubectl(*words), pod["metadata"]["name"]
