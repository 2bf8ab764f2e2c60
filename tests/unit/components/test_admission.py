"""The rules that a cluster enforces: deployed as written, as strictly as the stack file says."""

import pytest
from pydantic import ValidationError

from components.governance.admission import Admission, AdmissionArgs, AdmissionSettings
from stacks.admission import rules
from tests.recording import Engine

RULES = rules("any")
WORKLOADS, CUSTOM = "admission-open-source-images-of-workloads", "admission-open-source-images-of-custom-resources"


def built(**settings: object) -> Engine:
    engine = Engine()
    args = AdmissionArgs(settings=AdmissionSettings(**settings), namespace="governance", rules=RULES)
    engine.build(lambda: Admission("admission", args))
    return engine


def policy(engine: Engine, name: str) -> dict:
    return engine.only("ValidatingAdmissionPolicy", name).inputs["spec"]


def binding(engine: Engine, name: str) -> dict:
    return engine.only("ValidatingAdmissionPolicyBinding", name).inputs["spec"]


def test_every_expression_reaches_the_cluster_as_it_was_written():
    engine = built()
    assert len(RULES.policies) == 2
    for name, rule in RULES.policies.items():
        spec = policy(engine, f"admission-{name}")
        assert [(each["name"], each["expression"]) for each in spec["variables"]] == [
            (each.name, each.expression) for each in rule.variables
        ]
        assert [each["messageExpression"] for each in spec["validations"]] == [
            each.message_expression for each in rule.validations
        ]
    assert engine.only("ConfigMap").inputs["data"] == RULES.parameter


@pytest.mark.parametrize("name", [WORKLOADS, CUSTOM])
def test_each_policy_is_bound_to_the_parameter_and_refuses_without_it(name):
    spec = binding(built(), name)
    assert spec["policyName"].startswith(name)
    assert spec["paramRef"]["name"].startswith("admission-parameter")
    assert spec["paramRef"]["namespace"] == "governance" and spec["paramRef"]["parameterNotFoundAction"] == "Deny"


@pytest.mark.parametrize("name", [WORKLOADS, CUSTOM])
def test_by_default_what_breaks_a_rule_or_cannot_be_judged_is_denied_but_in_the_clusters_own_namespace(name):
    engine = built()
    assert policy(engine, name)["failurePolicy"] == "Fail"
    assert binding(engine, name)["validationActions"] == ["Deny", "Audit"]
    (exempt,) = binding(engine, name)["matchResources"]["namespaceSelector"]["matchExpressions"]
    assert exempt == {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}


def test_a_stack_file_can_make_the_rules_warn_and_let_through_what_cannot_be_judged():
    engine = built(actions=("Warn", "Audit"), failure_policy="Ignore", exempt_namespaces=())
    assert policy(engine, WORKLOADS)["failurePolicy"] == "Ignore"
    assert binding(engine, WORKLOADS)["validationActions"] == ["Warn", "Audit"]
    assert "namespaceSelector" not in binding(engine, WORKLOADS)["matchResources"]


def test_a_condition_of_the_stack_file_stands_beside_those_of_the_rules():
    conditions = policy(built(match_conditions={"not-robots": "request.userInfo.username != 'robot'"}), CUSTOM)
    assert [each["name"] for each in conditions["matchConditions"]] == ["stays", "changed", "not-robots"]


def test_an_exempt_group_is_left_out_of_the_custom_resources_alone():
    engine = built(exempt_groups=("kubevirt.io",))
    left_out = policy(engine, CUSTOM)["matchConstraints"]["excludeResourceRules"]
    assert left_out[-1]["apiGroups"] == ["kubevirt.io"] and len(left_out) == 2
    assert "excludeResourceRules" not in policy(engine, WORKLOADS)["matchConstraints"]


def test_deny_and_warn_at_once_are_refused_before_kubernetes_does_it():
    with pytest.raises(ValidationError, match="choose one of them"):
        AdmissionSettings(actions=("Deny", "Warn"))
