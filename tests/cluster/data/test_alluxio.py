"""Alluxio as its clients have it: what was read once from the bucket is read from the cache, whatever is killed."""

import os

import pytest

from tests.cluster.evidence import bucket, eventually, kill, pods, stored
from tests.cluster.platform import Platform

LAYER, BUCKET = "alluxio", "datasets"
METRICS = 30000
CONTENT = os.urandom(1 << 20).hex().encode()
RUN = os.urandom(4).hex()
"""In the names of what may be there but once."""


@pytest.fixture(scope="module", autouse=True)
def somebodys_file(platform: Platform) -> None:
    """One file, put there by somebody who knows nothing of Alluxio."""
    bucket(platform).put_object(Bucket=BUCKET, Key="images/one", Body=CONTENT)


def pod(platform: Platform, role: str) -> str:
    """The name of the pod of that role, once it is ready."""
    (found,) = pods(platform, LAYER, f"app.kubernetes.io/component={role}")
    name = str(found["metadata"]["name"])
    platform.kubectl("wait", "-n", platform.namespace(LAYER), f"pod/{name}", "--for=condition=Ready", "--timeout=240s")
    return name


def shell(platform: Platform, *command: str, role: str = "worker") -> str:
    place = ["-n", platform.namespace(LAYER), pod(platform, role), "-c", f"alluxio-{role}"]
    return platform.kubectl("exec", *place, "--", "/opt/alluxio/bin/alluxio", *command)


def counted(platform: Platform, counter: str) -> float:
    """What the worker says it has read from there, in bytes."""
    place = f"/api/v1/namespaces/{platform.namespace(LAYER)}/pods/{pod(platform, 'worker')}:{METRICS}"
    said = platform.kubectl("get", "--raw", f"{place}/proxy/metrics/prometheus/")
    return sum(float(line.split()[-1]) for line in set(said.splitlines()) if line.startswith(f"Worker_{counter}_"))


def read(platform: Platform) -> bytes:
    """By the client in a worker's pod."""
    return shell(platform, "fs", "cat", "/images/one").encode()


def test_the_second_read_of_a_file_asks_the_bucket_for_nothing(platform: Platform):
    assert read(platform) == CONTENT
    eventually(lambda: "100%" in shell(platform, "fs", "ls", "/images/one"), "all of it is in the cache")
    from_bucket, from_cache = counted(platform, "BytesReadPerUfs"), counted(platform, "BytesReadCache")
    assert from_bucket >= len(CONTENT)
    assert read(platform) == CONTENT
    eventually(lambda: counted(platform, "BytesReadCache") >= from_cache + len(CONTENT), "the cache gave all of it")
    assert counted(platform, "BytesReadPerUfs") == from_bucket


def test_what_is_written_through_alluxio_is_in_the_bucket_at_once(platform: Platform):
    shell(platform, "fs", "copyFromLocal", "/etc/alluxio/metrics.properties", f"/{RUN}-written")
    assert (
        b"PrometheusMetricsServlet" in bucket(platform).get_object(Bucket=BUCKET, Key=f"{RUN}-written")["Body"].read()
    )


def test_a_master_that_was_killed_comes_back_with_its_mounts_and_takes_a_back_up(platform: Platform):
    shell(platform, "fs", "mkdir", f"/{RUN}-kept")
    shell(platform, "fs", "setTtl", f"/{RUN}-kept", "86400000")
    killed(platform, "master")
    assert f"s3://{BUCKET}/" in shell(platform, "fs", "mount")
    assert "86400000" in shell(platform, "fs", "stat", f"/{RUN}-kept"), "what only the journal knows"
    place = ["-n", platform.namespace(LAYER)]
    (job,) = platform.kubectl("get", "cronjobs", *place, "-o", "name").split()
    platform.kubectl("create", "job", f"copy-{RUN}", f"--from={job}", *place)
    platform.kubectl("wait", f"job/copy-{RUN}", "--for=condition=Complete", "--timeout=120s", *place)
    assert stored(platform, "alluxio_backups/", BUCKET)


def test_a_worker_that_was_killed_leaves_a_cold_cache_and_no_hole(platform: Platform):
    killed(platform, "worker")
    assert eventually(lambda: read_if_up(platform) == CONTENT, "the file is read from the bucket")


def killed(platform: Platform, role: str) -> None:
    """Gone, and another one ready in its place."""
    selector = f"app.kubernetes.io/component={role}"
    (before,) = pods(platform, LAYER, selector)
    kill(platform, LAYER, selector)
    eventually(
        lambda: before["metadata"]["uid"] not in [one["metadata"]["uid"] for one in pods(platform, LAYER, selector)],
        "the pod is gone",
    )
    eventually(lambda: len(pods(platform, LAYER, selector)) == 1, "another one is there")
    pod(platform, role)


def read_if_up(platform: Platform) -> bytes | None:
    """Nothing while the masters don't know yet that the worker is back."""
    try:
        return read(platform)
    except AssertionError:
        return None
