"""Datasets as steps have them: bound by Fluid's own controllers, filled ahead of time, read by a restricted pod."""

import base64
import configparser
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from components.catalog import image
from tests.cluster.evidence import bucket, eventually, pods
from tests.cluster.platform import PASSING, Platform

DATASET, BUCKET = "drivers", "features"
CONTENT = os.urandom(3 * 2**20)


def found(platform: Platform, kind: str, name: str = "") -> dict[str, Any]:
    """One object beside the data set, or all of its kind."""
    words = ["get", kind, *([name] if name else []), "-n", platform.namespace("datasets"), "-o", "json"]
    return dict(json.loads(platform.kubectl(*words)))


def status(platform: Platform) -> dict[str, Any]:
    return dict(found(platform, "datasets.data.fluid.io", DATASET).get("status", {}))


def cached(platform: Platform) -> set[str]:
    """How much of each file, by Alluxio's own word: Fluid goes by the size that the data set had when it was bound."""
    servers = ["-n", platform.namespace("datasets"), f"{DATASET}-master-0", "-c", "alluxio-master"]
    listed = platform.kubectl("exec", *servers, "--", "alluxio", "fs", "ls", "-R", f"/{DATASET}")
    return {line.split()[-2] for line in listed.splitlines() if f"/{DATASET}/" in line}


def loaded(platform: Platform) -> bool:
    phases = [one.get("status", {}).get("phase") for one in found(platform, "dataprocesses.data.fluid.io")["items"]]
    return phases == ["Complete"]


def bound_and_filled(platform: Platform) -> None:
    eventually(lambda: status(platform).get("phase") == "Bound", "the data set is bound", 240)
    eventually(lambda: loaded(platform), "the prefetch is complete", 180)


def reader(platform: Platform, name: str, command: str) -> dict[str, Any]:
    """A pod as steps have it: of the restricted level, with a claim of its own namespace and no token."""
    closed = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "reader",
        "image": image("seaweedfs").reference,
        "command": ["sh", "-c", command],
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
    place = {"name": name, "namespace": platform.namespace("storage"), "labels": PASSING}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": place, "spec": spec}


@contextmanager
def reading(platform: Platform, name: str, command: str) -> Iterator[Callable[[], list[str]]]:
    """What such a pod has printed so far, line by line."""
    where = ["-n", platform.namespace("storage")]
    platform.kubectl("delete", "pod", name, *where, "--ignore-not-found", "--now")
    platform.kubectl("apply", "-f", "-", feed=yaml.safe_dump(reader(platform, name, command)))
    try:
        phase = ["get", "pod", name, *where, "-o", "jsonpath={.status.phase}"]
        eventually(lambda: platform.kubectl(*phase) != "Pending", f"{name} runs", 180)
        yield lambda: platform.kubectl("logs", name, *where).splitlines()
    finally:
        platform.kubectl("delete", "pod", name, *where, "--now")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_dataset_is_bound_filled_ahead_and_read_by_a_restricted_pod(platform: Platform):
    bucket(platform).put_object(Bucket=BUCKET, Key=f"{DATASET}/part.bin", Body=CONTENT)
    bound_and_filled(platform)
    command = "cat /data/* > /dev/null; sha256sum /data/part.bin; touch /data/new 2>&1"
    with reading(platform, "reader", command) as printed:
        eventually(lambda: len(printed()) == 2, "the pod has read, and tried to write")
        assert printed()[0].split()[0] == digest(CONTENT)
        assert "Read-only file system" in printed()[1]
    eventually(lambda: cached(platform) == {"100%"}, "all of it is in the cache", 60)


def test_a_file_that_is_replaced_in_the_bucket_is_read_whole_the_old_one_or_the_new_one(platform: Platform):
    key, new = f"{DATASET}/part.bin", CONTENT[::-1] + CONTENT
    bucket(platform).put_object(Bucket=BUCKET, Key=key, Body=CONTENT)
    with reading(platform, "rereader", "while sleep 1; do sha256sum /data/part.bin; done") as printed:
        eventually(lambda: f"{digest(CONTENT)}  /data/part.bin" in printed(), "the pod reads the old one")
        bucket(platform).put_object(Bucket=BUCKET, Key=key, Body=new)
        eventually(lambda: f"{digest(new)}  /data/part.bin" in printed(), "the pod reads the new one")
        read = [line.split()[0] for line in printed()]
        # Before it there may be what an earlier run has left there.
        assert set(read[read.index(digest(CONTENT)) :]) == {digest(CONTENT), digest(new)}


def test_the_buckets_key_is_in_no_log(platform: Platform):
    secrets = found(platform, "secrets")["items"]
    (key,) = [one["data"] for one in secrets if one["metadata"]["name"].startswith(f"{DATASET}-key")]
    written = configparser.ConfigParser()
    written.read_string(base64.b64decode(key["credentials"]).decode())
    secret = written["default"]["aws_secret_access_key"]
    for layer in ("datasets", "fluid"):
        for pod in pods(platform, layer):
            words = ["logs", pod["metadata"]["name"], "-n", platform.namespace(layer), "--all-containers"]
            assert secret not in platform.kubectl(*words), pod["metadata"]["name"]
