"""What is kept of a live object, and what counts as drift."""

from typing import Any

from local.plugins.kubernetes.drift import refreshed_inputs
from local.plugins.kubernetes.state import foreseen, outputs
from local.plugins.values import UNKNOWN, Secret

Document = dict[str, Any]


def deployment(image: str = "a", cpu: str = "1000m", **spec: Any) -> Document:
    container = {"name": "main", "image": image, "resources": {"limits": {"cpu": cpu}}}
    return {"metadata": {"name": "web"}, "spec": {"template": {"spec": {"containers": [container]}}, **spec}}


def test_the_servers_own_way_to_write_a_value_is_no_drift() -> None:
    before, now = deployment(cpu="1"), deployment(cpu="1")
    assert refreshed_inputs(deployment(cpu="1000m"), before, now) == deployment(cpu="1000m")


def test_a_value_that_changed_since_the_last_write_is_drift() -> None:
    drifted = refreshed_inputs(deployment(cpu="1000m"), deployment(cpu="1"), deployment(cpu="2"))
    assert drifted == deployment(cpu="2")


def test_a_field_that_the_program_does_not_set_is_none_of_its_business() -> None:
    assert refreshed_inputs(deployment(), deployment(replicas=1), deployment(replicas=3)) == deployment()


def test_a_field_that_was_taken_away_is_missing_from_the_inputs() -> None:
    assert refreshed_inputs(deployment(replicas=1), deployment(replicas=1), deployment()) == deployment()


def test_a_repaired_field_is_no_drift_any_more() -> None:
    inputs = deployment(replicas=1)
    assert refreshed_inputs(inputs, deployment(replicas=3), deployment(replicas=1)) == inputs


def test_an_added_item_is_drift_where_the_server_takes_the_list_for_one_value() -> None:
    def policy(rules: list, fields: Document) -> Document:
        managed = [{"manager": "kubectl-edit", "fieldsV1": {"f:spec": fields}}]
        return {"metadata": {"managedFields": managed}, "spec": {"ingress": rules}}

    inputs, before = {"spec": {"ingress": [{}]}}, {"spec": {"ingress": [{}]}}
    whole = policy([{}, {"from": []}], {"f:ingress": {}})
    assert refreshed_inputs(inputs, before, whole) == {"spec": {"ingress": [{}, {"from": []}]}}
    by_key = policy([{}, {"from": []}], {"f:ingress": {'k:{"name":"x"}': {}}})
    assert refreshed_inputs(inputs, before, by_key) == inputs


def test_an_argument_added_to_a_container_is_drift() -> None:
    fields = {"f:containers": {'k:{"name":"main"}': {"f:args": {}}}}
    managed = {"managedFields": [{"manager": "kubectl-edit", "fieldsV1": {"f:spec": fields}}]}
    inputs = {"spec": {"containers": [{"name": "main", "args": ["a"]}]}}
    now = {"metadata": managed, "spec": {"containers": [{"name": "main", "args": ["a", "b"]}]}}
    assert refreshed_inputs(inputs, inputs, now)["spec"]["containers"][0]["args"] == ["a", "b"]


def test_a_controllers_finalizer_is_no_drift() -> None:
    inputs = {"metadata": {"finalizers": ["a"]}}
    now = {
        "metadata": {"finalizers": ["a", "b"], "managedFields": [{"fieldsV1": {"f:metadata": {"f:finalizers": {}}}}]}
    }
    assert refreshed_inputs(inputs, inputs, now) == inputs


def test_a_drifted_secret_is_read_as_text_and_stays_secret() -> None:
    inputs = {"kind": "Secret", "stringData": Secret({"password": "old"})}
    before, now = {"data": Secret({"password": "b2xk"})}, {"data": {"password": "bmV3"}}
    assert refreshed_inputs(inputs, before, now)["stringData"] == Secret({"password": "new"})
    assert refreshed_inputs(inputs, before, {"data": {"password": "b2xk"}}) == inputs


def test_a_secret_in_a_list_that_the_server_lengthened_hides_the_whole_list() -> None:
    inputs = {"args": ["--password", Secret("x")]}
    live = {"metadata": {}, "args": ["--added", "--password", "x"]}
    assert outputs(live, inputs, "manager", "v1")["args"] == Secret(["--added", "--password", "x"])


def test_what_the_server_added_before_and_adds_again_is_foreseen() -> None:
    old = {"spec": {"replicas": 1, "strategy": "Rolling", "token": "abc"}, "status": {"ready": 1}}
    answer = {"metadata": {"name": "web"}, "spec": {"replicas": 2, "strategy": "Rolling", "token": "xyz"}}
    found = foreseen(answer, {"spec": {"replicas": 2}}, old)
    assert found["spec"] == {"replicas": 2, "strategy": "Rolling", "token": UNKNOWN}
    assert found["status"] is UNKNOWN


def test_an_update_keeps_the_identity_of_an_object_but_no_count_of_its_versions() -> None:
    notes = {"deployment.kubernetes.io/revision": "1", "ours": "x"}
    metadata = {"name": "web", "uid": "u", "generation": 1, "annotations": notes}
    answer = {"metadata": {**metadata, "generation": 2}}
    found = foreseen(answer, {"metadata": {"annotations": {"ours": "x"}}}, {"metadata": metadata})["metadata"]
    assert found["uid"] == "u" and found["generation"] is UNKNOWN
    assert found["annotations"] == {"deployment.kubernetes.io/revision": UNKNOWN, "ours": "x"}
