"""A stack's configuration of the rules, read as the engine reads the file of `--policy-pack-config`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi_policy import EnforcementLevel, Policy

from ..all.pack import POLICIES
from .errors import Unusable

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
    said = settings(path)
    known = {policy.name: policy for policy in POLICIES}
    mistakes = [f"{name}: there is no such rule; there are {', '.join(known)}" for name in said if name not in known]
    for name, policy in known.items():
        mistakes += [f"{name}{problem}" for problem in _problems(policy, said.get(name, {}))]
    if mistakes:
        raise Unusable("\n  ".join([f"{path} has {len(mistakes)} mistake(s):", *mistakes]))
    return [_rule(policy, said.get(name, {})) for name, policy in known.items()]


def settings(path: Path | None) -> dict[str, dict[str, Any]]:
    """What the file says of each rule, unread: for who comes after an engine that has read it. Raises Unusable."""
    if not path:
        return {}
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{path}: can't be read as JSON ({error})") from error
    if not isinstance(said, dict):
        raise Unusable(f"{path}: write an object with a key for each rule")
    return {name: {_LEVEL: one} if isinstance(one, str) else one for name, one in said.items()}


def _problems(policy: Policy, said: Any) -> list[str]:
    if said == {}:
        return []
    # Not above: with the libraries for its formats beside it, to load it takes longer than to judge a stack.
    from jsonschema import Draft202012Validator

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
    stated = {key: value for key, value in said.items() if key != _LEVEL}
    return Rule(policy, level or EnforcementLevel.ADVISORY, {**defaults, **stated})
