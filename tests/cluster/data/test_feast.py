"""Feast as its clients have it: the newest values equal the history's, for those who may read, whatever goes down."""

import base64
import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests

from components.catalog import image
from tests.cluster.evidence import bucket, eventually, kill, pods
from tests.cluster.platform import Platform

LAYER, READERS, STRANGERS = "features", "readers", "strangers"
CLIENT = Path("examples/feature_client/client.py")
DRIVERS = [1001, 1002, 1003]
TABLE = "drivers/hourly.parquet"

KILLED = """
from feast import FeatureStore
from feast.feature_view import FeatureViewState
store = FeatureStore("/etc/feast")
view = store.get_feature_view("driver_statistics")
view.state = FeatureViewState.MATERIALIZING
store.registry.apply_feature_view(view, store.project)
"""
"""As a run leaves the registry that is killed halfway."""


@pytest.fixture(scope="module")
def neighbours(platform: Platform) -> Iterator[None]:
    """Two namespaces with an account each: one whose accounts may read, and one that nobody has heard of."""
    for layer in (READERS, STRANGERS):
        place = platform.namespace(layer)
        objects = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place}},
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "someone", "namespace": place}},
        ]
        apply(platform, *objects)
    yield
    names = [platform.namespace(layer) for layer in (READERS, STRANGERS)]
    platform.kubectl("delete", "namespace", *names, "--ignore-not-found")


def apply(platform: Platform, *objects: dict[str, Any]) -> None:
    platform.kubectl("apply", "-f", "-", feed=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))


def token(platform: Platform, layer: str, account: str = "someone") -> str:
    return platform.kubectl("create", "token", account, "-n", platform.namespace(layer), "--duration=10m").strip()


def own_token(platform: Platform) -> str:
    """Of one of the platform's own accounts, which may change what others read."""
    (pod, *_) = pods(platform, LAYER, "app.kubernetes.io/component=online")
    return token(platform, LAYER, pod["spec"]["serviceAccountName"])


def unsigned(claims: dict[str, Any]) -> str:
    """A token that says of itself what it likes."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, {"exp": 2**33, **claims}))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def forged(platform: Platform) -> dict[str, str]:
    """Both say that they are the platform's own account's; one of them in the cluster's way."""
    place = platform.namespace(LAYER)
    said = {"sub": f"system:serviceaccount:{place}:feast", "preferred_username": "feast"}
    return {
        "forged": unsigned(said),
        "forged for the cluster": unsigned({**said, "kubernetes.io": {"namespace": place}}),
    }


def call(platform: Platform, path: str, body: dict[str, Any], bearer: str | None) -> requests.Response:
    head = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return requests.post(f"{platform.endpoint('feast')['url']}{path}", json=body, headers=head, timeout=60)


def read(platform: Platform, bearer: str | None) -> requests.Response:
    asked = {"feature_service": "driver_ranking", "entities": {"driver_id": DRIVERS}}
    return call(platform, "/get-online-features", asked, bearer)


def online(platform: Platform) -> dict[str, list[Any]]:
    """Feature -> its newest value for each driver."""
    answer = read(platform, token(platform, READERS))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    columns = zip(found["metadata"]["feature_names"], found["results"], strict=True)
    return {name: column["values"] for name, column in columns if name != "driver_id"}


def open_paths(url: str) -> set[str]:
    """Those of a server's paths, by its own description, that do not ask for a token."""
    described = requests.get(f"{url}/openapi.json", timeout=30).json()["paths"]
    calls = [(method, path) for path, methods in described.items() for method in methods]
    assert len(calls) > 5
    return {path for method, path in calls if requests.request(method, url + path, timeout=30).status_code != 401}


def materialize(platform: Platform, bearer: str) -> requests.Response:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return call(platform, "/materialize-incremental", {"end_ts": now}, bearer)


def run_once(platform: Platform, job: str) -> None:
    """A run of the schedule, now."""
    place = ["-n", platform.namespace(LAYER)]
    platform.kubectl("create", "job", job, "--from=cronjob/feast-materialization", *place)
    platform.kubectl("wait", f"job/{job}", "--for=condition=Complete", "--timeout=150s", *place)


def by_the_sdk(platform: Platform) -> dict[str, Any]:
    """What Feast's own client finds, in a pod of a namespace that may read."""
    server, place = platform.namespace(LAYER), platform.namespace(READERS)
    configuration = {
        "project": "features",
        "provider": "local",
        "registry": {"registry_type": "remote", "path": f"feast-registry.{server}:6570"},
        "online_store": {"type": "remote", "path": f"http://feast-online.{server}:6566"},
        "offline_store": {"type": "remote", "host": f"feast-offline.{server}", "port": 8815},
        "auth": {"type": "oidc"},
        "entity_key_serialization_version": 3,
    }
    files = {"feature_store.yaml": json.dumps(configuration), "client.py": CLIENT.read_text()}
    container = {
        "name": "client",
        "image": image("feast").reference,
        "command": ["python", "/client/client.py"],
        "env": [{"name": "HOME", "value": "/tmp"}],
        "volumeMounts": [{"name": "client", "mountPath": "/client"}],
    }
    spec = {
        "serviceAccountName": "someone",
        "restartPolicy": "Never",
        "containers": [container],
        "volumes": [{"name": "client", "configMap": {"name": "client"}}],
    }
    name = f"client-{time.time_ns()}"
    apply(
        platform,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "client", "namespace": place}, "data": files},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": place}, "spec": spec},
    )

    def phase() -> str:
        return platform.kubectl("get", "pod", name, "-n", place, "-o", "jsonpath={.status.phase}")

    eventually(lambda: phase() in {"Succeeded", "Failed"}, "the client is through")
    log = platform.kubectl("logs", name, "-n", place)
    assert phase() == "Succeeded", log
    return dict(json.loads(log.strip().splitlines()[-1]))


def test_online_values_are_those_of_the_history_at_that_time(platform: Platform, neighbours: None):
    assert materialize(platform, own_token(platform)).status_code == 200
    found = by_the_sdk(platform)
    assert found["serving"] == found["training"] == online(platform)
    assert all(isinstance(value, int) for value in found["serving"]["trips_today"])
    assert not found["changed"], "a reader can change definitions"


def test_only_those_get_in_whom_the_cluster_knows_and_the_platform_admits(platform: Platform, neighbours: None):
    reader, stranger = token(platform, READERS), token(platform, STRANGERS)
    bearers = {**forged(platform), "stranger": stranger, "reader": reader}
    codes = {who: read(platform, bearer).status_code for who, bearer in bearers.items()}
    assert codes == {"forged": 401, "forged for the cluster": 401, "stranger": 403, "reader": 200}
    assert materialize(platform, reader).status_code == 403
    rows = {"df": {"driver_id": [1001]}, "feature_view_name": "driver_statistics"}
    assert call(platform, "/write-to-online-store", rows, reader).status_code == 403


def test_without_a_token_there_is_nothing_but_health(platform: Platform):
    host = platform.endpoint("feast")["url"].rpartition(":")[0]
    where = ["get", "service", "feast-registry", "-n", platform.namespace(LAYER)]
    rest = platform.kubectl(*where, "-o", "jsonpath={.spec.ports[?(@.name=='rest')].nodePort}")
    assert open_paths(platform.endpoint("feast")["url"]) == {"/health", "/chat"}, "/chat holds no data"
    assert open_paths(f"{host}:{rest}") == set()


def test_the_page_asks_for_a_login_and_changes_nothing(platform: Platform):
    page = platform.endpoint("feast-page")
    login = (page["username"], page["password"])
    views = f"{page['url']}/api/v1/feature_views?project=features"
    assert requests.get(views, timeout=30).status_code == 401
    assert "driver_statistics" in requests.get(views, auth=login, timeout=30).text
    assert requests.post(f"{page['url']}/api/v1/push", json={}, auth=login, timeout=30).status_code == 403


def test_a_run_takes_up_what_came_in_since_one_was_killed(platform: Platform, neighbours: None):
    (pod,) = pods(platform, LAYER, "app.kubernetes.io/component=online")
    where = ["exec", "-n", platform.namespace(LAYER), pod["metadata"]["name"], "--"]
    platform.kubectl(*where, "python", "-c", KILLED)
    store = bucket(platform)
    table = pd.read_parquet(io.BytesIO(store.get_object(Bucket="features", Key=TABLE)["Body"].read()))
    # After the last run and before the next: what a schedule would have missed while it was down.
    now = pd.Timestamp.now("UTC")
    late = {"driver_id": 1001, "event_timestamp": now, "created": now, "trips_today": now.minute + 100, "rating": 1.5}
    grown = pd.concat([table, pd.DataFrame([late])]).to_parquet()
    store.put_object(Bucket="features", Key=TABLE, Body=grown)
    time.sleep(1)  # the end of a run is a whole second
    run_once(platform, f"missed-{time.time_ns()}")
    assert online(platform)["trips_today"][0] == late["trips_today"]


def test_what_is_online_outlives_its_store(platform: Platform, neighbours: None):
    before = online(platform)
    (killed,) = pods(platform, "cache", "app.kubernetes.io/name=valkey")
    kill(platform, "cache", "app.kubernetes.io/name=valkey")
    gone = killed["metadata"]["uid"]
    eventually(lambda: all(pod["metadata"]["uid"] != gone for pod in pods(platform, "cache")), "the pod is gone")
    bearer = token(platform, READERS)
    eventually(lambda: read(platform, bearer).status_code == 200, "features are served again")
    assert online(platform) == before
