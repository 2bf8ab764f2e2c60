"""An object that is read, imported or deleted; and what is said where something is wrong."""

import threading
from typing import Any

import pytest

from local.plugins.values import Secret, has_unknown, plain
from tests.unit.local.plugins.calls import Calls, Refused
from tests.unit.local.plugins.kubernetes.api_server import ApiServer
from tests.unit.local.plugins.kubernetes.objects import (
    DIFF,
    MAPS,
    SECRET_URN,
    URN,
    config_map,
    made,
)


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
