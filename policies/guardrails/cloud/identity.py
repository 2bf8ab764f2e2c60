"""Rights in a cloud name what they are for."""

import json
from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from ...open_source.reading import UNKNOWN
from ..findings import Finding, Problem, Unknown
from ..rule import rule
from .values import at, by_type

_BASIC_ROLES = {"roles/owner", "roles/editor"}
_ADMINISTRATOR = "/AdministratorAccess"


def _document(props: dict[str, Any]) -> Iterator[Finding]:
    policy = at(props, "policy")
    if policy is UNKNOWN:
        yield Unknown("policy")
        return
    try:
        document = json.loads(policy) if isinstance(policy, str) else policy
    except ValueError:
        yield Problem("policy", "is no JSON, so nobody can tell what it allows.")
        return
    for index, statement in enumerate(_listed((document or {}).get("Statement"))):
        if isinstance(statement, dict) and statement.get("Effect") == "Allow":
            yield from _statement(statement, f"policy.Statement[{index}]")


def _statement(statement: dict[str, Any], path: str) -> Iterator[Finding]:
    if "NotAction" in statement:
        yield Problem(path, "allows all but a few actions; name those that are needed.")
    for action in map(str, _listed(statement.get("Action"))):
        if action == "*" or action.endswith(":*"):
            yield Problem(path, f"allows every action ({action}); name those that are needed.")
        elif "*" in _listed(statement.get("Resource")) and "Condition" not in statement and not _reads(action):
            yield Problem(path, f"allows {action} on everything; name the resources.")


def _reads(action: str) -> bool:
    """Lists and descriptions know no resource, as a rule."""
    verb = action.partition(":")[2]
    return verb.startswith(("Describe", "List", "Get"))


def _attached(props: dict[str, Any]) -> Iterator[Finding]:
    arn = at(props, "policyArn")
    if isinstance(arn, str) and arn.endswith(_ADMINISTRATOR):
        yield Problem("policyArn", "gives all rights there are; write a policy with those that are needed.")


def _role(props: dict[str, Any]) -> Iterator[Finding]:
    if at(props, "role") in _BASIC_ROLES:
        yield Problem("role", f"gives nearly all rights there are ({props['role']}); name the roles that are needed.")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


NAMED_RIGHTS = rule(
    "named-rights",
    "Rights in the cloud name actions and resources.",
    by_type(
        {
            "aws:iam/policy:Policy": _document,
            "aws:iam/rolePolicy:RolePolicy": _document,
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _attached,
            "gcp:projects/iAMMember:IAMMember": _role,
            "gcp:projects/iAMBinding:IAMBinding": _role,
        }
    ),
    Severity.HIGH,
)
