"""Fluid: what its controllers may reach, what its pods on the nodes are, and what names it depends on."""

import pytest
from pydantic import ValidationError

from components.data.fluid.definitions import DEFINITIONS, FluidDefinitions, FluidDefinitionsArgs
from components.data.fluid.fluid import Fluid, FluidArgs
from components.data.fluid.settings import FluidSettings, NodeAuthorization
from tests.recording import Engine, Made


def made(**settings: object) -> Engine:
    engine = Engine()
    args = FluidArgs(
        settings=FluidSettings(**settings),
        namespace="fluid",
        node_namespace="fluid-nodes",
        datasets_namespace="datasets",
    )
    engine.build(lambda: Fluid("fluid", args))
    return engine


def rules(engine: Engine, kind: str) -> list[tuple[str, dict]]:
    return [(one.name, rule) for one in engine.all(kind) for rule in one.inputs["rules"]]


def plugin(engine: Engine) -> tuple[dict, dict, dict]:
    """The pod on each node, the container that mounts, and the one that registers it."""
    pod = engine.only("DaemonSet").inputs["spec"]["template"]["spec"]
    return pod, *pod["containers"]


def test_beyond_the_data_sets_the_controllers_only_look():
    engine = made()
    changing = {
        (name, resource)
        for name, rule in rules(engine, "ClusterRole")
        for resource in rule["resources"]
        if not {"get", "list", "watch"}.issuperset(rule["verbs"])
    }
    assert changing == {
        ("fluid-runtimes-role", "persistentvolumes"),
        ("fluid-runtimes-role", "nodes"),
        ("fluid-pod-admission-webhook-role", "mutatingwebhookconfigurations"),
        ("fluid-node-role", "events"),
    }
    executing = [name for name, rule in rules(engine, "Role") if "pods/exec" in rule["resources"]]
    there = {one.name for one in engine.all("Role") if one.inputs["metadata"]["namespace"] == "datasets"}
    assert set(executing) == there == {"fluid-datasets-there-role", "fluid-runtimes-there-role"}


def test_no_account_reads_secrets_but_the_webhook_its_own():
    engine = made()
    found = [(name, rule) for kind in ("Role", "ClusterRole") for name, rule in rules(engine, kind)]
    secrets = [(name, rule) for name, rule in found if "secrets" in rule["resources"]]
    assert [(name, rule["verbs"], rule.get("resourceNames")) for name, rule in secrets] == [
        ("fluid-pod-admission-webhook-1-role", ["create"], None),
        ("fluid-pod-admission-webhook-1-role", ["get", "update"], ["fluid-webhook-certs"]),
    ]


@pytest.mark.parametrize("login", [NodeAuthorization(), None])
def test_the_plugin_labels_nodes_by_the_kubelets_login_or_by_a_wide_right(login: NodeAuthorization | None):
    engine = made(node_authorization=login)
    labelling = [name for name, rule in rules(engine, "ClusterRole") if "nodes" in rule["resources"]]
    assert ("fluid-node-role" in labelling) is (login is None)
    pod, mounts, _ = plugin(engine)
    assert ("kubelet-login" in [volume["name"] for volume in pod["volumes"]]) is (login is not None)
    assert ("/etc/kubernetes/kubelet.conf" in [one["mountPath"] for one in mounts["volumeMounts"]]) is bool(login)


def test_certificates_outside_the_kubelets_root_are_shown_to_the_plugin_too():
    elsewhere = NodeAuthorization(kubeconfig="/etc/rancher/k3s.yaml", certificates="/var/lib/rancher/k3s")
    pod, _, _ = plugin(made(node_authorization=elsewhere))
    paths = {volume["name"]: volume["hostPath"]["path"] for volume in pod["volumes"]}
    assert paths["kubelet-certificates"] == "/var/lib/rancher/k3s"


def test_only_what_mounts_is_privileged_and_its_mounts_reach_the_node():
    pod, mounts, registers = plugin(made())
    assert mounts["securityContext"]["privileged"] is True
    assert registers["securityContext"].get("privileged") is None
    assert registers["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    both_ways = [one["mountPath"] for one in mounts["volumeMounts"] if one.get("mountPropagation") == "Bidirectional"]
    assert both_ways == ["/var/lib/kubelet"]
    assert "hostNetwork" not in pod and "hostPID" not in pod
    assert {volume["hostPath"]["path"] for volume in pod["volumes"]} == {
        "/var/lib/kubelet",
        "/var/lib/kubelet/plugins_registry",
        "/runtime-mnt",
        "/etc/kubernetes/kubelet.conf",
    }


def test_nothing_listens_for_profilers():
    engine = made()
    for kind in ("Deployment", "DaemonSet"):
        assert not [one.name for one in engine.all(kind) if "pprof" in str(one.inputs)]


def test_the_controllers_find_each_other_by_the_names_that_fluid_knows():
    engine = made()
    assert "alluxioruntime-controller" in [names(one) for one in engine.all("Deployment")]
    assert names(engine.only("CSIDriver")) == "fuse.csi.fluid.io"
    assert names(engine.only("Service")) == "fluid-pod-admission-webhook"
    webhook = engine.only("MutatingWebhookConfiguration").inputs
    assert webhook["metadata"]["name"] == "fluid-pod-admission-webhook"
    # Who it is trusted by is added by the webhook itself.
    assert all("caBundle" not in one["clientConfig"] for one in webhook["webhooks"])


def names(one: Made) -> str | None:
    return one.inputs["metadata"].get("name")


def test_its_kinds_stay_unless_told_otherwise_and_the_runtime_can_be_scaled():
    engine = Engine()
    engine.build(lambda: FluidDefinitions("kinds", FluidDefinitionsArgs()))
    specs = [one.inputs["spec"] for one in engine.all("CustomResourceDefinition")]
    definitions = {spec["names"]["kind"]: spec for spec in specs}
    assert len(definitions) == len(DEFINITIONS)
    (version,) = definitions["AlluxioRuntime"]["versions"]
    assert version["subresources"]["scale"]["specReplicasPath"] == ".spec.replicas"
    assert {"status"} <= definitions["DataProcess"]["versions"][0]["subresources"].keys()
    assert definitions["DataProcess"]["names"]["plural"] == "dataprocesses"


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"mountRoot": "/srv/.cache/mounts"}, "for example /runtime-mnt"),
        ({"mountRoot": "relative"}, "absolute path"),
        ({"nodeNamespace": "fluid"}, "must differ"),
    ],
)
def test_what_fluid_would_fail_on_is_refused_with_the_remedy(settings: dict[str, str], remedy: str):
    with pytest.raises(ValidationError, match=remedy):
        FluidSettings.model_validate(settings)
