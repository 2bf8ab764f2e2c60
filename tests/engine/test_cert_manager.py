"""cert-manager itself, as the component configures it, on a real API server: its kinds, its rights, what it refuses."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from components.edge.cert_manager.definitions import DEFINITIONS
from tests.cluster.evidence import eventually
from tests.engine.cert_manager import HOME, Running, made, published
from tests.engine.operators import Manifest, given
from tests.engine.server import Server

PLACE = "certificates-test"
_CHART = "charts/cert-manager/templates"


@pytest.fixture(scope="module")
def place(server: Server) -> Iterator[str]:
    server.kubectl("create", "namespace", PLACE)
    yield PLACE
    server.kubectl("delete", "namespace", PLACE, "--wait=false")


def of(kind: str, name: str, spec: Any, api: str = "cert-manager.io/v1") -> Manifest:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": PLACE}, "spec": spec}


def create(server: Server, one: Manifest) -> None:
    server.kubectl("create", "--validate=strict", "-f", "-", stdin=json.dumps(one))


def test_its_check_ends_once_the_api_server_trusts_the_webhook(server: Server, cert_manager: Running):
    assert "is ready" in cert_manager.checked
    for kind in ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"):
        (ours,) = (one for one in server.get(kind)["items"] if one["webhooks"][0]["name"] == "webhook.cert-manager.io")
        assert ours["webhooks"][0]["clientConfig"]["caBundle"]


def test_a_certificate_is_signed_written_and_written_anew_when_its_secret_is_lost(
    server: Server, cert_manager: Running, place: str
):
    create(server, of("Issuer", "own", {"selfSigned": {}}))
    create(
        server, of("Certificate", "one", {"secretName": "one", "dnsNames": ["a.test"], "issuerRef": {"name": "own"}})
    )

    def written() -> str | None:
        there = server.exists("secret", "one", "-n", place)
        return str(server.get("secret", "one", "-n", place)["data"].get("tls.crt") or "") if there else None

    first = eventually(written, "the certificate", 90)
    server.kubectl("delete", "secret", "one", "-n", place)
    assert eventually(written, "another certificate", 90) != first


def test_an_acme_account_and_a_challenge_are_kept_within_its_rights(server: Server, cert_manager: Running, place: str):
    """There is no authority here, and it says so: all that the API server is asked for is asked before that."""
    nowhere, solver = "https://127.0.0.1:1", {"dns01": {"route53": {"region": "us-east-1"}}}
    account = {"server": f"{nowhere}/directory", "email": "a@example.org", "privateKeySecretRef": {"name": "account"}}
    create(server, of("Issuer", "acme", {"acme": {**account, "solvers": [solver]}}))

    def told() -> bool:
        conditions = server.get("issuer", "acme", "-n", place).get("status", {}).get("conditions", [])
        return any("ACME" in one["message"] for one in conditions)

    eventually(told, "what became of the account", 60)
    assert server.exists("secret", "account", "-n", place)
    spec = {
        "authorizationURL": f"{nowhere}/authorization",
        "dnsName": "a.test",
        "issuerRef": {"name": "acme", "kind": "Issuer", "group": "cert-manager.io"},
        "key": "key",
        "solver": solver,
        "token": "token",
        "type": "DNS-01",
        "url": f"{nowhere}/challenge",
        "wildcard": False,
    }
    create(server, of("Challenge", "one", spec, "acme.cert-manager.io/v1"))
    held = eventually(lambda: server.get("challenge", "one", "-n", place)["metadata"].get("finalizers"), "its hold")
    server.kubectl("patch", "challenge", "one", "-n", place, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    assert held == ["acme.cert-manager.io/finalizer"]


def test_what_cannot_be_is_refused_by_the_webhook(server: Server, cert_manager: Running, place: str):
    with pytest.raises(AssertionError, match=r"admission webhook .* denied the request.*must be set"):
        create(server, of("Certificate", "none", {"secretName": "none", "issuerRef": {"name": "own"}}))


def test_none_of_its_programs_lacks_a_right_that_it_asks_for(cert_manager: Running):
    for program in cert_manager.programs.values():
        assert program.runs()
        lines = program.log.read_text().splitlines()
        assert not [line for line in lines if "forbidden" in line.lower()]


def test_its_programs_agree_at_home_on_which_of_them_works(server: Server, cert_manager: Running):
    leases = {one["metadata"]["name"] for one in server.get("leases", "-n", HOME)["items"]}
    assert leases == {"cert-manager-controller", "cert-manager-cainjector-leader-election"}


def test_the_kinds_are_those_of_the_module():
    theirs = {}
    for path in (published() / "crds").glob("*.yaml"):
        spec = yaml.safe_load(path.read_text())["spec"]
        (version,) = spec["versions"]
        names = spec["names"]
        columns = [
            (one["name"], one["type"], one["jsonPath"], one.get("priority"))
            for one in version["additionalPrinterColumns"]
        ]
        selectable = [one["jsonPath"] for one in version.get("selectableFields", [])]
        theirs[names["kind"]] = (
            *(names["plural"], names.get("shortNames", []), names["categories"], spec["scope"], version["name"]),
            *(sorted(version["subresources"]), sorted(columns), selectable),
        )
    ours = {}
    for one in DEFINITIONS:
        columns = [(shown.name, shown.type, shown.json_path, shown.priority) for shown in one.columns]
        ours[one.kind] = (
            *(one.plural, list(one.short), list(one.categories), one.scope, one.version),
            *(["status"], sorted(columns), list(one.selectable)),
        )
    assert ours == theirs


def test_the_fields_that_people_write_are_those_of_the_module():
    """Where a part is closed: what it leaves open has any."""
    theirs = {}
    for path in (published() / "crds").glob("*.yaml"):
        spec = yaml.safe_load(path.read_text())["spec"]
        theirs[spec["names"]["kind"]] = spec["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    for one in (one for one in made() if one["kind"] == "CustomResourceDefinition"):
        schema = one["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        for part in ("spec", "status"):
            assert list(differing(schema[part], theirs[one["spec"]["names"]["kind"]][part], part)) == []


def differing(ours: dict[str, Any], theirs: dict[str, Any], path: str) -> Iterator[str]:
    """A line for each field that one of both lacks, or has as something else."""
    if ours.get("type") != theirs.get("type"):
        yield f"{path}: is {ours.get('type')}, and upstream {theirs.get('type')}"
    known = ours.get("properties", {})
    closed = known and not ours.get("x-kubernetes-preserve-unknown-fields")
    if closed and set(known) != set(theirs.get("properties", {})):
        yield f"{path}: has {set(known) ^ set(theirs['properties'])} on one side"
    if closed and set(ours.get("required", [])) != set(theirs.get("required", [])):
        yield f"{path}: needs {ours.get('required')}, and upstream {theirs.get('required')}"
    for name in known:
        yield from differing(known[name], theirs["properties"][name], f"{path}.{name}")
    if "items" in ours:
        yield from differing(ours["items"], theirs["items"], f"{path}[]")


def test_no_right_is_given_that_the_modules_chart_does_not_ask_for():
    theirs = {
        right
        for name in ("rbac", "webhook-rbac", "cainjector-rbac", "startupapicheck-rbac")
        for right in _in_chart((published() / _CHART / f"{name}.yaml").read_text())
    }
    assert len(theirs) > 50 and given(made()) - theirs == set()


def _in_chart(template: str) -> Iterator[tuple[str, str, str]]:
    """From its text, which is YAML only once Helm has been over it."""
    words = r"\s*(\[[^\]]*\])"
    for groups, resources, rest in re.findall(
        rf"apiGroups:{words}\s*resources:{words}(.*?)(?=- apiGroups|^---|\Z)", template, re.DOTALL | re.MULTILINE
    ):
        for verbs in re.findall(rf"verbs:{words}", rest):
            for group in yaml.safe_load(groups):
                for resource in yaml.safe_load(resources):
                    for verb in yaml.safe_load(verbs):
                        yield group, resource, verb
