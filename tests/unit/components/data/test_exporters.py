"""What tells Prometheus of the backing services, on the recording engine."""

from typing import Any

import pytest

from components.data.kafka import Kafka, KafkaArgs, KafkaSettings
from components.data.opensearch.opensearch import OpenSearch, OpenSearchArgs, OpenSearchSettings
from components.data.valkey import Valkey, ValkeyArgs, ValkeySettings
from tests.recording import SECRET_MARK, Engine

SERVICES: dict[str, tuple[Any, Any, Any]] = {
    "valkey": (Valkey, ValkeyArgs, ValkeySettings),
    "kafka": (Kafka, KafkaArgs, KafkaSettings),
    "opensearch": (OpenSearch, OpenSearchArgs, OpenSearchSettings),
}
each = pytest.mark.parametrize("service", SERVICES)


def built(service: str, **settings: object) -> Engine:
    component, args, model = SERVICES[service]
    engine = Engine()
    engine.build(lambda: component(service, args(settings=model(**settings), namespace="here")))
    return engine


def pod(engine: Engine, service: str) -> dict:
    return dict(engine.only("Deployment", f"{service}-exporter").inputs["spec"]["template"])


@each
def test_an_exporter_runs_beside_the_server_and_is_found_by_the_name_of_its_port(service: str):
    engine = built(service)
    (container,) = pod(engine, service)["spec"]["containers"]
    (port,) = container["ports"]
    assert port["name"] == "metrics"
    front = engine.only("Service", f"{service}-exporter").inputs
    assert front["spec"]["selector"].items() <= pod(engine, service)["metadata"]["labels"].items()
    assert [one["port"] for one in front["spec"]["ports"]] == [port["containerPort"]]


@each
def test_its_password_is_a_variable_from_a_secret_and_on_no_command_line(service: str):
    engine = built(service)
    (container,) = pod(engine, service)["spec"]["containers"]
    assert "generated-" not in str(container)
    assert SECRET_MARK in engine.only("Secret", f"{service}-exporter-login").inputs["stringData"]
    (source,) = container["envFrom"]
    assert source["secretRef"]["name"].startswith(f"{service}-exporter-login")


@each
def test_its_one_way_out_leads_to_the_server(service: str):
    engine = built(service)
    (way,) = engine.only("NetworkPolicy", f"{service}-exporter-to-server-out").inputs["spec"]["egress"]
    (server,) = way["to"]
    served = engine.only("StatefulSet").inputs["spec"]["selector"]["matchLabels"]
    assert server["podSelector"]["matchLabels"] == served


@each
def test_whoever_scrapes_is_let_in_from_the_namespaces_that_are_named(service: str):
    assert not built(service).all("NetworkPolicy", f"{service}-exporter-readers")
    policy = built(service, metrics={"scrapedFrom": ["monitoring"]}).only(
        "NetworkPolicy", f"{service}-exporter-readers"
    )
    (way,) = policy.inputs["spec"]["ingress"]
    assert [one["namespaceSelector"]["matchLabels"] for one in way["from"]] == [
        {"kubernetes.io/metadata.name": "monitoring"}
    ]


@each
def test_without_metrics_there_is_no_exporter(service: str):
    engine = built(service, metrics=None)
    assert not [made.name for made in engine.made if "exporter" in made.name] and not engine.all("Deployment")
