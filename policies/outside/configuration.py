"""A stack's configuration of the rules, read as the engine reads the file of `--policy-pack-config`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from pulumi_policy import EnforcementLevel, Policy

from ..guardrails import pack as guardrails
from ..open_source import pack as open_source
from .errors import Unusable

_RULES = [*open_source.POLICIES, *guardrails.POLICIES]

_LEVEL = "enforcementLevel"
_LEVELS = sorted(level.value for level in EnforcementLevel)


@dataclass(frozen=True)
class Rule:
    """A rule with its level and its settings here."""

    policy: Policy
    level: EnforcementLevel
    settings: Mapping[str, Any] = field(default_factory=dict)


def read(path: Path | None) -> list[Rule]:
    """All rules, as configured. Raises Unusable with every mistake of the file at once."""
    said = _said(path) if path else {}
    known = {policy.name: policy for policy in _RULES}
    mistakes = [f"{name}: there is no such rule; there are {', '.join(known)}" for name in said if name not in known]
    for name, policy in known.items():
        mistakes += [f"{name}{problem}" for problem in _problems(policy, said.get(name, {}))]
    if mistakes:
        raise Unusable("\n  ".join([f"{path} has {len(mistakes)} mistake(s):", *mistakes]))
    return [_rule(policy, said.get(name, {})) for name, policy in known.items()]


def _said(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{path}: can't be read as JSON ({error})") from error
    if not isinstance(said, dict):
        raise Unusable(f"{path}: write an object with a key for each rule")
    return {name: {_LEVEL: one} if isinstance(one, str) else one for name, one in said.items()}


def _problems(policy: Policy, said: Any) -> list[str]:
    schema = policy.config_schema
    form = {
        "type": "object",
        "additionalProperties": False,
        "properties": {_LEVEL: {"enum": _LEVELS}, **(schema.properties if schema else {})},
    }
    return [
        f"{error.json_path.removeprefix('$')}: {error.message}"
        for error in Draft202012Validator(form).iter_errors(said)
    ]


def _rule(policy: Policy, said: Mapping[str, Any]) -> Rule:
    schema = policy.config_schema
    defaults = {key: one["default"] for key, one in (schema.properties if schema else {}).items() if "default" in one}
    level = EnforcementLevel(said[_LEVEL]) if _LEVEL in said else policy.enforcement_level
    settings = {key: value for key, value in said.items() if key != _LEVEL}
    return Rule(policy, level or EnforcementLevel.ADVISORY, {**defaults, **settings})
