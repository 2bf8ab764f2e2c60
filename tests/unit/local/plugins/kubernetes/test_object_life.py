"""An object's name, its preview and its creation, through the provider's calls as the engine makes them."""

import pytest

from local.plugins.protocol import provider_pb2
from local.plugins.values import UNKNOWN, Secret
from tests.unit.local.plugins.calls import Calls, Refused
from tests.unit.local.plugins.conftest import kubeconfig
from tests.unit.local.plugins.kubernetes.api_server import ApiServer, Refusal
from tests.unit.local.plugins.kubernetes.objects import MAPS, SECRET_URN, SERVICE_URN, URN, config_map, made, web


def test_an_object_without_a_name_gets_one_and_says_so(calls: Calls) -> None:
    inputs = calls.check(URN, config_map({"a": "1"}))
    assert inputs["metadata"]["name"].startswith("settings-") and len(inputs["metadata"]["name"]) == 17
    assert inputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    assert inputs["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "pulumi"}


def test_a_name_is_kept_from_the_old_inputs_and_new_for_a_replacement(calls: Calls) -> None:
    first = calls.check(URN, config_map({"a": "1"}))
    kept = calls.check(URN, config_map({"a": "2"}), olds=first, seed=b"other")
    assert kept["metadata"]["name"] == first["metadata"]["name"]
    replacement = calls.check(URN, config_map({"a": "2"}), seed=b"other")
    assert replacement["metadata"]["name"] != first["metadata"]["name"]


def test_a_name_of_the_engines_own_making_is_taken(calls: Calls) -> None:
    mode = provider_pb2.CheckRequest.AutonamingOptions
    proposed = calls.check(URN, config_map({}), proposed_name="shop-settings", mode=mode.ENFORCE)
    assert proposed["metadata"]["name"] == "shop-settings"
    refused = calls.check(URN, config_map({}), mode=mode.DISABLE)
    assert "metadata.name" in refused["failures"]


def test_a_created_object_is_applied_under_its_own_manager_and_remembered(calls: Calls, server: ApiServer) -> None:
    id, state, inputs = made(calls, URN, config_map({"a": "1"}))
    assert id == f"default/{inputs['metadata']['name']}"
    live = server.objects[f"{MAPS}/{inputs['metadata']['name']}"]
    assert live["data"] == {"a": "1"}
    assert [entry["manager"] for entry in live["metadata"]["managedFields"]] == [state["__fieldManager"]]
    assert state["__inputs"] == inputs and state["__initialApiVersion"] == "v1"
    assert state["metadata"]["uid"] == live["metadata"]["uid"] and "managedFields" not in state["metadata"]


def test_two_resources_have_two_managers_and_one_resource_always_the_same(calls: Calls) -> None:
    _, first, _ = made(calls, URN, config_map({}, name="one"))
    _, second, _ = made(calls, URN.replace("settings", "other"), config_map({}, name="two"))
    assert first["__fieldManager"] != second["__fieldManager"]
    _, again, _ = made(calls, URN, config_map({}, name="one"))
    assert again["__fieldManager"] == first["__fieldManager"]


def test_secret_data_is_secret_wherever_it_comes_back(calls: Calls) -> None:
    news = {"apiVersion": "v1", "kind": "Secret", "metadata": {}, "stringData": Secret({"password": "open"})}
    _, state, _ = made(calls, SECRET_URN, news)
    assert state["data"] == Secret({"password": "b3Blbg=="})
    assert state["__inputs"]["stringData"] == Secret({"password": "open"})
    assert "stringData" not in state


def test_a_secret_value_stays_secret_in_an_object_of_any_kind(calls: Calls) -> None:
    _, state, _ = made(calls, URN, config_map({"open": "1", "closed": Secret("2")}))
    assert state["data"] == {"open": "1", "closed": Secret("2")}


def test_a_preview_promises_only_what_cannot_come_out_differently(calls: Calls, server: ApiServer) -> None:
    inputs = calls.check(SERVICE_URN, web())
    id, foreseen = calls.create(SERVICE_URN, inputs, preview=True)
    assert not id and not [path for path in server.objects if "/services/" in path]
    assert foreseen["metadata"]["name"] == "web" and foreseen["metadata"]["namespace"] == "default"
    assert foreseen["spec"]["ports"] == [{"port": 80}]
    assert foreseen["spec"]["clusterIP"] is UNKNOWN and foreseen["metadata"]["uid"] is UNKNOWN
    assert foreseen["status"] is UNKNOWN

    _, state, inputs = made(calls, SERVICE_URN, web())
    later = calls.check(SERVICE_URN, web(81), olds=inputs)
    foreseen = calls.update(SERVICE_URN, "default/web", state, later, preview=True)
    assert foreseen["spec"] == {"ports": [{"port": 81}], "clusterIP": state["spec"]["clusterIP"]}
    assert foreseen["metadata"]["resourceVersion"] is UNKNOWN


def test_a_preview_goes_on_without_the_namespace_or_kind_that_the_update_makes(calls: Calls) -> None:
    inputs = calls.check(URN, config_map({"a": "1"}, namespace="later"))
    _, foreseen = calls.create(URN, inputs, preview=True)
    assert foreseen["data"] == {"a": "1"} and foreseen["metadata"]["uid"] is UNKNOWN
    urn = "urn:pulumi:dev::shop::kubernetes:example.org/v1:Widget::w"
    inputs = calls.check(urn, {"apiVersion": "example.org/v1", "kind": "Widget", "spec": {"size": 1}})
    _, foreseen = calls.create(urn, inputs, preview=True)
    assert foreseen["spec"] == {"size": 1}


def test_a_preview_with_unknown_inputs_asks_nothing_and_keeps_them_unknown(calls: Calls, server: ApiServer) -> None:
    server.requests.clear()
    inputs = calls.check(URN, config_map({"a": UNKNOWN}))
    _, foreseen = calls.create(URN, inputs, preview=True)
    assert foreseen["data"]["a"] is UNKNOWN and server.requests == []


def test_a_preview_refuses_what_the_server_refuses_and_names_the_field(calls: Calls, server: ApiServer) -> None:
    causes = [{"field": "spec.ports[0].port", "message": "must be between 1 and 65535"}]
    server.refuse = lambda method, path, body: (
        Refusal(422, "Invalid", "bad", causes=causes) if method == "PATCH" else None
    )
    with pytest.raises(Refused, match=r"Service 'web' is invalid:\n  spec.ports\[0\].port: must be between"):
        calls.create(SERVICE_URN, calls.check(SERVICE_URN, web(0)), preview=True)


def test_an_object_of_someone_else_is_refused_even_in_the_preview(calls: Calls, server: ApiServer) -> None:
    server.apply(f"{MAPS}/taken", config_map({"a": "theirs"}), "kubectl-create", True, False)
    inputs = calls.check(URN, config_map({"b": "ours"}, name="taken"))
    for preview in (True, False):
        with pytest.raises(Refused, match=r"'taken' already exists and is not.*import_=.default/taken"):
            calls.create(URN, inputs, preview=preview)
    assert server.objects[f"{MAPS}/taken"]["data"] == {"a": "theirs"}


def test_an_object_may_be_taken_over_when_the_program_says_so(calls: Calls, server: ApiServer) -> None:
    server.apply(f"{MAPS}/taken", config_map({"a": "theirs"}), "some-operator", True, False)
    notes = {"pulumi.com/patchForce": "true"}
    made(calls, URN, config_map({"a": "ours"}, name="taken", annotations=notes))
    assert server.objects[f"{MAPS}/taken"]["data"] == {"a": "ours"}


def test_what_an_interrupted_update_made_is_taken_over(calls: Calls, server: ApiServer) -> None:
    first, _, _ = made(calls, URN, config_map({"a": "1"}))
    again, _, _ = made(calls, URN, config_map({"a": "2"}))
    assert again == first
    assert len([path for path in server.objects if "/configmaps/" in path]) == 1


def test_a_missing_namespace_is_an_error_that_says_how_to_order(calls: Calls) -> None:
    with pytest.raises(Refused, match=r"namespace 'later' does not exist.*namespace.metadata.name"):
        made(calls, URN, config_map({}, namespace="later"))


def test_a_name_may_be_left_to_the_server(calls: Calls) -> None:
    id, state, inputs = made(calls, URN, config_map({"a": "1"}, generateName="made-"))
    assert id.startswith("default/made-") and "name" not in inputs["metadata"]
    later = calls.check(URN, config_map({"a": "1"}, generateName="made-", labels={"x": "y"}), olds=inputs)
    assert calls.update(URN, id, state, later)["metadata"]["labels"]["x"] == "y"


def test_a_kind_that_appears_later_is_found(calls: Calls, server: ApiServer) -> None:
    urn = "urn:pulumi:dev::shop::kubernetes:example.org/v1:Widget::w"
    inputs = calls.check(urn, {"apiVersion": "example.org/v1", "kind": "Widget", "spec": {"size": 1}})
    calls.create(urn, inputs, preview=True)
    server.kinds["example.org/v1"] = {"Widget": ("widgets", True)}
    id, _ = calls.create(urn, inputs)
    assert f"/apis/example.org/v1/namespaces/default/widgets/{id.split('/')[1]}" in server.objects


def test_objects_of_the_whole_cluster_have_no_namespace(calls: Calls, server: ApiServer) -> None:
    urn = "urn:pulumi:dev::shop::kubernetes:rbac.authorization.k8s.io/v1:ClusterRole::reader"
    news = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reader"}}
    id, _, _ = made(calls, urn, news)
    assert id == "reader" and "/apis/rbac.authorization.k8s.io/v1/clusterroles/reader" in server.objects


def test_the_providers_namespace_is_written_into_namespaced_objects_only(
    calls: Calls, server: ApiServer, url: str
) -> None:
    calls.configure({"kubeconfig": kubeconfig(url), "namespace": "kube-system"})
    assert calls.check(URN, config_map({}))["metadata"]["namespace"] == "kube-system"
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reader"}}
    urn = "urn:pulumi:dev::shop::kubernetes:rbac.authorization.k8s.io/v1:ClusterRole::reader"
    assert "namespace" not in calls.check(urn, role)["metadata"]
    calls.configure({"kubeconfig": kubeconfig(url, namespace="kube-system")})
    assert made(calls, URN, config_map({}))[0].startswith("kube-system/")
