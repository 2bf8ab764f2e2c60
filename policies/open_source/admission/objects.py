"""The objects that a cluster needs: two policies, for workloads and for custom resources, and what both go by."""

from collections.abc import Iterable, Mapping
from typing import Any

from . import reading, shapes, verdict, workloads
from .cel import Variable
from .parameter import parameter

NAME = "open-source-images"
NAMESPACE = "open-source-policy"
_API = "admissionregistration.k8s.io/v1"
# Nothing that is going away is kept from it.
_STAYS = {"name": "stays", "expression": "!has(object.metadata.deletionTimestamp)"}


def objects(rules: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All of them, for the rules that are on with their settings; what they refuse is denied, but in `kube-system`."""
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": NAME, "namespace": NAMESPACE},
            "data": parameter(rules),
        },
        _policy(f"{NAME}-of-workloads", workloads.VARIABLES, {"resourceRules": workloads.RESOURCES}, []),
        _binding(f"{NAME}-of-workloads"),
        _policy(
            f"{NAME}-of-custom-resources",
            shapes.VARIABLES,
            {"resourceRules": shapes.RESOURCES, "excludeResourceRules": shapes.EXCLUDED},
            [{"name": "changed", "expression": shapes.CHANGED}],
        ),
        _binding(f"{NAME}-of-custom-resources"),
    ]


def _policy(
    name: str, finding: Iterable[Variable], constraints: dict[str, Any], conditions: list[dict[str, str]]
) -> dict[str, Any]:
    variables = (*finding, *reading.VARIABLES, *verdict.VARIABLES)
    return {
        "apiVersion": _API,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "matchConstraints": constraints,
            "matchConditions": [_STAYS, *conditions],
            "variables": [variable._asdict() for variable in variables],
            "validations": [
                {
                    "expression": verdict.SATISFIED,
                    "message": "An image is not open source, and there is too much to say of it.",
                    "messageExpression": verdict.MESSAGE,
                }
            ],
        },
    }


def _binding(name: str) -> dict[str, Any]:
    return {
        "apiVersion": _API,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {
            "policyName": name,
            "paramRef": {"name": NAME, "namespace": NAMESPACE, "parameterNotFoundAction": "Deny"},
            "validationActions": ["Deny", "Audit"],
            "matchResources": {
                "namespaceSelector": {
                    "matchExpressions": [
                        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}
                    ]
                }
            },
        },
    }
