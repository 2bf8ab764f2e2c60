"""OpenSearch as its clients have it: by HTTPS with a login, and with the same documents after a node is lost."""

import base64
import json
from typing import Any

import pytest
import requests

from tests.cluster.evidence import eventually, kill, pods, ready
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
