"""cert-manager: what its programs may do, what they are told, what is asked of it, and when it is there."""

from typing import Any

import pytest
from pulumi import Output

from components.catalog import image
from components.edge.cert_manager.cert_manager import CertManager, CertManagerArgs
from components.edge.cert_manager.settings import CertManagerSettings
from components.k8s.network import Outside
from policies.open_source.images import images
from tests.recording import Engine
from tests.unit.components.test_cloud_identity import Admissions

PARTS = ("controller", "injector", "webhook")


def cert_manager(**given: Any) -> Engine:
    engine = Engine()
    settings = CertManagerSettings(**given.pop("settings", {}))
    engine.build(lambda: CertManager("signer", CertManagerArgs(settings=settings, namespace="signing", **given)))
    return engine


def container(engine: Engine, part: str) -> dict[str, Any]:
    kind = "Job" if part == "check" else "Deployment"
    (found,) = engine.only(kind, f"signer-{part}").inputs["spec"]["template"]["spec"]["containers"]
    return dict(found)


def rules(engine: Engine, part: str, kind: str) -> list[dict[str, Any]]:
    return [rule for role in engine.all(kind, f"signer-{part}") for rule in role.inputs["rules"]]


def test_the_api_server_asks_it_about_its_own_kinds_alone_at_the_port_that_private_clusters_leave_open():
    engine = cert_manager()
    for kind, verb in (("MutatingWebhookConfiguration", "mutate"), ("ValidatingWebhookConfiguration", "validate")):
        made = engine.only(kind).inputs
        (hook,) = made["webhooks"]
        assert hook["failurePolicy"] == "Fail"
        assert {group for rule in hook["rules"] for group in rule["apiGroups"]} <= {
            "cert-manager.io",
            "acme.cert-manager.io",
        }
        service = {"name": "signer-webhook", "namespace": "signing", "path": f"/{verb}", "port": 10250}
        # Whom to trust is added by the injector, from the Secret that the annotation names.
        assert hook["clientConfig"] == {"service": service}
        annotation = made["metadata"]["annotations"]["cert-manager.io/inject-ca-from-secret"]
        assert annotation == "signing/signer-webhook-ca"
    assert "--dynamic-serving-ca-secret-name=signer-webhook-ca" in container(engine, "webhook")["args"]
    ways = engine.only("NetworkPolicy", "signer-calls").inputs["spec"]
    assert [port["port"] for rule in ways["ingress"] for port in rule["ports"]] == [10250]


def test_the_webhooks_certificate_is_for_the_name_that_the_api_server_calls_it_by():
    (names,) = (one for one in container(cert_manager(), "webhook")["args"] if "dns-names" in one)
    assert "signer-webhook.$(POD_NAMESPACE).svc" in names.partition("=")[2].split(",")


def test_the_controller_runs_no_pods_touches_no_ingress_and_updates_no_secret():
    given = rules(cert_manager(), "controller", "ClusterRole")
    assert not [rule for rule in given if "*" in {*rule["resources"], *rule["verbs"], *rule["apiGroups"]}]
    for rule in given:
        if {"pods", "services", "ingresses"} & {*rule["resources"]}:
            assert set(rule["verbs"]) == {"get", "list", "watch"}
        if "secrets" in rule["resources"]:
            assert "update" not in rule["verbs"]


def test_no_other_program_of_it_reads_a_secret_outside_of_its_namespace():
    engine = cert_manager()
    for part in ("injector", "webhook", "check"):
        assert not [rule for rule in rules(engine, part, "ClusterRole") if "secrets" in rule["resources"]]
    assert "--namespace=$(POD_NAMESPACE)" in container(engine, "injector")["args"]


def test_the_injector_writes_into_the_registrations_of_its_own_webhook_alone():
    writes = [rule for rule in rules(cert_manager(), "injector", "ClusterRole") if "patch" in rule["verbs"]]
    assert {rule["resources"][0]: rule["resourceNames"] for rule in writes} == {
        "mutatingwebhookconfigurations": ["signer-changes-1a2b3c4d"],
        "validatingwebhookconfigurations": ["signer-checks-1a2b3c4d"],
    }


def test_who_of_several_works_is_agreed_in_its_own_namespace():
    engine = cert_manager()
    for part in ("controller", "injector"):
        assert "--leader-election-namespace=$(POD_NAMESPACE)" in container(engine, part)["args"]
        leases = [rule for rule in rules(engine, part, "Role") if "leases" in rule["resources"]]
        assert len(leases) == 2
    everywhere = [rule for part in PARTS for rule in rules(engine, part, "ClusterRole")]
    assert not [rule for rule in everywhere if "leases" in rule["resources"]]


def test_each_program_keeps_all_but_one_of_its_pods_and_one_alone_is_not_held_up():
    assert len(cert_manager().all("PodDisruptionBudget")) == len(PARTS)
    alone = cert_manager(settings={"replicas": 1})
    assert not alone.all("PodDisruptionBudget")
    assert {one.inputs["spec"]["replicas"] for one in alone.all("Deployment")} == {1}


def test_the_image_that_an_argument_names_is_seen_by_the_policies():
    made = cert_manager().only("Deployment", "signer-controller")
    found = {one.text for one in images(made.type, made.inputs).found}
    assert found == {image(f"cert-manager-{part}").reference for part in ("acmesolver", "controller")}


def test_whether_a_record_is_there_is_asked_of_the_clusters_own_dns():
    assert "--dns01-recursive-nameservers-only=true" in container(cert_manager(), "controller")["args"]


def test_its_controller_alone_is_let_into_a_cloud_and_issuers_may_use_that():
    identity = Admissions()
    engine = cert_manager(cloud=identity)
    assert identity.let_in == ["signing/signer-controller-account-1a2b3c4d"]
    assert "--issuer-ambient-credentials=true" in container(engine, "controller")["args"]
    assert "--issuer-ambient-credentials=false" in container(cert_manager(), "controller")["args"]


def test_only_what_it_is_told_to_reach_is_open_to_its_controller():
    def ways(engine: Engine) -> set[str]:
        return {one.name for one in engine.all("NetworkPolicy") if "Egress" in one.inputs["spec"]["policyTypes"]}

    told = cert_manager(reaches={"authority": Outside((("0.0.0.0/0", (8443,)),))})
    assert ways(told) - ways(cert_manager()) == {"signer-authority-out"}
    way = told.only("NetworkPolicy", "signer-authority-out").inputs["spec"]
    assert way["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "controller"


def test_it_is_there_once_its_check_has_seen_the_api_server_trust_the_webhook():
    engine, known = Engine(), []

    def program() -> None:
        made = CertManager("signer", CertManagerArgs(namespace="signing"))
        Output.from_input(made.ready).apply(lambda place: known.append((place, [one.kind for one in engine.made])))

    engine.build(program)
    ((place, there),) = known
    assert place == "signing" and "Job" in there
    before = {name for _, name in engine.after["kubernetes:batch/v1:Job", "signer-check-job"]}
    assert {f"signer-{part}-server" for part in PARTS} <= before


@pytest.mark.parametrize("part", [*PARTS, "check"])
def test_each_program_has_an_account_of_its_own(part: str):
    engine = cert_manager()
    kind = "Job" if part == "check" else "Deployment"
    pod = engine.only(kind, f"signer-{part}").inputs["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == f"signer-{part}-account-1a2b3c4d"
