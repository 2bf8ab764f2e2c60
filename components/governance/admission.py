"""Rules that the API server itself enforces, on whatever anybody creates: people, operators, pipelines."""

from typing import Literal, Self

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.admissionregistration.v1 import (
    MatchConditionArgs,
    MatchResourcesArgs,
    NamedRuleWithOperationsArgs,
    ParamKindArgs,
    ParamRefArgs,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    ValidatingAdmissionPolicyBindingSpecArgs,
    ValidatingAdmissionPolicySpecArgs,
    ValidationArgs,
    VariableArgs,
)
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, LabelSelectorRequirementArgs, ObjectMetaArgs
from pydantic import Field, model_validator

from ..base import Args, Settings, Text
from ..k8s.labels import PART_OF
from ..types import Name
from .rules import Policy, Resources, Rules


class AdmissionSettings(Settings):
    """How strictly a cluster goes by its rules."""

    namespace: Name = "governance"
    """Where the parameter of the rules is. Whoever may change it there changes the rules."""
    actions: tuple[Literal["Deny", "Warn", "Audit"], ...] = Field(default=("Deny", "Audit"), min_length=1)
    """To try rules on a cluster that is in use, begin with `[Warn, Audit]`."""
    failure_policy: Literal["Fail", "Ignore"] = "Fail"
    """What happens to a request that can't be judged, such as one that is too large."""
    exempt_namespaces: tuple[Name, ...] = ("kube-system",)
    """The cluster's own pods come from its vendor, and nothing starts without them."""
    exempt_groups: tuple[str, ...] = ()
    """API groups of custom resources that are not judged: for a kind whose field `image` is something else."""
    match_conditions: dict[Name, str] = Field(default_factory=dict)
    """Expressions in CEL, by name; what any of them is false for is not judged."""

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        if {"Deny", "Warn"} <= set(self.actions):
            raise ValueError("Deny and Warn say the same twice, which Kubernetes refuses: choose one of them")
        return self


class AdmissionArgs(Args):
    """`namespace` holds what the policies read; `rules` is what `python -m policies admission` writes."""

    settings: AdmissionSettings = AdmissionSettings()
    namespace: Text
    rules: Rules


class Admission(ComponentResource):
    """The rules, their parameter, and what binds the two. While a rule has no parameter, it refuses."""

    def __init__(self, name: str, args: AdmissionArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:governance:Admission", name, None, opts)
        child = ResourceOptions(parent=self)
        labels = {"app.kubernetes.io/part-of": PART_OF}
        place = ObjectMetaArgs(namespace=args.namespace, labels=labels)
        parameter = ConfigMap(f"{name}-parameter", metadata=place, data=dict(args.rules.parameter), opts=child)
        found = ParamRefArgs(name=parameter.metadata.name, namespace=args.namespace, parameter_not_found_action="Deny")
        for policy, rule in args.rules.policies.items():
            made = ValidatingAdmissionPolicy(
                f"{name}-{policy}",
                metadata=ObjectMetaArgs(labels=labels),
                spec=_policy(rule, args.settings),
                opts=child,
            )
            ValidatingAdmissionPolicyBinding(
                f"{name}-{policy}",
                metadata=ObjectMetaArgs(labels=labels),
                spec=_binding(made.metadata.name, found, args.settings),
                opts=child,
            )
        self.register_outputs({})


def _policy(rule: Policy, settings: AdmissionSettings) -> ValidatingAdmissionPolicySpecArgs:
    judged, left_out = rule.match_constraints.resource_rules, rule.match_constraints.exclude_resource_rules
    if settings.exempt_groups and any("*" in resources.api_groups for resources in judged):
        left_out = (*left_out, *(one.model_copy(update={"api_groups": settings.exempt_groups}) for one in judged))
    conditions = [(each.name, each.expression) for each in rule.match_conditions]
    return ValidatingAdmissionPolicySpecArgs(
        failure_policy=settings.failure_policy,
        param_kind=ParamKindArgs(api_version="v1", kind="ConfigMap"),
        match_constraints=MatchResourcesArgs(
            resource_rules=[_resources(one) for one in judged],
            exclude_resource_rules=[_resources(one) for one in left_out] or None,
        ),
        match_conditions=[
            MatchConditionArgs(name=condition, expression=expression)
            for condition, expression in (*conditions, *settings.match_conditions.items())
        ],
        variables=[VariableArgs(name=each.name, expression=each.expression) for each in rule.variables],
        validations=[
            ValidationArgs(expression=each.expression, message=each.message, message_expression=each.message_expression)
            for each in rule.validations
        ],
    )


def _binding(
    policy: Output[str], parameter: ParamRefArgs, settings: AdmissionSettings
) -> ValidatingAdmissionPolicyBindingSpecArgs:
    elsewhere = LabelSelectorRequirementArgs(
        key="kubernetes.io/metadata.name", operator="NotIn", values=list(settings.exempt_namespaces)
    )
    selector = LabelSelectorArgs(match_expressions=[elsewhere]) if settings.exempt_namespaces else None
    return ValidatingAdmissionPolicyBindingSpecArgs(
        policy_name=policy,
        param_ref=parameter,
        validation_actions=list(settings.actions),
        match_resources=MatchResourcesArgs(namespace_selector=selector),
    )


def _resources(one: Resources) -> NamedRuleWithOperationsArgs:
    return NamedRuleWithOperationsArgs(
        api_groups=list(one.api_groups),
        api_versions=list(one.api_versions),
        operations=list(one.operations),
        resources=list(one.resources),
    )
