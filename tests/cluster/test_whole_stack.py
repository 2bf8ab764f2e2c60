"""What holds for the whole platform once it is up: it stays as it is, it is closed, and its secrets are secret."""

import base64
import json
import os
import re
import signal
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from local.cluster import cgroups
from local.cluster.names import NODE
from tests.cluster.data import test_datasets
from tests.cluster.data.test_datasets import CONTENT
from tests.cluster.evidence import bucket, eventually, model_versions, secrets
from tests.cluster.platform import Platform

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def test_a_second_up_changes_nothing_and_refresh_finds_no_drift(platform: Platform):
    platform.stack.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    platform.stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")


PRIVILEGED = {"fluid-nodes", "datasets"}
"""Where pods mount file systems for others: of Fluid's node plugin and of the data sets, and none else."""


def test_every_namespace_enforces_restricted_pods_and_denies_traffic_by_default(platform: Platform):
    mine = platform.namespaces
    assert len(mine) >= 4
    for layer, name in mine.items():
        namespace = json.loads(platform.kubectl("get", "namespace", name, "-o", "json"))
        level = "privileged" if layer in PRIVILEGED else "restricted"
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == level, name
        policies = json.loads(platform.kubectl("get", "networkpolicies", "-n", name, "-o", "json"))
        assert [one for one in policies["items"] if one["spec"]["podSelector"] == {} and "ingress" not in one["spec"]]


def test_an_unrestricted_pod_is_refused_by_the_platforms_namespaces(platform: Platform):
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "root"},
        "spec": {"containers": [{"name": "root", "image": "x:1", "securityContext": {"privileged": True}}]},
    }
    try:
        platform.kubectl("apply", "-n", platform.namespace("tracking"), "-f", "-", feed=json.dumps(pod))
    except AssertionError as refused:
        assert "violates PodSecurity" in str(refused)
    else:
        raise AssertionError("a privileged pod was admitted")


def test_no_generated_secret_is_in_the_state_or_the_logs(platform: Platform):
    backend = platform.stack.home / "backend"
    written = "\n".join(file.read_text(errors="replace") for file in backend.rglob("*") if file.is_file())
    secrets = json.loads(
        platform.kubectl("get", "secrets", "-A", "-l", "app.kubernetes.io/managed-by=pulumi", "-o", "json")
    )
    namespaces = set(platform.namespaces.values())
    mine = [one for one in secrets["items"] if one["metadata"]["namespace"] in namespaces]
    # Key stores of Java are no text, and would be none in a log.
    values = {base64.b64decode(value).decode(errors="replace") for one in mine for value in one["data"].values()}
    # What is generated has at least so many characters; user names and the like are shorter.
    values = {value for value in values if len(value) >= 24}
    endpoints = platform.stack.outputs()["endpoints"].values()
    passwords = {endpoint["password"] for endpoint in endpoints if "password" in endpoint}
    assert len(values) >= 8 and len(passwords) == sum("password" in endpoint for endpoint in endpoints) >= 2
    everywhere = json.loads(platform.kubectl("get", "pods", "-A", "-o", "json"))["items"]
    ran = [
        pod["metadata"]
        for pod in everywhere
        if pod["metadata"]["namespace"] in namespaces
        if pod["spec"].get("nodeName") == NODE and pod["status"]["phase"] != "Pending"
    ]
    # Servers, and steps that have not been cleared away yet.
    assert len(ran) >= 10
    logs = "\n".join(platform.kubectl("logs", "-n", pod["namespace"], pod["name"], "--all-containers") for pod in ran)
    found = [value[:3] for value in values | passwords if value in written or value in logs]
    assert not found, f"{len(found)} secrets are in the clear, such as one that begins with {found[0]}"
    assert re.search(r'"ciphertext"', written), "the state holds the secrets, encrypted"


def test_after_a_power_cut_every_server_comes_back_in_the_pod_that_it_had(platform: Platform):
    # The cluster tells times in whole seconds.
    eventually(lambda: all(_servers(platform).values()), "all are ready")
    models, before, cut = model_versions(platform), _servers(platform), datetime.now(UTC).replace(microsecond=0)
    assert len(before) >= 20
    for pid in cgroups.processes():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    eventually(lambda: _servers(platform, since=cut) == before, "all are ready again", 600)
    assert model_versions(platform) == models


def _servers(platform: Platform, since: datetime = LONG_AGO) -> dict[str, bool]:
    """Pod that really runs and is to go on -> whether all in it is ready, and was started since then."""
    everywhere = json.loads(platform.kubectl("get", "pods", "-A", "-o", "json"))["items"]
    return {
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}": all(
            one["ready"] and datetime.fromisoformat(one["state"]["running"]["startedAt"]) >= since
            for one in pod["status"].get("containerStatuses", [{"ready": False}])
        )
        for pod in everywhere
        if pod["metadata"]["namespace"] in set(platform.namespaces.values())
        if pod["spec"].get("nodeName") == NODE and pod["spec"]["restartPolicy"] == "Always"
        if "deletionTimestamp" not in pod["metadata"]
    }


class Changed(NamedTuple):
    """What was there before a stack file with other settings."""

    password: str
    servers: str


@pytest.fixture(scope="module")
def changed(platform: Platform) -> Changed:
    """One update with all the changes that the tests below ask after."""
    environment = platform.environment
    database, (name, dataset) = environment["database"], *environment["datasets"].items()
    before = Changed(_database_password(platform), _dataset_servers(platform))
    bucket(platform).put_object(Bucket="features", Key="drivers/part.bin", Body=CONTENT)
    platform.configure(
        {
            **environment,
            "database": {**database, "passwordRotation": database.get("passwordRotation", 1) + 1},
            "datasets": {name: {**dataset, "syncSeconds": dataset["syncSeconds"] + 1}},
        }
    )
    platform.stack.up()
    return before


def test_the_database_password_changes_by_one_number_and_the_platform_goes_on(platform: Platform, changed: Changed):
    assert _database_password(platform) != changed.password
    platform.stack.run("up", "--yes", "--skip-preview", "--expect-no-changes")


def test_servers_of_a_dataset_are_made_anew_filled_again_and_read_by_claims_that_were_there(
    platform: Platform, changed: Changed
):
    assert _dataset_servers(platform) != changed.servers
    test_datasets.bound_and_filled(platform)
    with test_datasets.reading(platform, "late-reader", "sha256sum /data/part.bin") as printed:
        eventually(lambda: f"{test_datasets.digest(CONTENT)}  /data/part.bin" in printed(), "the pod has read")


def _database_password(platform: Platform) -> str:
    (password,) = {one["PGPASSWORD"] for one in secrets(platform, "tracking").values() if "PGPASSWORD" in one}
    return password


def _dataset_servers(platform: Platform) -> str:
    return str(test_datasets.found(platform, "alluxioruntimes.data.fluid.io", "drivers")["metadata"]["uid"])
