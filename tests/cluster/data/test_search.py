"""OpenSearch as its clients have it: by HTTPS with a login, and with the same documents after a node is lost."""

import base64
import json
from typing import Any

import pytest
import requests

from tests.cluster.evidence import eventually, exporters_login, kill, pods, prepare_backup, ready, scraped
from tests.cluster.platform import Platform

LAYER, NODES = "search", "app.kubernetes.io/component=server"


class Client(requests.Session):
    """Someone at the endpoint, who trusts whom the platform's own systems trust."""

    def __init__(self, base: str, authority: str, login: tuple[str, str] | None) -> None:
        super().__init__()
        # Or else a variable of this machine would say whom to trust.
        self.trust_env = False
        self.base, self.verify, self.auth = base, authority, login

    def request(self, method: Any, url: Any, *more: Any, **options: Any) -> requests.Response:
        return super().request(method, self.base + url, *more, **{"timeout": 30, **options})


@pytest.fixture(scope="module")
def client(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The administrator."""
    maps = json.loads(platform.kubectl("get", "configmaps", "-n", platform.namespace(LAYER), "-o", "json"))["items"]
    (found,) = [one for one in maps if one["metadata"]["name"].startswith("opensearch-authority")]
    authority = tmp_path_factory.mktemp("search") / "authority.pem"
    authority.write_bytes(base64.b64decode(found["binaryData"]["authority.pem"]))
    endpoint = platform.endpoint("opensearch")
    return Client(endpoint["url"], str(authority), (endpoint["username"], endpoint["password"]))


def test_whoever_does_not_log_in_or_does_not_trust_the_authority_gets_nowhere(client: Client):
    assert client.get("/").json()["version"]["distribution"] == "opensearch"
    for login in (None, ("admin", "admin"), ("platform", "wrong")):
        assert Client(client.base, client.verify, login).get("/").status_code == 401
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(client.base, timeout=30)


def test_the_platforms_own_user_may_do_what_it_needs_with_indices_alone(client: Client):
    user = {"password": "Only-For-This-Test-0f3a91", "opendistro_security_roles": ["platform"]}
    made = client.put("/_plugins/_security/api/internalusers/like-platform", json=user)
    assert made.ok, made.text
    own = Client(client.base, client.verify, ("like-platform", user["password"]))
    for verb, path, body in (
        ("PUT", "/_index_template/own", {"index_patterns": ["own-*"]}),
        ("PUT", "/own-1", {"settings": {"number_of_replicas": 0}}),
        ("POST", "/_aliases", {"actions": [{"add": {"index": "own-1", "alias": "own"}}]}),
        ("PUT", "/own/_doc/1?refresh=true", {"name": "iris"}),
        ("POST", "/own/_search", {"query": {"match": {"name": "iris"}}}),
        ("GET", "/_cluster/health", None),
        ("DELETE", "/own-1", None),
        ("DELETE", "/_index_template/own", None),
    ):
        answer = own.request(verb, path, json=body)
        assert answer.ok, f"{verb} {path}: {answer.text}"
    assert own.get("/_plugins/_security/api/internalusers").status_code == 403
    # The users' own index looks empty to whoever isn't the administrator by certificate, and takes nothing from them.
    assert own.get("/.opendistro_security/_search").json()["hits"]["total"]["value"] == 0
    assert own.delete("/.opendistro_security").status_code == 403
    assert client.delete("/_plugins/_security/api/internalusers/like-platform").ok


def documents(platform: Platform) -> float:
    """On all nodes, as Prometheus is told."""
    said = scraped(platform, LAYER)
    return sum(value for series, value in said.items() if series.startswith("elasticsearch_indices_docs{"))


def test_prometheus_is_told_how_the_cluster_is_and_what_it_holds(platform: Platform, client: Client):
    health = {
        colour: value
        for series, value in scraped(platform, LAYER).items()
        if series.startswith("elasticsearch_cluster_health_status{")
        for colour in ("green", "yellow", "red")
        if f'color="{colour}"' in series
    }
    status = client.get("/_cluster/health").json()["status"]
    assert health == {colour: float(colour == status) for colour in ("green", "yellow", "red")}
    before = documents(platform)
    assert client.put("/counted/_doc/1?refresh=true", json={"name": "iris"}).ok
    eventually(lambda: documents(platform) > before, "the document is counted", 30)
    assert client.delete("/counted").ok


def test_the_exporters_login_is_for_figures_alone(platform: Platform, client: Client):
    said = exporters_login(platform, LAYER)
    own = Client(client.base, client.verify, (said["ES_USERNAME"], said["ES_PASSWORD"]))
    for path in ("/_cluster/health", "/_nodes/stats"):
        assert own.get(path).ok
    assert client.put("/hidden/_doc/1", json={"name": "iris"}).ok
    for verb, path, body in (
        ("GET", "/hidden/_doc/1", None),
        ("GET", "/hidden/_search", None),
        ("PUT", "/hidden/_doc/2", {"name": "tulip"}),
        ("DELETE", "/hidden", None),
        ("PUT", "/_cluster/settings", {"transient": {"cluster.max_shards_per_node": 1}}),
        ("GET", "/_plugins/_security/api/internalusers", None),
    ):
        assert own.request(verb, path, json=body).status_code == 403, f"{verb} {path}"
    assert client.delete("/hidden").ok


def test_before_a_back_up_what_is_in_memory_goes_to_the_disk(platform: Platform, client: Client):
    def in_memory() -> int:
        figures = client.get("/unwritten/_stats/translog").json()["_all"]["primaries"]["translog"]
        return int(figures["uncommitted_operations"])

    assert client.put("/unwritten/_doc/1", json={"name": "iris"}).ok
    assert in_memory() == 1
    assert json.loads(prepare_backup(platform, LAYER))["_shards"]["failed"] == 0
    assert in_memory() == 0
    assert client.delete("/unwritten").ok


def test_a_document_outlives_its_node(platform: Platform, client: Client):
    assert client.put("/kept/_doc/1", json={"name": "iris"}).ok
    (before,) = pods(platform, LAYER, NODES)
    kill(platform, LAYER, NODES)
    eventually(lambda: ready(platform, LAYER, NODES, but=before["metadata"]["uid"]), "another node is up", 180)
    answer = eventually(lambda: found(client), "the index is back")
    assert answer == {"name": "iris"}


def found(client: Client) -> dict[str, str] | None:
    try:
        answer = client.get("/kept/_doc/1")
    except requests.RequestException:
        return None
    return dict(answer.json()["_source"]) if answer.ok else None
