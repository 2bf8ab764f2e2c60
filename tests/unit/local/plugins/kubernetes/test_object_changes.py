"""How a changed object is told, brought to what the program says, and patched."""

import pytest

from tests.unit.local.plugins.calls import Calls, Refused
from tests.unit.local.plugins.conftest import kubeconfig
from tests.unit.local.plugins.kubernetes.api_server import ApiServer, Refusal
from tests.unit.local.plugins.kubernetes.objects import (
    DIFF,
    KIND,
    MAPS,
    PATCH_URN,
    SERVICE_URN,
    SERVICES,
    URN,
    config_map,
    made,
    web,
)


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
