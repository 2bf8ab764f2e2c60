"""OpenSearch as its clients have it: by HTTPS with a login, and with the same documents after a node is lost."""

import base64
import json

import pytest
import requests

from tests.cluster.evidence import eventually, kill, pods, ready
from tests.cluster.platform import Platform

LAYER, NODES = "search", "app.kubernetes.io/component=server"


@pytest.fixture(scope="module")
def client(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> requests.Session:
    """Logged in as the administrator, and trusting whom the platform's own systems trust."""
    maps = json.loads(platform.kubectl("get", "configmaps", "-n", platform.namespace(LAYER), "-o", "json"))["items"]
    (found,) = [one for one in maps if one["metadata"]["name"].startswith("opensearch-authority")]
    authority = tmp_path_factory.mktemp("search") / "authority.pem"
    authority.write_bytes(base64.b64decode(found["binaryData"]["authority.pem"]))
    endpoint, session = platform.endpoint("opensearch"), requests.Session()
    # Or else a variable of this machine would say whom to trust.
    session.trust_env = False
    session.verify, session.auth = str(authority), (endpoint["username"], endpoint["password"])
    return session


def url(platform: Platform, path: str) -> str:
    return platform.endpoint("opensearch")["url"] + path


def test_whoever_does_not_log_in_or_does_not_trust_the_authority_gets_nowhere(
    platform: Platform, client: requests.Session
):
    assert client.get(url(platform, "/")).json()["version"]["distribution"] == "opensearch"
    for login in (None, ("admin", "admin"), ("platform", "wrong")):
        assert requests.get(url(platform, "/"), auth=login, verify=client.verify).status_code == 401
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url(platform, "/"))


def test_the_platforms_own_user_may_do_what_it_needs_with_indices_alone(platform: Platform, client: requests.Session):
    user = {"password": "Only-For-This-Test-0f3a91", "opendistro_security_roles": ["platform"]}
    made = client.put(url(platform, "/_plugins/_security/api/internalusers/like-platform"), json=user)
    assert made.ok, made.text
    own = requests.Session()
    own.trust_env = False
    own.verify, own.auth = client.verify, ("like-platform", user["password"])
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
        answer = own.request(verb, url(platform, path), json=body)
        assert answer.ok, f"{verb} {path}: {answer.text}"
    for path in ("/_plugins/_security/api/internalusers", "/.opendistro_security/_search"):
        assert own.get(url(platform, path)).status_code == 403
    assert client.delete(url(platform, "/_plugins/_security/api/internalusers/like-platform")).ok


def test_a_document_outlives_its_node(platform: Platform, client: requests.Session):
    assert client.put(url(platform, "/kept/_doc/1"), json={"name": "iris"}).ok
    (before,) = pods(platform, LAYER, NODES)
    kill(platform, LAYER, NODES)
    eventually(lambda: ready(platform, LAYER, NODES, but=before["metadata"]["uid"]), "another node is up", 180)
    answer = eventually(lambda: found(platform, client), "the index is back")
    assert answer == {"name": "iris"}


def found(platform: Platform, client: requests.Session) -> dict[str, str] | None:
    try:
        answer = client.get(url(platform, "/kept/_doc/1"))
    except requests.ConnectionError:
        return None
    return dict(answer.json()["_source"]) if answer.ok else None
