"""The front door of a small stack, on the cluster, with cert-manager, a provider of the tests' own, and visitors."""

import base64
import json
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from components.catalog import image
from local import embedded
from tests.cluster.apart.door.authority import Authority
from tests.cluster.apart.door.visitor import Visitor, names
from tests.cluster.evidence import eventually
from tests.cluster.platform import Platform, kubectl, stack_file

PREFIX, HOME, ELSEWHERE, SIGNERS_HOME = "door-", "door-front-door", "door-provider", "door-cert-manager"
SIGNER = "door-authority"
IMAGES = (
    "oauth2-proxy",
    *(f"cert-manager-{part}" for part in ("cainjector", "controller", "startupapicheck", "webhook")),
)
DOMAIN = "door.example.org"
MLFLOW = f"https://mlflow.{DOMAIN}"
PROVIDER = f"provider.{ELSEWHERE}.svc.cluster.local"
PORT = 8443
ISSUER = f"https://{PROVIDER}:{PORT}"
CLIENT_SECRET = "of-the-client"
USERS = {"ada": ["research"], "eve": ["sales"]}
_PROGRAM = Path(__file__).parent / "door" / "provider.py"

Manifest = dict[str, Any]


def made(kind: str, name: str, namespace: str | None, api: str = "v1", **content: Any) -> Manifest:
    place = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": {**place, "labels": {"app": name}}, **content}


def apply(*manifests: Manifest) -> None:
    kubectl("apply", "-f", "-", feed=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)}))


def provider(authority: Authority) -> list[Manifest]:
    numbers = rsa.generate_private_key(65537, 2048).private_numbers()
    key = {"n": str(numbers.public_numbers.n), "e": str(numbers.public_numbers.e), "d": str(numbers.d)}
    told = {"issuer": ISSUER, "client": "platform", "secret": CLIENT_SECRET, "users": USERS, **key}
    files = {"provider.json": json.dumps(told), "provider.py": _PROGRAM.read_text(), **authority.signed([PROVIDER])}
    container = {
        "name": "provider",
        "image": image("mlflow").reference,
        "command": ["python", "/provider/provider.py", "/provider", str(PORT)],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
        "volumeMounts": [{"name": "files", "mountPath": "/provider", "readOnly": True}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    secure = {"runAsNonRoot": True, "runAsUser": 1000, "fsGroup": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    pod = {
        "securityContext": secure,
        "automountServiceAccountToken": False,
        "containers": [container],
        "volumes": [{"name": "files", "secret": {"secretName": "provider"}}],
    }
    service = {"selector": {"app": "provider"}, "ports": [{"port": PORT}]}
    return [
        made("Secret", "provider", ELSEWHERE, stringData=files),
        made("Pod", "provider", ELSEWHERE, spec=pod),
        made("Service", "provider", ELSEWHERE, spec=service),
    ]


def keep(authority: Authority) -> None:
    """While the stack comes up: what a company would have beside it, once there is a place for each."""
    _place(SIGNERS_HOME)
    apply(made("Secret", SIGNER, SIGNERS_HOME, type="kubernetes.io/tls", stringData=authority.own))
    signer = made("ClusterIssuer", SIGNER, None, "cert-manager.io/v1", spec={"ca": {"secretName": SIGNER}})
    eventually(lambda: _taken(signer), "cert-manager takes an issuer", 600)
    _place(HOME)
    apply(made("Secret", "client", HOME, stringData={"client-secret": CLIENT_SECRET}))


def _place(namespace: str) -> None:
    there = ("get", "namespace", namespace, "--ignore-not-found", "-o", "name")
    eventually(lambda: kubectl(*there), f"the namespace {namespace}", 300)


def _taken(one: Manifest) -> bool:
    """The API server refuses it until its kind is there, and as long as it does not trust cert-manager's webhook."""
    try:
        apply(one)
    except AssertionError:
        return False
    return True


def environment(authority: Authority) -> Manifest:
    login = {"issuer": ISSUER, "clientId": "platform", "secret": "client", "groups": ["research"]}
    door = {
        "namespace": HOME,
        "domain": DOMAIN,
        "login": {**login, "authority": authority.certificate},
        "certificates": {"issuer": SIGNER},
        "service": {"type": "ClusterIP"},
    }
    small = {"cpu": "10m", "memory": "64Mi"}
    signer = {"replicas": 1, "resources": {**small, "memoryLimit": "256Mi"}, "webhook": small, "injector": small}
    sections = stack_file(PREFIX, {"tracking"}, certManager={**signer, "keepDefinitions": False}, frontDoor=door)
    return {**sections, "tracking": {**sections["tracking"], "replicas": 1}}


@pytest.fixture(scope="module")
def door(embedded_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Up, its names known to this process: the file with the authority to trust."""
    embedded.bring(IMAGES, lambda line: print(line, file=sys.__stdout__))
    home, authority = tmp_path_factory.mktemp("door"), Authority()
    apply(made("Namespace", ELSEWHERE, None))
    account = ("get", "serviceaccount", "default", "-n", ELSEWHERE, "--ignore-not-found", "-o", "name")
    eventually(lambda: kubectl(*account), "the account that every namespace has")
    apply(*provider(authority))
    platform = Platform.prepare("door", home / "door", environment(authority), PREFIX)
    try:
        with ThreadPoolExecutor(max_workers=1) as beside:
            kept = beside.submit(keep, authority)
            platform.stack.up()
            kept.result()
        trusted = home / "authority.pem"
        trusted.write_text(authority.certificate)
        front, idp = address("front-door", HOME), address("provider", ELSEWHERE)
        with names({f"mlflow.{DOMAIN}": front, f"login.{DOMAIN}": front, PROVIDER: idp}):
            yield trusted
    finally:
        if platform.stack.exists:
            platform.stack.prepare(print)
            platform.stack.destroy()
        kubectl("delete", "namespace", ELSEWHERE, "--ignore-not-found")
        shutil.rmtree(home, ignore_errors=True)


def address(service: str, namespace: str) -> str:
    return kubectl("get", "service", service, "-n", namespace, "-o", "jsonpath={.spec.clusterIP}")


@pytest.fixture
def visitor(door: Path) -> Visitor:
    return Visitor(door)


def test_cert_manager_has_signed_for_every_name_by_the_companys_authority(door: Path):
    data = json.loads(kubectl("get", "secret", "front-door-certificate", "-n", HOME, "-o", "json"))["data"]
    read = x509.load_pem_x509_certificate(base64.b64decode(data["tls.crt"]))
    told = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert told.get_values_for_type(x509.DNSName) == [f"login.{DOMAIN}", f"mlflow.{DOMAIN}"]
    assert read.issuer == x509.load_pem_x509_certificate(door.read_bytes()).subject


def test_plain_http_leads_to_tls(visitor: Visitor):
    answer = visitor.get(f"http://mlflow.{DOMAIN}/#/models?a=b", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{MLFLOW}/")


def test_a_stranger_is_sent_to_the_provider_and_sees_nothing(visitor: Visitor):
    answer = visitor.get(f"{MLFLOW}/", allow_redirects=False)
    assert answer.status_code == 302 and answer.headers["Location"].startswith(f"{ISSUER}/authorize?")
    assert "mlflow" not in answer.text.lower().replace(f"mlflow.{DOMAIN}", "")
    script = visitor.get(f"{MLFLOW}/ajax-api/2.0/mlflow/experiments/search", headers={"Sec-Fetch-Mode": "cors"})
    assert script.status_code == 401 and not script.history


def test_who_is_in_a_group_that_is_let_in_ends_at_mlflows_own_login(visitor: Visitor):
    answer = visitor.walk_in(f"{MLFLOW}/", "ada")
    assert answer.url == f"{MLFLOW}/" and answer.status_code == 401
    assert "authenticate" in answer.text and answer.headers["Strict-Transport-Security"]


def test_mlflow_shows_its_page_and_takes_changes_by_its_own_password(visitor: Visitor):
    visitor.walk_in(f"{MLFLOW}/", "ada")
    visitor.auth = ("admin", password())
    page = visitor.get(f"{MLFLOW}/")
    assert page.status_code == 200 and "<title>MLflow</title>" in page.text
    change = {"url": f"{MLFLOW}/api/2.0/mlflow/experiments/create", "json": {"name": "through-the-door"}}
    assert visitor.post(**change, headers={"Origin": MLFLOW}).status_code == 200
    assert visitor.post(**change, headers={"Origin": f"https://argo.{DOMAIN}"}).status_code == 403


def test_who_is_in_no_such_group_is_refused(visitor: Visitor):
    answer = visitor.walk_in(f"{MLFLOW}/", "eve")
    assert answer.status_code == 403 and answer.url.startswith(f"https://login.{DOMAIN}/oauth2/callback")
    assert visitor.get(f"{MLFLOW}/", allow_redirects=False).status_code == 302


def test_a_forged_session_opens_nothing(visitor: Visitor, door: Path):
    visitor.walk_in(f"{MLFLOW}/", "ada")
    real = visitor.cookies["__Secure-door"]
    value, when, signature = real.split("|")
    for forged in (f"{value}|{int(when) + 9999}|{signature}", f"{value[:-4]}AAAA|{when}|{signature}", "x"):
        other = Visitor(door)
        other.cookies.set("__Secure-door", forged, domain=f".{DOMAIN}", secure=True)
        assert other.get(f"{MLFLOW}/", allow_redirects=False).status_code == 302


def test_a_host_that_is_not_one_of_the_names_gets_no_handshake(visitor: Visitor):
    with names({f"argo.{DOMAIN}": address("front-door", HOME)}), pytest.raises(requests.exceptions.SSLError):
        visitor.get(f"https://argo.{DOMAIN}/")


def password() -> str:
    """Of MLflow's administrator, from the Secret that its pods read."""
    place = f"{PREFIX}tracking"
    found = json.loads(kubectl("get", "secrets", "-n", place, "-o", "json"))["items"]
    (held,) = (one["data"] for one in found if "MLFLOW_AUTH_ADMIN_PASSWORD" in one.get("data", {}))
    return base64.b64decode(held["MLFLOW_AUTH_ADMIN_PASSWORD"]).decode()
