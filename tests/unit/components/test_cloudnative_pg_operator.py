"""CloudNativePG's operator: what it may do, what it is asked, and what there is before any database."""

import json
from typing import Any

from pulumi import ResourceOptions
from pulumi_kubernetes import Provider

from components.storage.cloudnative_pg.definitions import (
    DEFINITIONS,
    CloudNativePgDefinitions,
    CloudNativePgDefinitionsArgs,
)
from components.storage.cloudnative_pg.operated import operated
from components.storage.cloudnative_pg.operator import CloudNativePg, CloudNativePgArgs
from components.storage.cloudnative_pg.settings import CloudNativePgSettings, OperatedDatabaseSettings
from tests.recording import Engine
from tests.unit.components.wires import bucket

_EDITS = {"create", "update", "patch", "delete"}


def operator(**said: object) -> Engine:
    engine = Engine()
    args = CloudNativePgArgs(
        settings=CloudNativePgSettings(**said), namespace="cloudnative-pg", namespaces=("databases",)
    )
    engine.build(lambda: CloudNativePg("operator", args))
    return engine


def rights(engine: Engine, kind: str, namespace: str = "") -> list[dict[str, Any]]:
    roles = [one.inputs for one in engine.all(kind) if one.inputs["metadata"].get("namespace", "") == namespace]
    return [rule for role in roles for rule in role["rules"]]


def test_the_operator_sees_the_namespaces_of_databases_alone():
    (container,) = operator().only("Deployment").inputs["spec"]["template"]["spec"]["containers"]
    said = {one["name"]: one.get("value") for one in container["env"]}
    assert said["WATCH_NAMESPACE"] == "databases"
    assert said["OPERATOR_IMAGE_NAME"] == container["image"]
    # Whoever looks up its Deployment by this label makes that the owner of its certificate.
    assert operator().only("Deployment").inputs["metadata"]["labels"]["app.kubernetes.io/name"] == "cloudnative-pg"


def test_its_certificates_outlive_the_copies_that_clients_have_of_them():
    (container,) = operator().only("Deployment").inputs["spec"]["template"]["spec"]["containers"]
    assert {"name": "CERTIFICATE_DURATION", "value": "3650"} in container["env"]


def test_outside_its_databases_namespaces_the_operator_changes_its_own_two_webhooks_and_nothing_else():
    everywhere = rights(operator(), "ClusterRole")
    changing = [rule for rule in everywhere if _EDITS & {*rule["verbs"]}]
    assert [rule["resourceNames"] for rule in changing] == [
        ["cnpg-mutating-webhook-configuration"],
        ["cnpg-validating-webhook-configuration"],
    ]
    assert not [rule for rule in everywhere if "secrets" in rule["resources"]]


def test_at_home_it_changes_no_secret_but_its_two():
    home = [rule for rule in rights(operator(), "Role", "cloudnative-pg") if "secrets" in rule["resources"]]
    changed = [rule.get("resourceNames") for rule in home if {"update", "patch", "delete"} & {*rule["verbs"]}]
    assert changed == [["cnpg-ca-secret", "cnpg-webhook-cert"]]


def test_it_runs_commands_in_pods_of_databases_alone_and_grants_no_more_than_it_has():
    engine = operator()
    rules = rights(engine, "Role", "databases")
    assert not [rule for rule in rules if "*" in str(rule)]
    elsewhere = [*rights(engine, "ClusterRole"), *rights(engine, "Role", "cloudnative-pg")]
    assert not [rule for rule in elsewhere if "pods/exec" in rule["resources"]]
    assert not [rule for rule in rules if {"bind", "escalate", "impersonate"} & {*rule["verbs"]}]


def test_the_api_server_asks_it_about_its_own_kinds_alone_by_the_service_of_its_certificate():
    engine = operator()
    assert engine.only("Service").inputs["metadata"]["name"] == "cnpg-webhook-service"
    for kind, verb in (("MutatingWebhookConfiguration", "mutate"), ("ValidatingWebhookConfiguration", "validate")):
        for hook in engine.only(kind).inputs["webhooks"]:
            (rule,) = hook["rules"]
            assert rule["apiGroups"] == ["postgresql.cnpg.io"]
            where = hook["clientConfig"]["service"]
            assert where["name"] == "cnpg-webhook-service" and where["path"].startswith(f"/{verb}-postgresql-cnpg-io-")
            assert where["path"].endswith(f"-{rule['resources'][0].removesuffix('s')}")
            # Whom to trust is added by the operator itself.
            assert "caBundle" not in hook["clientConfig"]


def test_back_ups_that_name_no_method_get_the_one_that_there_is():
    engine = Engine()
    engine.build(lambda: CloudNativePgDefinitions("kinds", CloudNativePgDefinitionsArgs()))
    specs = {one.inputs["spec"]["names"]["kind"]: one.inputs["spec"] for one in engine.all("CustomResourceDefinition")}
    assert len(specs) == len(DEFINITIONS)
    for kind in ("Backup", "ScheduledBackup"):
        (version,) = specs[kind]["versions"]
        method = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["method"]
        assert method["default"] == "barmanObjectStore"


def test_all_that_a_cluster_lacks_is_made_in_its_order():
    engine = Engine()

    def program() -> None:
        shared = Provider("shared")
        operated(
            "postgres",
            OperatedDatabaseSettings.model_validate({"kind": "operator", "operator": {"keepDefinitions": False}}),
            namespace="databases",
            home="cloudnative-pg",
            backups=bucket(),
            shared=shared,
            opts=ResourceOptions(),
        )

    engine.build(program)
    order = [one.kind for one in engine.made]
    assert order.index("CustomResourceDefinition") < order.index("Deployment") < order.index("Cluster")
    assert json.dumps(engine.only("Deployment").inputs).count("databases")
