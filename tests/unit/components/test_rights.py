"""What accounts may ask of the API: granted by name, before the pods that need it start."""

import pulumi
import pytest

from components.k8s.labels import Identity
from components.k8s.rbac import Grant, Rule
from components.k8s.server import run_forever
from components.k8s.volumes import scratch
from components.k8s.workload import Workload
from tests.recording import Engine

READ_PODS = Rule("", ["pods"], ["get", "list"])
SPACE = pulumi.ResourceOptions()


def made(*grants: Grant) -> Engine:
    engine = Engine()
    workload = Workload(identity=Identity("tool", "tool"), image="tool:1", user=1000, grants=grants)
    engine.build(lambda: run_forever("tool", workload, "tools", SPACE))
    return engine


def test_a_grant_holds_in_its_namespace_for_the_account_of_the_workload():
    engine = made(Grant([READ_PODS], "runs"))
    role, binding = engine.only("Role"), engine.only("RoleBinding")
    assert role.inputs["metadata"]["namespace"] == binding.inputs["metadata"]["namespace"] == "runs"
    assert role.inputs["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    (subject,) = binding.inputs["subjects"]
    assert subject == {"kind": "ServiceAccount", "name": "tool-account-1a2b3c4d", "namespace": "tools"}
    assert binding.inputs["roleRef"]["name"] == "tool-role-1a2b3c4d"


def test_a_grant_without_a_namespace_holds_in_all_of_them():
    engine = made(Grant([READ_PODS], None))
    assert engine.only("ClusterRole") and engine.only("ClusterRoleBinding") and not engine.all("Role")


def test_a_rule_can_be_narrowed_to_names():
    engine = made(Grant([Rule("", ["secrets"], ["get"], ["login"])], "runs"))
    assert engine.only("Role").inputs["rules"][0]["resourceNames"] == ["login"]


@pytest.mark.parametrize(("grants", "token"), [((), False), ((Grant([READ_PODS], "runs"),), True)])
def test_a_pod_gets_its_accounts_token_only_where_that_may_do_something(grants: tuple[Grant, ...], token: bool):
    pod = made(*grants).only("Deployment").inputs["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is token


def test_the_pods_start_after_their_account_is_bound():
    engine = made(Grant([READ_PODS], "runs"), Grant([READ_PODS], "others"))
    order = [one.name for one in engine.made]
    assert order.index("tool-server") > max(order.index("tool-binding"), order.index("tool-1-binding"))


def test_containers_of_one_pod_share_the_volumes_that_they_mount_under_one_name():

    beside = Workload(
        identity=Identity("proxy", "tool"), image="proxy:1", user=1, mounts=[scratch("tmp", "/cache", "1Mi")]
    )
    before = Workload(identity=Identity("setup", "tool"), image="setup:1", user=1, mounts=[scratch("own", "/o", "1Mi")])
    whole = Workload(
        identity=Identity("tool", "tool"),
        image="tool:1",
        user=1000,
        mounts=[scratch("tmp", "/tmp", "1Mi")],
        before=[before],
        beside=[beside],
        recreate=True,
        fields={"POD_NAME": "metadata.name"},
    )
    engine = Engine()
    engine.build(lambda: run_forever("tool", whole, "tools", SPACE))
    spec = engine.only("Deployment").inputs["spec"]
    pod = spec["template"]["spec"]
    assert spec["strategy"] == {"type": "Recreate"}
    assert [one["name"] for one in pod["containers"]] == ["tool", "proxy"]
    assert [one["name"] for one in pod["initContainers"]] == ["setup"]
    assert [volume["name"] for volume in pod["volumes"]] == ["tmp", "own"]
    assert pod["containers"][0]["env"] == [
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    ]
