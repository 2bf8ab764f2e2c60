"""Two rules of the API server's own: no GPU past the queues, and no hand of Kueue's outside the teams' namespaces."""

import json
from collections.abc import Sequence

from pulumi import Input, Output, ResourceOptions
from pulumi_kubernetes.admissionregistration.v1 import (
    MatchConditionArgs,
    MatchResourcesArgs,
    NamedRuleWithOperationsArgs,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    ValidatingAdmissionPolicyBindingSpecArgs,
    ValidatingAdmissionPolicySpecArgs,
    ValidationArgs,
    VariableArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, LabelSelectorRequirementArgs, ObjectMetaArgs

from ...base import Text
from ...k8s.labels import PART_OF
from .contracts import QUEUE

_OF_A_JOB = (
    "request.kind.kind == 'Pod'"
    " && object.metadata.?ownerReferences.orValue([]).exists(o, o.kind == 'Job' && o.?controller.orValue(false))"
)
"""Whose Job was judged, and starts no pod before it is admitted."""


def guard(name: str, devices: Sequence[str], namespaces: Sequence[Text], opts: ResourceOptions) -> None:
    """What asks for one of the devices where teams have queues must name a queue, also while Kueue is down."""
    pod = "request.kind.kind == 'Pod' ? object.spec : object.spec.template.spec"
    _enforce(
        name,
        ValidatingAdmissionPolicySpecArgs(
            failure_policy="Fail",
            match_constraints=_work(["CREATE"], "In", namespaces),
            match_conditions=[MatchConditionArgs(name="of-no-job", expression=f"!({_OF_A_JOB})")],
            variables=[
                VariableArgs(name="pod", expression=pod),
                VariableArgs(name="asks", expression=_asks(devices)),
                VariableArgs(name="queue", expression=f"object.metadata.?labels[{json.dumps(QUEUE)}].orValue('')"),
            ],
            validations=[
                ValidationArgs(
                    expression="!variables.asks || variables.queue != ''",
                    message=f"asks for GPUs and names no queue: add the label {QUEUE} with the name of a team",
                )
            ],
        ),
        opts,
    )


def fence(name: str, account: Input[str], home: Text, namespaces: Sequence[Text], opts: ResourceOptions) -> None:
    """Kueue's rights are the whole cluster's, and this keeps them where teams have queues.

    Rights in each namespace would go with it, before its last pods: with Kueue's finalizers these would never end.
    """
    name_of_user = Output.concat("request.userInfo.username == 'system:serviceaccount:", home, ":", account, "'")
    _enforce(
        name,
        ValidatingAdmissionPolicySpecArgs(
            failure_policy="Fail",
            match_constraints=_work(["UPDATE", "DELETE"], "NotIn", namespaces),
            match_conditions=[MatchConditionArgs(name="by-kueue", expression=name_of_user)],
            validations=[ValidationArgs(expression="false", message="no team has queues in this namespace")],
        ),
        opts,
    )


def _enforce(name: str, spec: ValidatingAdmissionPolicySpecArgs, opts: ResourceOptions) -> None:
    labels = {"app.kubernetes.io/part-of": PART_OF}
    policy = ValidatingAdmissionPolicy(name, metadata=ObjectMetaArgs(labels=labels), spec=spec, opts=opts)
    ValidatingAdmissionPolicyBinding(
        name,
        metadata=ObjectMetaArgs(labels=labels),
        spec=ValidatingAdmissionPolicyBindingSpecArgs(
            policy_name=policy.metadata.name, validation_actions=["Deny", "Audit"]
        ),
        opts=opts,
    )


def _work(operations: Sequence[str], operator: str, namespaces: Sequence[Text]) -> MatchResourcesArgs:
    """Pods and Jobs, in these namespaces or in all but these."""
    rules = [
        NamedRuleWithOperationsArgs(
            api_groups=[group], api_versions=["v1"], operations=list(operations), resources=[plural]
        )
        for group, plural in (("", "pods"), ("batch", "jobs"))
    ]
    where = LabelSelectorRequirementArgs(key="kubernetes.io/metadata.name", operator=operator, values=list(namespaces))
    return MatchResourcesArgs(resource_rules=rules, namespace_selector=LabelSelectorArgs(match_expressions=[where]))


def _asks(devices: Sequence[str]) -> str:
    """What is not of Kubernetes' own has a limit, which is its request."""
    some = " || ".join(f"{json.dumps(device)} in c.?resources.?limits.orValue({{}})" for device in devices)
    return f"(variables.pod.?initContainers.orValue([]) + variables.pod.containers).exists(c, {some})"
