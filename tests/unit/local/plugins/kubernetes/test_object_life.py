"""One object through the provider's calls, as the engine makes them."""

import threading
from typing import Any

import pytest

from local.plugins.protocol import provider_pb2
from local.plugins.values import UNKNOWN, Secret, has_unknown, plain
from tests.unit.local.plugins.calls import Calls, Refused
from tests.unit.local.plugins.conftest import kubeconfig
from tests.unit.local.plugins.kubernetes.api_server import ApiServer, Refusal

Document = dict[str, Any]

URN = "urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMap::settings"
SECRET_URN = "urn:pulumi:dev::shop::kubernetes:core/v1:Secret::credentials"
SERVICE_URN = "urn:pulumi:dev::shop::kubernetes:core/v1:Service::web"
PATCH_URN = "urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMapPatch::part"
MAPS = "/api/v1/namespaces/default/configmaps"
SECRETS = "/api/v1/namespaces/default/secrets"
SERVICES = "/api/v1/namespaces/default/services"
DIFF = provider_pb2.DiffResponse
KIND = provider_pb2.PropertyDiff


def config_map(data: Document, **metadata: Any) -> Document:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def web(port: int = 80, **metadata: Any) -> Document:
    spec = {"ports": [{"port": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", **metadata}, "spec": spec}


def made(calls: Calls, urn: str, news: Document) -> tuple[str, Document, Document]:
    inputs = calls.check(urn, news)
    id, state = calls.create(urn, inputs)
    return id, state, inputs


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


def test_unchanged_inputs_are_no_difference(calls: Calls) -> None:
    id, state, inputs = made(calls, URN, config_map({"a": "1"}))
    assert calls.diff(URN, id, state, inputs, inputs).changes == DIFF.DIFF_NONE


def test_a_changed_field_is_an_update_with_its_path(calls: Calls) -> None:
    id, state, inputs = made(calls, SERVICE_URN, web(labels={"a.b/c": "1", "gone": "x"}))
    later = calls.check(SERVICE_URN, web(81, labels={"a.b/c": "2"}), olds=inputs)
    found = calls.diff(SERVICE_URN, id, state, inputs, later)
    kinds = {path: change.kind for path, change in found.detailedDiff.items()}
    assert kinds == {
        "spec.ports[0].port": KIND.UPDATE,
        'metadata.labels["a.b/c"]': KIND.UPDATE,
        "metadata.labels.gone": KIND.DELETE,
    }
    assert found.changes == DIFF.DIFF_SOME and not found.replaces


def test_changed_data_replaces_and_only_a_fixed_name_has_to_go_first(calls: Calls) -> None:
    id, state, inputs = made(calls, URN, config_map({"a": "1"}))
    found = calls.diff(URN, id, state, inputs, calls.check(URN, config_map({"a": "2"}), olds=inputs))
    assert found.replaces == ["data.a"] and not found.deleteBeforeReplace
    id, state, inputs = made(calls, URN, config_map({"a": "1"}, name="fixed"))
    found = calls.diff(URN, id, state, inputs, calls.check(URN, config_map({"a": "2"}, name="fixed"), olds=inputs))
    assert found.replaces == ["data.a"] and found.deleteBeforeReplace


def test_data_may_change_in_place_where_the_provider_allows_it(calls: Calls, url: str) -> None:
    calls.configure({"kubeconfig": kubeconfig(url), "enableConfigMapMutable": "true"})
    id, state, inputs = made(calls, URN, config_map({"a": "1"}, name="fixed"))
    later = calls.check(URN, config_map({"a": "2"}, name="fixed"), olds=inputs)
    found = calls.diff(URN, id, state, inputs, later)
    assert found.changes == DIFF.DIFF_SOME and not found.replaces


def test_a_field_that_the_server_calls_immutable_replaces(calls: Calls, server: ApiServer) -> None:
    id, state, inputs = made(calls, SERVICE_URN, web())
    causes = [{"field": "spec.ports", "message": "Invalid value: field is immutable"}]
    server.refuse = lambda method, path, body: (
        Refusal(422, "Invalid", "bad", causes=causes) if method == "PATCH" else None
    )
    later = calls.check(SERVICE_URN, web(81), olds=inputs)
    found = calls.diff(SERVICE_URN, id, state, inputs, later)
    assert found.replaces == ["spec.ports"] and found.deleteBeforeReplace


def test_an_update_takes_away_what_the_program_no_longer_sets(calls: Calls, server: ApiServer) -> None:
    id, state, inputs = made(calls, SERVICE_URN, web(labels={"ours": "1"}))
    server.edit(f"{SERVICES}/web", lambda live: live["metadata"]["labels"].update(theirs="2"))
    later = calls.check(SERVICE_URN, web(), olds=inputs)
    state = calls.update(SERVICE_URN, id, state, later)
    assert state["metadata"]["labels"] == {"theirs": "2", "app.kubernetes.io/managed-by": "pulumi"}


def test_an_edit_by_hand_is_found_by_a_refresh_and_repaired(calls: Calls, server: ApiServer) -> None:
    id, state, inputs = made(calls, SERVICE_URN, web())
    server.edit(f"{SERVICES}/web", lambda live: live["spec"].update(ports=[{"port": 81}]))
    _, found, drifted = calls.read(SERVICE_URN, id, state, inputs)
    assert drifted["spec"]["ports"] == [{"port": 81}]
    assert calls.diff(SERVICE_URN, id, found, drifted, inputs).changes == DIFF.DIFF_SOME
    repaired = calls.update(SERVICE_URN, id, found, inputs)
    assert repaired["spec"]["ports"] == [{"port": 80}]
    assert calls.read(SERVICE_URN, id, repaired, inputs)[2] == inputs


def test_a_controllers_change_is_a_conflict_that_names_it(calls: Calls, server: ApiServer) -> None:
    id, state, inputs = made(calls, SERVICE_URN, web())
    server.edit(f"{SERVICES}/web", lambda live: live["spec"].update(ports=[{"port": 81}]), manager="mesh-controller")
    with pytest.raises(Refused, match=r"\.spec\.ports is managed by mesh-controller\n.*pulumi.com/patchForce"):
        calls.update(SERVICE_URN, id, state, calls.check(SERVICE_URN, web(82), olds=inputs))


def test_an_ignored_field_is_left_to_whoever_changed_it(calls: Calls, server: ApiServer) -> None:
    id, state, inputs = made(calls, SERVICE_URN, web())
    server.edit(f"{SERVICES}/web", lambda live: live["spec"].update(ports=[{"port": 81}]), manager="mesh-controller")
    later = calls.check(SERVICE_URN, web(labels={"new": "1"}), olds=inputs)
    state = calls.update(SERVICE_URN, id, state, later, ignored=("spec.ports",))
    assert state["spec"]["ports"] == [{"port": 81}] and state["metadata"]["labels"]["new"] == "1"


def test_an_object_that_is_gone_is_read_as_gone(calls: Calls, server: ApiServer) -> None:
    id, state, inputs = made(calls, URN, config_map({}))
    server.objects.pop(f"{MAPS}/{inputs['metadata']['name']}")
    assert calls.read(URN, id, state, inputs) == ("", {}, {})


def test_an_object_that_is_being_deleted_is_waited_for_and_read_as_gone(calls: Calls, server: ApiServer) -> None:
    id, state, inputs = made(calls, URN, config_map({}, finalizers=["example.org/hold"]))
    path = f"{MAPS}/{inputs['metadata']['name']}"
    server.edit(path, lambda live: live["metadata"].update(deletionTimestamp="2030-01-01T00:00:00Z"), manager="kubectl")
    ending = threading.Timer(0.7, server.objects.pop, [path])
    ending.start()
    assert calls.read(URN, id, state, inputs) == ("", {}, {})
    ending.join()


def test_an_import_gives_inputs_without_what_is_the_servers_own(calls: Calls, server: ApiServer) -> None:
    server.apply(f"{MAPS}/older", config_map({"a": "1"}), "kubectl-create", True, False)
    id, state, inputs = calls.read(URN, "default/older")
    assert id == "default/older"
    assert inputs == config_map({"a": "1"}, name="older", namespace="default")
    news = calls.check(URN, config_map({"a": "1"}, name="older"), olds=inputs)
    assert "labels" not in news["metadata"]
    assert calls.diff(URN, id, state, inputs, news).changes == DIFF.DIFF_NONE


def test_deleting_is_fine_when_the_object_is_gone_already(calls: Calls, server: ApiServer) -> None:
    id, state, inputs = made(calls, URN, config_map({}))
    calls.delete(URN, id, state)
    assert f"{MAPS}/{inputs['metadata']['name']}" not in server.objects
    calls.delete(URN, id, state)


def test_a_deletion_that_does_not_end_says_what_holds_it(calls: Calls) -> None:
    id, state, _ = made(calls, URN, config_map({}, finalizers=["example.org/hold"]))
    with pytest.raises(Refused, match=r"still there after 1 s: held by its finalizers example.org/hold"):
        calls.delete(URN, id, state, timeout=1)


def test_a_patch_changes_its_fields_and_gives_them_back(calls: Calls, server: ApiServer) -> None:
    server.apply(f"{MAPS}/shared", config_map({"theirs": "1"}), "kubectl-create", True, False)
    id, state, inputs = made(calls, PATCH_URN, config_map({"ours": "2"}, name="shared"))
    assert server.objects[f"{MAPS}/shared"]["data"] == {"theirs": "1", "ours": "2"}
    assert "labels" not in inputs["metadata"]
    calls.delete(PATCH_URN, id, state)
    assert server.objects[f"{MAPS}/shared"]["data"] == {"theirs": "1"}


def test_a_patch_of_nothing_is_refused(calls: Calls) -> None:
    with pytest.raises(Refused, match="no such object to patch"):
        made(calls, PATCH_URN, config_map({"ours": "2"}, name="nothing"))
    assert "metadata.name" in calls.check(PATCH_URN, config_map({"ours": "2"}))["failures"]


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


def test_a_definitions_fields_are_spelled_for_the_server_and_for_the_program(calls: Calls, server: ApiServer) -> None:
    urn = "urn:pulumi:dev::shop::kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition::widgets"
    server.kinds["apiextensions.k8s.io/v1"] = {"CustomResourceDefinition": ("customresourcedefinitions", False)}
    metadata = {"name": "widgets.example.org", "annotations": {"pulumi.com/skipAwait": "true"}}
    news = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata}
    spec = {"versions": [{"schema": {"openAPIV3Schema": {"x_kubernetes_preserve_unknown_fields": True}}}]}
    id, state, inputs = made(calls, urn, {**news, "spec": spec})
    sent = server.objects["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.org"]["spec"]
    assert sent["versions"][0]["schema"]["openAPIV3Schema"] == {"x-kubernetes-preserve-unknown-fields": True}
    assert state["spec"] == spec
    assert calls.read(urn, id, state, inputs)[2] == inputs, "no drift where nothing changed"


def test_what_the_server_remarks_is_passed_on(calls: Calls, server: ApiServer, monkeypatch: Any) -> None:
    said: list[str] = []
    monkeypatch.setattr(calls.provider.log, "warning", lambda urn, message: said.append(message))
    server.warnings = ['unknown field "spec.replica"']
    made(calls, URN, config_map({}))
    assert said == ['unknown field "spec.replica"']


def test_bad_inputs_are_refused_by_name(calls: Calls) -> None:
    failures = calls.check(URN, {"metadata": {"labels": {"on": True}}})["failures"]
    assert failures.keys() == {"apiVersion", "kind", 'metadata.labels["on"]'}
    assert (
        "a list is no object"
        in calls.check(URN, {"apiVersion": "v1", "kind": "ConfigMapList", "items": []})["failures"]["items"]
    )
    release = "urn:pulumi:dev::shop::kubernetes:helm.sh/v3:Release::chart"
    assert "not supported here" in calls.check(release, {"chart": "x"})["failures"][""]


def test_manifests_are_read_into_objects(calls: Calls) -> None:
    text = "kind: List\nitems: [{kind: A, metadata: {name: a}}]\n---\n---\nkind: B\nmetadata: {name: b}\n"
    found = calls.invoke("kubernetes:yaml:decode", {"text": text, "defaultNamespace": "team"})["result"]
    assert [(item["kind"], item["metadata"]["namespace"]) for item in found] == [("A", "team"), ("B", "team")]
    with pytest.raises(Refused, match="kubernetes:helm:template is not supported here"):
        calls.invoke("kubernetes:helm:template", {})


def test_nulls_are_left_out_and_a_server_of_no_such_kind_says_what_to_install(calls: Calls, monkeypatch: Any) -> None:
    _, state, _ = made(calls, URN, {**config_map({"a": "1"}), "binaryData": None})
    assert "binaryData" not in state
    monkeypatch.setattr("local.plugins.kubernetes.operation._PATIENCE_SECONDS", 0)
    urn = "urn:pulumi:dev::shop::kubernetes:example.org/v1:Widget::w"
    with pytest.raises(Refused, match=r"no kind Widget in example.org/v1. Install its CustomResourceDefinition"):
        made(calls, urn, {"apiVersion": "example.org/v1", "kind": "Widget"})


def test_the_state_of_a_preview_has_no_secret_in_the_clear(calls: Calls) -> None:
    news = {"apiVersion": "v1", "kind": "Secret", "metadata": {}, "stringData": Secret({"password": "open"})}
    _, foreseen = calls.create(SECRET_URN, calls.check(SECRET_URN, news), preview=True)
    assert foreseen["data"] == Secret({"password": "b3Blbg=="}) and not has_unknown(plain(foreseen["data"]))
