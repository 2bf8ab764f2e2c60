"""What an account may ask of the Kubernetes API: listed by whoever runs a workload, granted before its pods start."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import Input, Output, ResourceOptions
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import (
    ClusterRole,
    ClusterRoleBinding,
    PolicyRuleArgs,
    Role,
    RoleBinding,
    RoleRefArgs,
    SubjectArgs,
)

from .labels import PART_OF


@dataclass(frozen=True)
class Rule:
    """Verbs on resources of one API group (`""` is the core group), or on those of `names` alone."""

    group: str
    resources: Sequence[str]
    verbs: Sequence[str]
    names: Sequence[Input[str]] = ()

    def args(self) -> PolicyRuleArgs:
        return PolicyRuleArgs(
            api_groups=[self.group],
            resources=list(self.resources),
            verbs=list(self.verbs),
            resource_names=list(self.names) or None,
        )


@dataclass(frozen=True)
class Grant:
    """Rules and the namespace that they hold in; without one they hold in all of them, which needs a good reason."""

    rules: Sequence[Rule]
    namespace: Input[str] | None


def elected(lease: Input[str], *further: str) -> list[Rule]:
    """By a Lease, of several pods the one that works. `further` are verbs beside those that an election takes."""
    leases = "coordination.k8s.io", ["leases"]
    return [
        Rule(*leases, ["create"]),  # which can't be narrowed to a name
        Rule(*leases, ["get", "update", *further], [lease]),
    ]


def grant(name: str, grants: Sequence[Grant], account: Input[str], home: Input[str], opts: ResourceOptions) -> Output:
    """Bind the account of namespace `home` to a role for each grant. What comes back is known once all are bound.

    A role is named after its place among the grants, so append new ones.
    """
    subject = SubjectArgs(kind="ServiceAccount", name=account, namespace=home)
    bound = []
    for number, given in enumerate(grants):
        key = f"{name}-{number}" if number else name
        rules = [rule.args() for rule in given.rules]
        bound.append(_bind(key, rules, given.namespace, subject, opts))
    return Output.all(*bound)


def _bind(
    name: str,
    rules: list[PolicyRuleArgs],
    namespace: Input[str] | None,
    subject: SubjectArgs,
    opts: ResourceOptions,
) -> Output[str]:
    place = ObjectMetaArgs(namespace=namespace, labels={"app.kubernetes.io/part-of": PART_OF})
    made_role = Role if namespace is not None else ClusterRole
    made_binding = RoleBinding if namespace is not None else ClusterRoleBinding
    role = made_role(f"{name}-role", metadata=place, rules=rules, opts=opts)
    reference = RoleRefArgs(api_group="rbac.authorization.k8s.io", kind=made_role.__name__, name=role.metadata.name)
    binding = made_binding(f"{name}-binding", metadata=place, role_ref=reference, subjects=[subject], opts=opts)
    return binding.metadata.name
