"""What the front door asks of cert-manager, read by cert-manager's own controller on a real API server."""

import base64
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pulumi import ResourceOptions

from components.edge.dns import DnsZone
from components.edge.front_door.certificates import certificate
from components.edge.front_door.settings import CertificateSettings
from local.plugins.kubernetes.spelling import for_the_server
from tests.cluster.evidence import eventually
from tests.engine.cert_manager import HOME as SIGNERS_HOME
from tests.engine.cert_manager import Running
from tests.engine.server import Server
from tests.recording import Engine, Made

HOME = "front-door-test"
NAMES = ["login.ml.example.org", "mlflow.ml.example.org"]


@pytest.fixture(scope="module")
def cluster(server: Server, cert_manager: Running) -> Iterator[Server]:
    """With cert-manager, as the platform brings it."""
    server.kubectl("create", "namespace", HOME)
    yield server
    server.kubectl("delete", "namespace", HOME, "--wait=false")


def asked(name: str, settings: CertificateSettings, zone: DnsZone | None = None) -> list[dict[str, Any]]:
    engine = Engine()
    engine.build(lambda: certificate(name, settings, zone, NAMES, HOME, ResourceOptions()))
    return [_manifest(one) for one in engine.made]


def _manifest(made: Made) -> dict[str, Any]:
    """With the name that the recording engine has given it, which others refer to it by."""
    inputs = json.loads(json.dumps(for_the_server(made.inputs)), parse_float=lambda number: int(float(number)))
    return {**inputs, "metadata": {"name": f"{made.name}-1a2b3c4d", **inputs["metadata"]}}


def signed(cluster: Server, name: str, settings: CertificateSettings) -> x509.Certificate:
    """What is in the Secret that nginx has its files from, once all of it is there and belongs together."""
    for one in asked(name, settings):
        cluster.kubectl("apply", "--validate=strict", "-f", "-", stdin=json.dumps(one))

    def files() -> dict[str, bytes] | None:
        there = cluster.exists("secret", f"{name}-certificate", "-n", HOME)
        data = cluster.get("secret", f"{name}-certificate", "-n", HOME)["data"] if there else {}
        found = {key: base64.b64decode(value) for key, value in data.items()}
        return found if found.get("tls.crt") and found.get("tls.key") else None

    written = eventually(files, f"the certificate of {name}", 90)
    read = x509.load_pem_x509_certificate(written["tls.crt"])
    assert load_pem_private_key(written["tls.key"], None).public_key() == read.public_key()
    return read


def names(read: x509.Certificate) -> list[str]:
    return read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)


def test_a_certificate_that_signs_itself_is_for_every_name(cluster: Server):
    read = signed(cluster, "own", CertificateSettings(self_signed=True))
    assert names(read) == NAMES and read.issuer == read.subject


def test_an_issuer_of_the_cluster_signs_by_its_name(cluster: Server):
    """Here one with an authority that has signed itself, as a company's is."""
    for one in authority():
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(one))
    read = signed(cluster, "company", CertificateSettings(issuer="company"))
    assert names(read) == NAMES
    assert read.issuer.rfc4514_string() == "CN=company"


def authority() -> list[dict[str, Any]]:
    place = {"namespace": SIGNERS_HOME}
    spec = {"isCA": True, "commonName": "company", "secretName": "company"}
    first = {"selfSigned": {}}
    return [
        _of("Issuer", {"name": "first", **place}, first),
        _of("Certificate", {"name": "company", **place}, {**spec, "issuerRef": {"name": "first"}}),
        _of("ClusterIssuer", {"name": "company"}, {"ca": {"secretName": "company"}}),
    ]


def _of(kind: str, metadata: dict[str, str], spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "cert-manager.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


ROUTE53 = {"route53": {"region": "us-east-1", "hostedZoneID": "Z0123456789ABCDEFGHIJ"}}
CLOUD_DNS = {"cloudDNS": {"project": "acme-ml", "hostedZoneName": "ml-example-org"}}


@pytest.mark.parametrize("said, zone", [(ROUTE53, None), (None, ROUTE53), (None, CLOUD_DNS)])
def test_an_account_at_an_acme_authority_is_as_cert_managers_kinds_have_it(
    cluster: Server, said: dict[str, Any] | None, zone: dict[str, Any] | None
):
    """The API server reads it strictly; nobody signs here, as that takes a domain of one's own.

    The words for a zone are those that tests/unit/components/edge/test_dns.py has of the clouds.
    """
    settings = CertificateSettings.model_validate({"acme": {"email": "ml@example.org", "dns01": said}})
    made = asked("acme", settings, SimpleNamespace(solver=zone) if zone else None)
    assert (said or zone) in [one["dns01"] for one in made[0]["spec"]["acme"]["solvers"]]
    for one in made:
        cluster.kubectl("apply", "--validate=strict", "--dry-run=server", "-f", "-", stdin=json.dumps(one))
