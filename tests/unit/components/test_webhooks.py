"""Whom the API server asks: by what way it gets there, in a cluster of GKE too."""

import json

import pytest

from tests.recording import Engine
from tests.unit.components.data.test_fluid import made as fluid
from tests.unit.components.test_cloudnative_pg_operator import operator
from tests.unit.components.test_queues import kueue

ASKED = {"CloudNativePG": operator, "Fluid": fluid, "Kueue": kueue}
_OPEN_IN_GKE = 10250


def servers(engine: Engine) -> tuple[dict, dict]:
    """The Service that the API server asks, and what the pods behind it are made from."""
    (service,) = [one.inputs["spec"] for one in engine.all("Service")]
    (behind,) = [
        one.inputs["spec"]["template"]
        for one in engine.all("Deployment")
        if service["selector"].items() <= one.inputs["spec"]["template"]["metadata"]["labels"].items()
    ]
    return service, behind


@pytest.mark.parametrize("asked", ASKED)
def test_the_api_server_gets_in_from_its_own_address_and_from_the_pod_that_its_tunnel_ends_in(asked: str):
    engine = ASKED[asked]()
    selector = servers(engine)[0]["selector"]
    (way,) = [
        rule
        for one in engine.all("NetworkPolicy")
        if one.inputs["spec"]["podSelector"].get("matchLabels") == selector
        for rule in one.inputs["spec"].get("ingress", ())
    ]
    assert [port["port"] for port in way["ports"]] == [_OPEN_IN_GKE]
    assert way["from"] == [
        {"ipBlock": {"cidr": "0.0.0.0/0"}},
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "konnectivity-agent"}},
        },
    ]


@pytest.mark.parametrize("asked", ASKED)
def test_it_is_answered_on_the_port_that_gke_opens_by_itself(asked: str):
    engine = ASKED[asked]()
    service, behind = servers(engine)
    (container,) = behind["spec"]["containers"]
    listening = {port["name"]: port["containerPort"] for port in container["ports"]}
    ports = {one["port"] for one in service["ports"] if listening[one["targetPort"]] == _OPEN_IN_GKE}
    hooks = [
        hook
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
        for one in engine.all(kind)
        for hook in one.inputs["webhooks"]
    ]
    assert hooks and {hook["clientConfig"]["service"]["port"] for hook in hooks} == ports
    # Each is told by its own means, and listens elsewhere if it isn't.
    if asked == "Kueue":
        said = json.loads(engine.only("ConfigMap").inputs["data"]["controller.yaml"])
        assert said["webhook"]["port"] == _OPEN_IN_GKE
    else:
        assert f"--webhook-port={_OPEN_IN_GKE}" in container["args"]
