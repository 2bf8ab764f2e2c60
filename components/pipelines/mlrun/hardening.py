"""Pods that MLRun starts, made to meet Pod Security's `restricted` level.

MLRun's functions have one field for security, of a pod, and a release as old as 1.5 knows neither seccomp profiles nor
any setting of a container there. So the API server completes each pod that is made in the namespace of runs.
"""

import json
from typing import Any

from pulumi import Input, ResourceOptions
from pulumi_kubernetes.admissionregistration.v1 import (
    JSONPatchArgs,
    MatchResourcesArgs,
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
    MutatingAdmissionPolicyBindingSpecArgs,
    MutatingAdmissionPolicySpecArgs,
    MutationArgs,
    NamedRuleWithOperationsArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from ...k8s.labels import PART_OF
from ...k8s.plain import plain
from ...k8s.security import container_security, pod_security

_USER = 1000


def harden(name: str, namespace: Input[str], opts: ResourceOptions) -> MutatingAdmissionPolicyBinding:
    """Complete all pods of the namespace."""
    labels = {"app.kubernetes.io/part-of": PART_OF}
    pods = NamedRuleWithOperationsArgs(api_groups=[""], api_versions=["v1"], operations=["CREATE"], resources=["pods"])
    here = LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": namespace})
    policy = MutatingAdmissionPolicy(
        f"{name}-hardening",
        metadata=ObjectMetaArgs(labels=labels),
        spec=MutatingAdmissionPolicySpecArgs(
            failure_policy="Fail",
            reinvocation_policy="Never",
            match_constraints=MatchResourcesArgs(resource_rules=[pods], namespace_selector=here),
            mutations=[MutationArgs(patch_type="JSONPatch", json_patch=JSONPatchArgs(expression=expression()))],
        ),
        opts=opts,
    )
    return MutatingAdmissionPolicyBinding(
        f"{name}-hardening",
        metadata=ObjectMetaArgs(labels=labels),
        spec=MutatingAdmissionPolicyBindingSpecArgs(policy_name=policy.metadata.name),
        opts=opts,
    )


def expression() -> str:
    """A JSON patch that gives a pod what every pod of this project's own builders has, whatever it says itself."""
    pod = _typed("Object.spec.securityContext", plain(pod_security(_USER)))
    sealed = plain(container_security())
    # Only a pod that has somewhere else to write can do without its root; functions of users may have nowhere.
    unsealed = {**sealed, "readOnlyRootFilesystem": False}
    one, other = (_typed("Object.spec.containers.securityContext", value) for value in (sealed, unsealed))
    writes_elsewhere = "object.spec.containers[i].?volumeMounts.orValue([]).exists(m, m.mountPath == '/tmp')"
    return (
        f"[JSONPatch{{op: 'add', path: '/spec/securityContext', value: {pod}}},"
        " JSONPatch{op: 'add', path: '/spec/enableServiceLinks', value: false}]"
        " + lists.range(size(object.spec.containers)).map(i, JSONPatch{op: 'add',"
        f" path: '/spec/containers/' + string(i) + '/securityContext', value: {writes_elsewhere} ? {one} : {other}}})"
    )


def _typed(kind: str, value: Any) -> str:
    """A value as a literal of the policy language, where a map of mixed values has to be of a named type."""
    if not isinstance(value, dict):
        return json.dumps(value)
    fields = ", ".join(f"{key}: {_typed(f'{kind}.{key}', inner)}" for key, inner in value.items())
    return f"{kind}{{{fields}}}"
