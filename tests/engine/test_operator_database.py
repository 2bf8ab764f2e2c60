"""CloudNativePG itself, as the component configures it, on a real API server: what it makes, refuses, and may not.

There are no nodes: it comes as far as the Job that would set up the primary.
"""

import base64
import json
import platform
import shutil
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.storage.cloudnative_pg.cluster import PostgresCluster, PostgresClusterArgs
from components.storage.cloudnative_pg.definitions import (
    DEFINITIONS,
    CloudNativePgDefinitions,
    CloudNativePgDefinitionsArgs,
)
from components.storage.cloudnative_pg.operator import CloudNativePg, CloudNativePgArgs
from components.storage.cloudnative_pg.settings import OperatedDatabaseSettings
from local import toolchain
from tests.cluster.evidence import eventually
from tests.engine.operators import Manifest, Program, given, login, manifest, remove, rights, take
from tests.engine.server import Server, free_port
from tests.recording import Engine
from tests.unit.components.wires import bucket

HOME, PLACE, OTHER = "cnpg-test", "cnpg-databases", "cnpg-other"
CERTIFICATES = Path("/run/secrets/cnpg.io/webhook")
"""Part of CloudNativePG."""
_FIRST = ("CustomResourceDefinition", "ServiceAccount", "Role", "ClusterRole")
_ASKED = ("Cluster", "ScheduledBackup")
_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}


def program() -> None:
    CloudNativePgDefinitions("kinds", CloudNativePgDefinitionsArgs())
    operator = CloudNativePg("operator", CloudNativePgArgs(namespace=HOME, namespaces=(PLACE,))).operator
    settings = OperatedDatabaseSettings.model_validate(
        {"kind": "operator", "instances": 2, "size": "1Gi", "resources": {"cpu": "100m", "memory": "256Mi"}}
    )
    PostgresCluster(
        "records", PostgresClusterArgs(settings=settings, namespace=PLACE, operator=operator, backups=bucket())
    )


@cache
def made() -> list[Manifest]:
    engine = Engine()
    engine.build(program)
    # What has no kind is only read, or is no object; the store of back-ups is not there.
    objects = [one for one in engine.made if one.type.startswith("kubernetes:") and one.inputs.get("kind")]
    return [one for one in map(manifest, objects) if one["metadata"].get("namespace") != "storage"]


def only(kind: str) -> Manifest:
    (one,) = (one for one in made() if one["kind"] == kind)
    return one


@pytest.fixture(scope="module")
def running(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """With the operator's own program beside it, under the account and the rights that it has as a pod."""
    folder, port = tmp_path_factory.mktemp("cloudnative-pg"), free_port()
    with ExitStack() as stack:
        for name in (HOME, PLACE, OTHER):
            server.kubectl("create", "namespace", name)
            stack.callback(server.kubectl, "delete", "namespace", name, "--wait=false")
        first = [_beside(one, port) for one in made() if one["kind"] not in _ASKED]
        first.sort(key=lambda one: one["kind"] not in _FIRST)
        stack.callback(remove, server, first)
        for one in first:
            take(server, one)
        started = _start(server, folder, port)
        stack.callback(shutil.rmtree, CERTIFICATES.parent)
        stack.callback(started.end)
        _show_certificate(server, started, port)
        for one in made():
            if one["kind"] in _ASKED:
                take(server, one)
        yield started


def _beside(one: Manifest, port: int) -> Manifest:
    """Its Service leads to this machine, and its port is a free one: there may be other clusters here."""
    if one["kind"] == "Service":
        return {**one, "spec": {"type": "ExternalName", "externalName": "localhost"}}
    if one["kind"] == "Deployment":
        return {**one, "spec": {**one["spec"], "replicas": 0}}
    if one["kind"].endswith("WebhookConfiguration"):
        return dict(json.loads(json.dumps(one).replace("10250", str(port))))
    return one


def _start(server: Server, folder: Path, port: int) -> Program:
    (container,) = only("Deployment")["spec"]["template"]["spec"]["containers"]
    binary = toolchain.build_one(toolchain.IN_IMAGES["cloudnative-pg"], print) / "manager"
    (folder / "operator").mkdir()
    (folder / f"operator/manager_{_ARCHITECTURE[platform.machine()]}").symlink_to(binary)
    kubeconfig = login(server, only("ServiceAccount")["metadata"]["name"], HOME, folder / "kubeconfig")
    said = {one["name"]: one["value"] for one in container["env"] if "value" in one}
    # Only a pod knows the namespace in which it would stand for election.
    words = [word for word in container["args"] if word != "--leader-elect"]
    words = [word.replace("10250", str(port)).replace("8080", str(free_port())) for word in words]
    shutil.rmtree(CERTIFICATES.parent, ignore_errors=True)  # of a run that was killed
    CERTIFICATES.mkdir(parents=True)
    environment = {**said, "OPERATOR_NAMESPACE": HOME, "KUBECONFIG": str(kubeconfig)}
    return Program([str(binary), *words], folder, environment)


def _show_certificate(server: Server, started: Program, port: int) -> None:
    """As a kubelet would: the Secret as files."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def secret() -> Any:
        found = started.runs() and _found(server, "secret", "cnpg-webhook-cert", HOME)
        return found and found["data"]

    for name, content in eventually(secret, "the certificate").items():
        (CERTIFICATES / name).write_bytes(base64.b64decode(content))
    url = f"https://127.0.0.1:{port}/readyz"
    eventually(lambda: started.answers(url, context), f"readiness of the operator: see {started.log}")


def test_a_database_is_completed_and_gets_all_that_its_primary_needs(server: Server, running: Program):
    def there() -> bool:
        kinds = "secrets,services,serviceaccounts,roles,rolebindings,persistentvolumeclaims,poddisruptionbudgets,jobs"
        found = {f"{one['kind']}/{one['metadata']['name']}" for one in server.get(kinds, "-n", PLACE)["items"]}
        wanted = {
            *("Secret/records-ca", "Secret/records-server", "Secret/records-replication"),
            *("Service/records-rw", "ServiceAccount/records", "Role/records", "RoleBinding/records"),
            *("PersistentVolumeClaim/records-1", "PodDisruptionBudget/records-primary", "Job/records-1-initdb"),
        }
        return wanted <= found

    eventually(there, f"the set-up of the primary: see {running.log}")
    spec = server.get("clusters.postgresql.cnpg.io", "records", "-n", PLACE)["spec"]
    assert spec["bootstrap"]["initdb"]["database"] == "app"
    assert spec["postgresql"]["parameters"]["shared_buffers"] == "64MB"


def test_its_pods_may_run_where_pods_are_restricted_and_from_the_images_of_the_catalogue(
    server: Server, running: Program
):
    job = eventually(lambda: _found(server, "job", "records-1-initdb"), "the Job of the primary")
    pod = job["spec"]["template"]["spec"]
    images = {one["name"]: one["image"] for one in [*pod["initContainers"], *pod["containers"]]}
    assert images["bootstrap-controller"].startswith("ghcr.io/cloudnative-pg/cloudnative-pg:")
    assert images["initdb"].startswith("ghcr.io/cloudnative-pg/postgresql:")
    server.kubectl("label", "namespace", OTHER, "pod-security.kubernetes.io/enforce=restricted")
    named = {"name": "tried", "namespace": OTHER}
    tried = {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": {**pod, "serviceAccountName": "default"}}
    server.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(tried))


def test_the_authority_that_clients_verify_by_signs_for_the_primarys_name_for_years(server: Server, running: Program):
    server_secret = eventually(lambda: _found(server, "secret", "records-server"), "the server's certificate")
    text = base64.b64decode(server_secret["data"]["tls.crt"]).decode()
    decoded = ssl._ssl._test_decode_cert(_written(text))  # type: ignore[attr-defined]
    assert ("DNS", f"records-rw.{PLACE}") in decoded["subjectAltName"]
    years = ssl.cert_time_to_seconds(decoded["notAfter"]) - ssl.cert_time_to_seconds(decoded["notBefore"])
    assert years > 9 * 365 * 24 * 3600


def test_the_operator_lacks_no_right_that_it_asks_for(running: Program):
    assert "forbidden" not in running.log.read_text().lower()


def test_a_database_that_cannot_be_is_refused(server: Server, running: Program):
    spec = {"instances": 1, "storage": {"size": "1Gi"}, "postgresql": {"parameters": {"port": "1"}}}
    one = {**only("Cluster"), "metadata": {"name": "wrong", "namespace": PLACE}, "spec": spec}
    with pytest.raises(AssertionError, match="Can't set fixed configuration parameter"):
        server.kubectl("create", "-f", "-", stdin=json.dumps(one))


def test_what_is_not_in_its_namespaces_it_does_not_touch(server: Server, running: Program):
    one = {**only("Cluster"), "metadata": {"name": "elsewhere", "namespace": OTHER}}
    server.kubectl("create", "-f", "-", stdin=json.dumps(one))
    eventually(lambda: _found(server, "job", "records-1-initdb"), "the one of its own")
    assert not server.get("secrets,jobs", "-n", OTHER)["items"]


@pytest.fixture
def module() -> Path:
    """As it is published."""
    return toolchain.build_one(toolchain.IN_IMAGES["cloudnative-pg"], print) / "config"


def test_the_kinds_are_those_of_the_module(module: Path):
    published = {}
    for path in (module / "crd/bases").glob("*.yaml"):
        spec = yaml.safe_load(path.read_text())["spec"]
        (version,) = spec["versions"]
        columns = [(one["name"], one["type"], one["jsonPath"]) for one in version["additionalPrinterColumns"]]
        subresources = version.get("subresources", {})
        kind = spec["names"]["kind"]
        published[kind] = (spec["names"]["plural"], spec["scope"], sorted(subresources), columns)
    ours = {}
    for one in DEFINITIONS:
        said = (["scale"] if one.scale else []) + (["status"] if one.own_status else [])
        columns = [(column.name, column.type, column.json_path) for column in one.columns]
        ours[one.kind] = (one.plural, one.scope, said, columns)
    assert ours == published


def test_no_right_is_given_that_the_module_does_not_ask_for(module: Path):
    published = rights(yaml.safe_load((module / "rbac/role.yaml").read_text())["rules"])
    assert given(made()) - published == set()


def _found(server: Server, kind: str, name: str, place: str = PLACE) -> Any:
    shown = server.kubectl("get", kind, name, "-n", place, "--ignore-not-found", "-o", "json")
    return json.loads(shown) if shown.strip() else None


def _written(pem: str) -> str:
    path = CERTIFICATES / "shown.pem"
    path.write_text(pem)
    return str(path)
