"""The front door of a stack file: mistakes in it, and what the program makes of it."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from reference.programs import environment, run, whole
from stacks.environment import Environment
from stacks.front_door import _PAGES, authorities
from tests.recording import Engine

DOOR = {
    "domain": "ml.example.org",
    "login": {"issuer": "https://sso.example.org", "clientId": "platform", "secret": "client", "groups": ["research"]},
    "certificates": {"secret": "wildcard"},
}
SMALL: dict[str, Any] = {"objectStore": {}, "database": {}, "tracking": {}, "frontDoor": DOOR}


def mistakes(**changed: Any) -> list[str]:
    return Environment.read({key: value for key, value in {**SMALL, **changed}.items() if value is not None})[1]


def led_to(raw: dict[str, Any]) -> set[str]:
    """Systems that there is a way to from the front door."""
    policies = run(raw).all("NetworkPolicy", "front-door-")
    ways = {
        made.name.removeprefix("front-door-").removesuffix("-out") for made in policies if made.name.endswith("-out")
    }
    return ways - {"provider"}


def variables(engine: Engine, deployment: str) -> dict[str, str]:
    (made,) = (made for made in engine.all("Deployment") if made.name == deployment)
    (container,) = made.inputs["spec"]["template"]["spec"]["containers"]
    return {one["name"]: one.get("value", "") for one in container["env"]}


def test_every_system_that_has_a_page_is_behind_the_front_door():
    raw = {**environment(Path("stacks/Pulumi.local.yaml")), "frontDoor": DOOR}
    assert led_to(raw) == set(_PAGES.values())


def test_only_the_pages_that_are_chosen_are_shown():
    raw = {**environment(Path("stacks/Pulumi.local.yaml")), "frontDoor": {**DOOR, "pages": ["mlflow", "airflow"]}}
    assert led_to(raw) == {"mlflow", "airflow"}


def test_what_it_asks_of_cert_manager_is_asked_once_that_answers_and_goes_before_it_does():
    engine = run({**SMALL, "certManager": {}, "frontDoor": {**DOOR, "certificates": {"selfSigned": True}}})
    certificate, home = engine.only("Certificate"), "kubernetes:core/v1:Namespace"
    assert (home, "front-door") in engine.after[certificate.type, certificate.name]
    # It is a part of what comes after cert-manager's last.
    assert engine.parents[home, "front-door"] == ("mlops:k8s:Namespace", "front-door")
    assert "cert-manager-check-job" in {name for _, name in engine.after["mlops:k8s:Namespace", "front-door"]}
    signer = {name for _, name in engine.after["mlops:edge:CertManager", "cert-manager"]}
    assert {"cert-manager-kinds-certificates", "cert-manager-kinds-issuers"} <= signer


@pytest.mark.parametrize(
    ("server", "port"), [("https://acme.example.org:9000/directory", 9000), ("https://acme.example.org/directory", 443)]
)
def test_cert_manager_gets_to_the_authority_that_the_front_door_names(server: str, port: int):
    acme = {"email": "ml@example.org", "server": server, "dns01": {"route53": {"region": "us-east-1"}}}
    read, _ = Environment.read({**SMALL, "certManager": {}, "frontDoor": {**DOOR, "certificates": {"acme": acme}}})
    assert read is not None
    assert authorities(read)["authority"].ways == (("0.0.0.0/0", (port,)),)
    engine = run({**SMALL, "certManager": {}, "frontDoor": {**DOOR, "certificates": {"acme": acme}}})
    (way,) = engine.only("NetworkPolicy", "cert-manager-authority-out").inputs["spec"]["egress"]
    assert way["ports"][0]["port"] == port


def test_cert_manager_that_signs_at_no_authority_for_the_front_door_has_no_way_to_one():
    engine = run({**SMALL, "certManager": {}})
    assert engine.only("Deployment", "cert-manager-controller")
    assert not engine.all("NetworkPolicy", "cert-manager-authority")


@pytest.mark.parametrize("name", ["local", "aws-dev", "gcp-dev"])
def test_a_stack_without_a_front_door_is_as_before(name: str):
    engine = whole(Path(f"stacks/Pulumi.{name}.yaml"))
    assert not [made for made in engine.made if "front-door" in made.name]
    assert "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS" not in str(engine.only("Deployment", "mlflow-server").inputs)


@pytest.mark.parametrize(
    "name, kind, zone",
    [("aws-prod", "Record", "Z0123456789ABCDEFGHIJ"), ("gcp-prod", "RecordSet", "ml-example-com")],
)
def test_in_a_cloud_every_name_of_the_certificate_has_its_record(name: str, kind: str, zone: str):
    engine = whole(Path(f"stacks/Pulumi.{name}.yaml"))
    records = [made.inputs for made in engine.all(kind)]
    names = {record["name"].removesuffix(".") for record in records}
    assert names == set(engine.only("Certificate", "front-door").inputs["spec"]["dnsNames"])
    assert {record.get("zoneId", record.get("managedZone")) for record in records} == {zone}
    assert {str(record.get("records", record.get("rrdatas"))) for record in records} == {"['balancer.test']"}
    assert zone in str(engine.only("Issuer", "front-door").inputs["spec"]["acme"]["solvers"])
    assert "external-dns" not in str(engine.only("Service", "front-door").inputs)


def holders(engine: Engine) -> list[Any]:
    """Accounts of the cluster that may write into a zone."""
    roles = [made.name for made in engine.all("RolePolicy") if "route53:" in made.inputs["policy"]]
    pods = [made for made in engine.all("PodIdentityAssociation") if made.name in roles]
    assert len(pods) == len(roles), "no such right is a machine's"
    return [made.inputs["serviceAccount"] for made in pods] + [
        made.inputs["member"].rpartition("/")[2] for made in engine.all("DnsManagedZoneIamMember")
    ]


@pytest.mark.parametrize("name", ["aws-prod", "gcp-prod"])
def test_cert_managers_controller_alone_writes_into_the_zone_and_only_if_it_is_to_prove_it(name: str):
    raw = environment(Path(f"stacks/Pulumi.{name}.yaml"))
    engine = run(raw)
    (account,) = holders(engine)
    pods = engine.only("Deployment", "cert-manager-controller").inputs["spec"]["template"]["spec"]
    assert account.startswith("cert-manager-controller") and pods["serviceAccountName"] == account
    assert "--issuer-ambient-credentials=true" in pods["containers"][0]["args"]
    assert engine.only("NetworkPolicy", "cert-manager-zone-out")
    door = {**raw["frontDoor"], "certificates": {"issuer": "company"}}
    without = run({**raw, "frontDoor": door})
    assert not holders(without) and not without.all("NetworkPolicy", "cert-manager-zone")
    assert not holders(run({key: value for key, value in raw.items() if key != "certManager"}))


@pytest.mark.parametrize("name", ["local", "onprem", "aws-dev", "gcp-dev"])
def test_without_a_zone_there_is_no_record(name: str):
    engine = whole(Path(f"stacks/Pulumi.{name}.yaml"))
    assert not engine.all("Record") and not engine.all("RecordSet")


def test_systems_learn_the_names_by_which_they_are_reached():
    engine = run({**environment(Path("stacks/Pulumi.local.yaml")), "frontDoor": DOOR})
    told = {system: variables(engine, system) for system in ("airflow-server", "datahub-frontend-server")}
    assert told["airflow-server"]["AIRFLOW__API__BASE_URL"] == "https://airflow.ml.example.org"
    assert told["airflow-server"]["AIRFLOW__FAB__ENABLE_PROXY_FIX"] == "True"
    assert told["datahub-frontend-server"]["AUTH_COOKIE_SECURE"] == "true"


@pytest.mark.parametrize(
    "changed, told",
    [
        ({"tracking": None}, "frontDoor: no system is on that has a page; add one, such as `tracking: {}`"),
        (
            {"frontDoor": {**DOOR, "pages": ["airflow"]}},
            "frontDoor.pages: there is no page of `airflow` here; write some of mlflow",
        ),
        ({"access": {"domain": "example.net"}}, "access.domain: the front door's is ml.example.org; write it there"),
        ({"frontDoor": {**DOOR, "domain": "ml"}}, "frontDoor.domain: write a DNS name in lower-case letters"),
        ({"frontDoor": {"domain": "ml.example.org"}}, "frontDoor.login: is missing; add it"),
        ({"frontDoor": {**DOOR, "certificates": {}}}, "frontDoor.certificates: write one of `issuer`"),
    ],
)
def test_what_cannot_be_is_told_by_its_path_with_the_way_out(changed: dict[str, Any], told: str):
    found = mistakes(**changed)
    assert [line for line in found if line.startswith(told)], found


def test_a_login_without_its_clients_secret_is_refused_before_anything_is_made():
    unnamed = {**DOOR, "login": {key: value for key, value in DOOR["login"].items() if key != "secret"}}
    with pytest.raises(pulumi.RunError, match="pulumi config set --secret frontDoorClientSecret"):
        run({**SMALL, "frontDoor": unnamed})


def teardown_module() -> None:
    pulumi.runtime.set_all_config({})
