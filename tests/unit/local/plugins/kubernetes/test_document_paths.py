"""Paths into documents, what differs, and what that takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as given_by

from local.plugins.kubernetes.diff import What, changes
from local.plugins.kubernetes.paths import MISSING, get, parsed, written
from local.plugins.kubernetes.replacement import forces_replacement
from local.plugins.values import UNKNOWN, Secret

steps = given_by.text(min_size=1).filter(lambda step: step != "*" and "\\" not in step) | given_by.integers(0, 9)


@given(given_by.lists(steps, min_size=1).filter(lambda path: isinstance(path[0], str)))
def test_a_written_path_is_parsed_again(path: list) -> None:
    assert parsed(written(tuple(path))) == tuple(path)


def test_paths_are_written_as_the_engine_writes_them() -> None:
    assert written(("spec", "containers", 0, "image")) == "spec.containers[0].image"
    assert written(("metadata", "labels", "app.kubernetes.io/name")) == 'metadata.labels["app.kubernetes.io/name"]'


def test_a_value_is_found_through_a_secret() -> None:
    assert get({"data": Secret({"a": "1"})}, ("data", "a")) == "1"
    assert get({"data": []}, ("data", 0)) is MISSING


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, set()),
        ({"a": 1}, {"a": True}, {(("a",), What.UPDATE)}),
        ({"a": None}, {}, set()),
        ({}, {"a": {}}, {(("a",), What.ADD)}),
        ({"a": [1, 2]}, {"a": [1]}, {(("a", 1), What.DELETE)}),
        ({"a": [1]}, {"a": {"b": 1}}, {(("a",), What.UPDATE)}),
        ({"a": Secret("1")}, {"a": "1"}, set()),
        ({"a": "1"}, {"a": UNKNOWN}, {(("a",), What.UPDATE)}),
    ],
)
def test_differences_are_told_by_path(old: dict, new: dict, expected: set) -> None:
    assert {(change.path, change.what) for change in changes(old, new)} == expected


@pytest.mark.parametrize(
    ("version", "kind", "path", "replaces"),
    [
        ("v1", "ConfigMap", "data.a", True),
        ("v1", "ConfigMap", "metadata.labels.a", False),
        ("v1", "Secret", "stringData.a", True),
        ("v1", "Secret", "type", True),
        ("v1", "Service", "spec.clusterIP", True),
        ("v1", "Service", "spec.ports[0].port", False),
        ("v1", "PersistentVolumeClaim", "spec.storageClassName", True),
        ("v1", "PersistentVolumeClaim", "spec.resources.requests.storage", False),
        ("v1", "PersistentVolume", "spec.hostPath.path", True),
        ("v1", "PersistentVolume", "spec.capacity.storage", False),
        ("v1", "Pod", "spec.containers[0].image", False),
        ("v1", "Pod", "spec.containers[0].command[0]", True),
        ("apps/v1", "Deployment", "spec.selector.matchLabels.app", True),
        ("apps/v1", "Deployment", "spec.replicas", False),
        ("apps/v1", "StatefulSet", "spec.serviceName", True),
        ("apps/v1", "StatefulSet", "spec.volumeClaimTemplates[0].spec", True),
        ("apps/v1", "StatefulSet", "spec.template.spec.containers[0].image", False),
        ("batch/v1", "Job", "spec.template.spec.containers[0].image", True),
        ("batch/v1", "Job", "spec.parallelism", False),
        ("rbac.authorization.k8s.io/v1", "RoleBinding", "roleRef.name", True),
        ("rbac.authorization.k8s.io/v1", "RoleBinding", "subjects[0].name", False),
        ("storage.k8s.io/v1", "StorageClass", "parameters.type", True),
        ("example.org/v1", "ConfigMap", "data.a", False),
        ("example.org/v1", "Widget", "metadata.namespace", True),
    ],
)
def test_a_change_that_needs_a_new_object_is_known(version: str, kind: str, path: str, replaces: bool) -> None:
    assert forces_replacement(version, kind, {}, {}, False, False)(parsed(path)) is replaces


def test_a_service_that_becomes_external_is_made_anew_but_not_one_that_gets_a_load_balancer() -> None:
    def types(old: str, new: str) -> bool:
        specs = ({"spec": {"type": kind}} for kind in (old, new))
        return forces_replacement("v1", "Service", *specs, False, False)(("spec", "type"))

    assert types("ClusterIP", "ExternalName") and types("ExternalName", "ClusterIP")
    assert not types("ClusterIP", "LoadBalancer")


def test_an_immutable_map_is_replaced_even_where_maps_may_change() -> None:
    sealed = {"immutable": True}
    assert forces_replacement("v1", "ConfigMap", sealed, sealed, True, False)(("data", "a"))
    assert not forces_replacement("v1", "ConfigMap", {}, {}, True, False)(("data", "a"))
