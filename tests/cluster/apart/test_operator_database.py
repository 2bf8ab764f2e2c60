"""PostgreSQL with a standby, run by CloudNativePG: a stack of its own, whose tracking server has its records there."""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local import embedded
from tests.cluster.evidence import eventually, stored
from tests.cluster.platform import Platform, stack_file

IMAGES = ("cloudnative-pg", "cloudnative-pg-postgresql")
NAME, BUCKET = "postgres", "database-backups"
PREFIX = "operated-"
SMALL = {"cpu": "20m", "memory": "256Mi", "memoryLimit": "512Mi"}
DATABASE: dict[str, Any] = {
    "kind": "operator",
    "namespace": f"{PREFIX}databases",
    "instances": 2,
    "apart": False,  # there is one node here
    "durability": "required",
    "size": "1Gi",
    "resources": SMALL,
    "operator": {
        "namespace": f"{PREFIX}operator",
        "replicas": 1,
        "keepDefinitions": False,
        "resources": {"cpu": "20m", "memory": "96Mi", "memoryLimit": "256Mi"},
    },
}


@pytest.fixture(scope="module")
def operated(embedded_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """With the two images that no other stack here has; in the end nothing is left of it, its kinds included."""
    embedded.bring(IMAGES, lambda line: print(line, file=sys.__stdout__))
    environment = stack_file(PREFIX, keep={"tracking"})
    environment["database"] = DATABASE
    environment["tracking"] = {**environment["tracking"], "replicas": 1}
    home = tmp_path_factory.mktemp("operated")
    made = Platform.prepare("operated", home / "operated", environment, PREFIX)
    try:
        made.stack.up()
        yield made
    finally:
        made.stack.prepare(print)
        made.stack.destroy()
    eventually(lambda: made.objects() == [], "nothing is left of the stack")
    kinds = made.kubectl("get", "crds,mutatingwebhookconfigurations,validatingwebhookconfigurations", "-o", "name")
    assert "cnpg" not in kinds
    shutil.rmtree(home, ignore_errors=True)


def database(platform: Platform) -> dict[str, Any]:
    words = ("clusters.postgresql.cnpg.io", NAME, "-n", platform.namespace("databases"), "-o", "json")
    return dict(json.loads(platform.kubectl("get", *words)))


def sql(platform: Platform, statement: str) -> str:
    """On the primary, as its superuser."""
    place, primary = platform.namespace("databases"), database(platform)["status"]["currentPrimary"]
    words = ("-n", place, primary, "-c", "postgres", "--", "psql", "--no-psqlrc", "-tAc", statement)
    return platform.kubectl("exec", *words).strip()


def experiment(platform: Platform, verb: str, path: str, **said: Any) -> bool:
    """Asked of the tracking server, which may be looking for its database."""
    endpoint = platform.endpoint("mlflow")
    url = f"{endpoint['url']}/api/2.0/mlflow/experiments/{path}"
    login = endpoint["username"], endpoint["password"]
    try:
        return bool(requests.request(verb, url, auth=login, timeout=20, **said).ok)
    except requests.RequestException:
        return False


def known(platform: Platform, name: str) -> bool:
    return experiment(platform, "GET", "get-by-name", params={"experiment_name": name})


def made(platform: Platform) -> str:
    name = f"kept-{time.time_ns()}"
    eventually(lambda: experiment(platform, "POST", "create", json={"name": name}), "an experiment is written")
    return name


def test_clients_are_known_to_come_by_tls(operated: Platform):
    used = "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'mlflow'"
    assert sql(operated, used) == "t"


def test_a_standby_takes_over_and_has_what_was_written(operated: Platform):
    name = made(operated)
    lost = database(operated)["status"]["currentPrimary"]
    place = operated.namespace("databases")
    operated.kubectl("delete", "pod", lost, "-n", place, "--grace-period=0", "--force")
    eventually(lambda: database(operated)["status"]["currentPrimary"] != lost, "a standby has taken over")
    eventually(lambda: known(operated, name), "the experiment is there")
    assert made(operated)
    eventually(
        lambda: database(operated)["status"].get("readyInstances") == 2, "the lost one is back as a standby", 180
    )


def test_all_of_it_and_what_was_written_since_is_in_the_bucket(operated: Platform):
    sql(operated, "SELECT pg_switch_wal()")
    eventually(lambda: stored(operated, f"{NAME}/wals/", BUCKET), "the log in the bucket")

    def whole() -> bool:
        keys = stored(operated, f"{NAME}/base/", BUCKET)
        return any(key.endswith("backup.info") for key in keys) and any("data.tar" in key for key in keys)

    eventually(whole, "a copy of all", 240)


def test_a_database_comes_back_from_the_bucket(operated: Platform):
    name = made(operated)
    written = sql(operated, "SELECT pg_walfile_name(pg_switch_wal())")
    archived = "SELECT last_archived_wal FROM pg_stat_archiver"
    eventually(lambda: sql(operated, archived) >= written, "what was written is in the bucket")
    place = operated.namespace("databases")
    operated.kubectl("delete", "clusters.postgresql.cnpg.io", NAME, "-n", place, "--wait=true")
    again = {**DATABASE, "backup": {"folder": "again"}, "restore": {"folder": NAME}}
    operated.configure({**operated.environment, "database": again})
    operated.stack.run("refresh", "--yes", "--skip-preview")
    operated.stack.up()
    eventually(lambda: known(operated, name), "the experiment is there")
