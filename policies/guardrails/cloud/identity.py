"""Rights in a cloud name what they are for."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from pulumi_policy import Severity

from ...open_source.reading import UNKNOWN
from ..findings import Finding, Problem, Unknown
from ..rule import rule
from .documents import statements
from .values import at, by_type, listed

_BASIC_ROLES = {"roles/owner", "roles/editor"}
_ADMINISTRATOR = "/AdministratorAccess"
_BEFORE_THE_NAME = 5
"""Colons of an ARN: what comes after `arn:partition:service:region:account:` is the name."""
_CONTENTS = (
    "dynamodb:getitem",
    "s3:getobject",
    "s3:getobjectversion",
    "secretsmanager:getsecretvalue",
    "ssm:getparameter",
    "ssm:getparameters",
    "ssm:getparametersbypath",
)
"""Actions that read what is stored, not only what there is."""


def _document(props: dict[str, Any]) -> Iterator[Finding]:
    for path, statement in statements(props, "policy"):
        yield from [statement] if isinstance(statement, Problem | Unknown) else _statement(statement, path)


def _statement(statement: dict[str, Any], path: str) -> Iterator[Finding]:
    if "NotAction" in statement:
        yield Problem(path, "allows all but a few actions; name those that are needed.")
    if "NotResource" in statement:
        yield Problem(path, "allows its actions on all but a few resources; name those that are needed.")
    for action in map(str, listed(statement.get("Action"))):
        verb = action.rpartition(":")[2]
        if set(verb) <= {"*", "?"}:
            yield Problem(path, f"allows every action ({action}); name those that are needed.")
        elif "Condition" not in statement and not _reads(action):
            for resource in filter(_is_everything, listed(statement.get("Resource"))):
                where = "everything" if resource == "*" else f"everything there is ({resource})"
                yield Problem(path, f"allows {action} on {where}; name the resources.")


def _is_everything(resource: Any) -> bool:
    """Of a resource whose name is all wildcards: `*`, `arn:aws:s3:::*`, `arn:aws:s3:::*/*`, `arn:aws:*`."""
    parts = str(resource).split(":", _BEFORE_THE_NAME)
    return not parts[-1].strip("*?:/") and ("*" in parts[-1] or "?" in parts[-1])


def _reads(action: str) -> bool:
    """Lists and descriptions know no resource, as a rule. AWS does not tell large letters from small ones."""
    asked = action.lower()
    verb = asked.partition(":")[2]
    return verb.startswith(("describe", "list", "get")) and not any(fnmatchcase(one, asked) for one in _CONTENTS)


def _attached(props: dict[str, Any]) -> Iterator[Finding]:
    yield from _arns(props, "policyArn")


def _arns(props: dict[str, Any], field: str) -> Iterator[Finding]:
    for arn in listed(at(props, field)):
        if arn is UNKNOWN:
            yield Unknown(field)
        elif isinstance(arn, str) and arn.endswith(_ADMINISTRATOR):
            yield Problem(field, "gives all rights there are; write a policy with those that are needed.")


def _own(props: dict[str, Any]) -> Iterator[Finding]:
    """A role's policies that stand in the role itself."""
    yield from _arns(props, "managedPolicyArns")
    for index, one in enumerate(listed(at(props, "inlinePolicies"))):
        if one is UNKNOWN:
            yield Unknown(f"inlinePolicies[{index}]")
        elif isinstance(one, dict):
            yield from _document(one)


def _role(props: dict[str, Any]) -> Iterator[Finding]:
    role = at(props, "role")
    if role is UNKNOWN:
        yield Unknown("role")
    elif role in _BASIC_ROLES:
        yield Problem("role", f"gives nearly all rights there are ({role}); name the roles that are needed.")


NAMED_RIGHTS = rule(
    "named-rights",
    "Rights in the cloud name actions and resources.",
    by_type(
        {
            "aws:iam/policy:Policy": _document,
            "aws:iam/role:Role": _own,
            **{f"aws:iam/{who}Policy:{who.title()}Policy": _document for who in ("group", "role", "user")},
            **{
                f"aws:iam/{who}PolicyAttachment:{who.title()}PolicyAttachment": _attached
                for who in ("group", "role", "user")
            },
            "aws:iam/policyAttachment:PolicyAttachment": _attached,
            "gcp:projects/iAMMember:IAMMember": _role,
            "gcp:projects/iAMBinding:IAMBinding": _role,
        }
    ),
    Severity.HIGH,
)
