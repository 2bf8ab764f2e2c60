import json
from collections.abc import Iterator

import pytest

from local.plugins.kubernetes.provider import KubernetesProvider
from tests.unit.local.plugins.calls import Calls, connect
from tests.unit.local.plugins.kubernetes.api_server import ApiServer, serve


@pytest.fixture
def server() -> ApiServer:
    return ApiServer()


@pytest.fixture
def url(server: ApiServer) -> Iterator[str]:
    with serve(server) as url:
        yield url


@pytest.fixture
def calls(url: str) -> Iterator[Calls]:
    """The kubernetes provider, configured for the server in memory."""
    with connect(KubernetesProvider("")) as calls:
        calls.configure({"kubeconfig": kubeconfig(url)})
        yield calls


def kubeconfig(url: str, namespace: str = "", certificate: str = "") -> str:
    """One for the server at `url`."""
    context = {"cluster": "memory", "user": "me", **({"namespace": namespace} if namespace else {})}
    cluster = {"server": url, **({"certificate-authority-data": certificate} if certificate else {})}
    return json.dumps(
        {
            "current-context": "memory",
            "contexts": [{"name": "memory", "context": context}],
            "clusters": [{"name": "memory", "cluster": cluster}],
            "users": [{"name": "me", "user": {"token": "secret-token"}}],
        }
    )
