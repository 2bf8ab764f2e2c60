"""Each rule on pods: what it lets pass, what it refuses, and what tries to get around it."""

from typing import Any

import pytest

from tests.unit.policies.analysis import UNKNOWN
from tests.unit.policies.guardrails.judged import DEPLOYMENT, container, findings, pod, refused


def secure(**fields: Any) -> dict[str, Any]:
    return pod(container(securityContext=fields))


def test_a_hardened_pod_passes_every_rule():
    assert findings(pod()) == []


@pytest.mark.parametrize(
    "rule, props",
    [
        ("no-privilege", secure(privileged=True)),
        ("no-escalation", secure(allowPrivilegeEscalation=None)),
        ("no-escalation", secure(allowPrivilegeEscalation=True)),
        ("non-root", secure(runAsNonRoot=None)),
        ("non-root", secure(runAsNonRoot=False)),
        ("non-root", secure(runAsUser=0)),
        ("no-capabilities", secure(capabilities=None)),
        ("no-capabilities", secure(capabilities={"drop": ["NET_RAW"]})),
        ("no-capabilities", secure(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]})),
        ("seccomp", secure(seccompProfile=None)),
        ("seccomp", secure(seccompProfile={"type": "Unconfined"})),
        ("read-only-root", secure(readOnlyRootFilesystem=None)),
        ("read-only-root", secure(readOnlyRootFilesystem=False)),
        ("bounded-resources", pod(container(resources=None))),
        ("bounded-resources", pod(container(resources={"requests": {"cpu": "1", "memory": "1Gi"}}))),
        ("no-host-namespaces", pod(hostNetwork=True)),
        ("no-host-namespaces", pod(hostPID=True)),
        ("no-host-namespaces", pod(hostIPC=True)),
        ("no-host-volumes", pod(volumes=[{"name": "root", "hostPath": {"path": "/"}}])),
        ("no-host-volumes", pod(volumes=[{"name": "old", "nfs": {"server": "a", "path": "/"}}])),
        ("no-host-ports", pod(container(ports=[{"containerPort": 80, "hostPort": 80}]))),
    ],
)
def test_each_rule_refuses_what_it_is_for_and_no_other_rule_joins_in(rule: str, props: dict[str, Any]):
    assert set(refused(props)) == {rule}


@pytest.mark.parametrize(
    "props",
    [
        secure(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        secure(seccompProfile={"type": "Localhost", "localhostProfile": "p.json"}),
        secure(runAsUser=1000),
        pod(volumes=[{"name": "a", "emptyDir": {}}, {"name": "b", "persistentVolumeClaim": {"claimName": "b"}}]),
        pod(container(resources={"requests": {"memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}})),
        pod(hostNetwork=False),
    ],
)
def test_what_is_as_safe_passes(props: dict[str, Any]):
    assert findings(props) == []


def test_what_the_pod_sets_holds_for_its_containers_unless_they_say_otherwise():
    bare = {"name": "main", "image": "nginx:1.27", "resources": container()["resources"]}
    own = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    shared = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert refused(pod({**bare, "securityContext": own}, securityContext=shared)) == []
    assert refused(pod({**bare, "securityContext": {**own, "runAsNonRoot": False}}, securityContext=shared)) == [
        "non-root"
    ]


@pytest.mark.parametrize("field", ["initContainers", "ephemeralContainers"])
def test_no_container_hides_beside_the_main_one(field: str):
    hidden = container(securityContext={"privileged": True})
    assert refused(pod(**{field: [hidden]})) == ["no-privilege"]


@pytest.mark.parametrize(
    "token, wrap",
    [
        (DEPLOYMENT, lambda spec: {"spec": {"template": {"spec": spec}}}),
        ("kubernetes:batch/v1:CronJob", lambda spec: {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}),
        ("kubernetes:core/v1:PodTemplate", lambda spec: {"template": {"spec": spec}}),
        ("kubernetes:core/v1:List", lambda spec: {"items": [{"kind": "Pod", "apiVersion": "v1", "spec": spec}]}),
        ("kubernetes:ray.io/v1:RayCluster", lambda spec: {"spec": {"headGroupSpec": {"template": {"spec": spec}}}}),
        ("kubernetes:apps/v1:DeploymentPatch", lambda spec: {"spec": {"template": {"spec": spec}}}),
    ],
)
def test_pods_are_found_wherever_they_stand(token: str, wrap: Any):
    bad = pod(container(securityContext={"privileged": True}))["spec"]
    (found,) = findings(wrap(bad), token)
    assert found.policy == "no-privilege" and "containers[0]: is privileged" in found.message


def test_a_value_that_is_not_known_yet_is_neither_passed_nor_refused():
    found = findings(secure(runAsNonRoot=UNKNOWN))
    assert [(one.policy, one.mandatory) for one in found] == [("non-root", False)]
    assert "not known yet: spec.containers[0]" in found[0].message


def test_a_template_that_is_not_known_yet_is_announced_by_each_rule():
    found = findings({"spec": {"template": UNKNOWN}}, DEPLOYMENT)
    assert len(found) == 10 and not any(one.mandatory for one in found)


@pytest.mark.parametrize(
    "nonsense", [{"spec": {"containers": "none"}}, {"spec": {"containers": [3, None]}}, {"spec": 7}, {}]
)
def test_nonsense_crashes_no_rule(nonsense: dict[str, Any]):
    assert findings(nonsense) == []


def test_what_is_no_object_of_a_cluster_is_left_alone():
    assert findings({"containers": [{"image": "a"}]}, "aws:ecs/taskDefinition:TaskDefinition") == []


EXEMPTION = {"resource": "csi-*", "reason": "mounts file systems for pods", "owner": "storage team"}


def test_an_exemption_is_for_one_rule_some_resources_and_until_a_day():
    config = {"no-privilege": {"exemptions": [{**EXEMPTION, "until": "2999-01-01"}]}}
    bad = pod(container(securityContext={"privileged": True}), hostNetwork=True)
    assert refused(bad, config=config, name="csi-node") == ["no-host-namespaces"]
    assert set(refused(bad, config=config, name="other")) == {"no-privilege", "no-host-namespaces"}


def test_an_exemption_ends_and_names_whom_to_ask():
    config = {"no-privilege": {"exemptions": [{**EXEMPTION, "until": "2020-01-01"}]}}
    (found,) = findings(secure(privileged=True), config=config, name="csi-node")
    assert found.mandatory and "The exemption ended on 2020-01-01; ask storage team." in found.message


def test_a_day_that_is_none_is_a_mistake_of_the_configuration():
    config = {"no-privilege": {"exemptions": [{**EXEMPTION, "until": "2027-02-31"}]}}
    found = findings(secure(privileged=True), config=config)
    assert any("'2027-02-31' is no day" in one.message for one in found)


POD = "kubernetes:core/v1:Pod"
AT_THE_TOP = "kubernetes:example.org/v1:Anything"


def messages(props: dict[str, Any], token: str) -> list[str]:
    return [
        one.message.partition("\n")[2] or one.message.rpartition("not known yet: ")[2] for one in findings(props, token)
    ]


def test_a_pod_at_the_top_of_a_resource_is_named_by_what_is_wrong_with_it():
    spec = {"containers": [container()], "volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {}}]}
    volume = (
        "volumes[1]: mounts a hostPath, which leads around what claims and quotas guard; use a claim or an emptyDir."
    )
    assert messages({**spec, "hostPID": True}, AT_THE_TOP) == [
        "spec: shares its node's PID; remove `hostPID`.",
        volume,
    ]
    assert messages({**spec, "hostPID": UNKNOWN, "volumes": [UNKNOWN]}, AT_THE_TOP) == [
        "hostPID; judged during the update",
        "volumes[0]; judged during the update",
    ]


def test_a_setting_that_has_to_be_there_is_named_with_its_container():
    remedy = "set `readOnlyRootFilesystem: true` and mount what it writes to."
    (message,) = messages(secure(readOnlyRootFilesystem=None), POD)
    assert message == f"spec.containers[0]: can change its own program; {remedy}"
    assert messages(secure(allowPrivilegeEscalation=UNKNOWN), POD) == ["spec.containers[0]; judged during the update"]


def test_ports_and_volumes_that_are_not_known_yet_are_announced():
    for props, rule in ((pod(container(ports=UNKNOWN)), "no-host-ports"), (pod(volumes=UNKNOWN), "no-host-volumes")):
        assert [(one.policy, one.mandatory) for one in findings(props)] == [(rule, False)]


def test_a_volume_that_is_nonsense_is_none():
    assert findings(pod(volumes=[3, None, "a"])) == []


def test_the_capabilities_that_are_too_many_are_all_named():
    (found,) = findings(secure(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN", "NET_RAW", "NET_BIND_SERVICE"]}))
    assert "has the capabilities NET_RAW, SYS_ADMIN; only NET_BIND_SERVICE may be added." in found.message


def test_what_drops_all_may_drop_what_is_not_known_yet_as_well():
    assert findings(secure(capabilities={"drop": ["ALL", UNKNOWN]})) == []
    (found,) = findings(secure(capabilities={"drop": [UNKNOWN]}))
    assert not found.mandatory


def test_containers_are_told_by_their_places():
    bad = container(securityContext={"privileged": True})
    (message,) = messages({"containers": [bad]}, AT_THE_TOP)
    assert message.startswith("containers[0]: is privileged")
    found = messages({"spec": {"templates": [UNKNOWN, {"containers": [bad]}]}}, AT_THE_TOP)
    assert sum(one.startswith("spec.templates[1].containers[0]: is privileged") for one in found) == 1
    assert sum(one == "spec.templates[0]; judged during the update" for one in found) == 10


def test_what_a_controller_writes_down_is_not_judged():
    bad = container(securityContext={"privileged": True})
    assert findings({**pod(), "status": {"containers": [bad]}}) == []


def test_a_container_for_a_look_inside_needs_no_bounds():
    assert findings(pod(ephemeralContainers=[container(resources=None)])) == []
