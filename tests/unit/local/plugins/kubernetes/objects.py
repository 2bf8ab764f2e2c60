"""The objects that tests of the provider make, and how one is made as the engine does it."""

from typing import Any

from local.plugins.protocol import provider_pb2
from tests.unit.local.plugins.calls import Calls

Document = dict[str, Any]

URN = "urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMap::settings"
SECRET_URN = "urn:pulumi:dev::shop::kubernetes:core/v1:Secret::credentials"
SERVICE_URN = "urn:pulumi:dev::shop::kubernetes:core/v1:Service::web"
PATCH_URN = "urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMapPatch::part"
MAPS = "/api/v1/namespaces/default/configmaps"
SECRETS = "/api/v1/namespaces/default/secrets"
SERVICES = "/api/v1/namespaces/default/services"
DIFF = provider_pb2.DiffResponse
KIND = provider_pb2.PropertyDiff


def config_map(data: Document, **metadata: Any) -> Document:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def web(port: int = 80, **metadata: Any) -> Document:
    spec = {"ports": [{"port": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", **metadata}, "spec": spec}


def made(calls: Calls, urn: str, news: Document) -> tuple[str, Document, Document]:
    inputs = calls.check(urn, news)
    id, state = calls.create(urn, inputs)
    return id, state, inputs
