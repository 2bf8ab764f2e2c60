"""Rules for admission as their author wrote them down: this library deploys them, and doesn't know what they say."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import ConfigDict, Field

from ..base import Settings


class Expression(Settings):
    """A named expression in CEL."""

    name: str
    expression: str


class Validation(Settings):
    expression: str
    message: str
    message_expression: str


class Resources(Settings):
    """Which requests are meant."""

    api_groups: tuple[str, ...]
    api_versions: tuple[str, ...]
    operations: tuple[str, ...]
    resources: tuple[str, ...]


class Constraints(Settings):
    resource_rules: tuple[Resources, ...]
    exclude_resource_rules: tuple[Resources, ...] = ()


class Policy(Settings):
    """The `spec` of a ValidatingAdmissionPolicy, without what whoever deploys it decides."""

    model_config = ConfigDict(extra="ignore")

    match_constraints: Constraints
    match_conditions: tuple[Expression, ...] = ()
    variables: tuple[Expression, ...] = ()
    validations: tuple[Validation, ...] = Field(min_length=1)


class Rules(Settings):
    """The policies by their names, and the one parameter that all of them read."""

    policies: Mapping[str, Policy]
    parameter: Mapping[str, str]

    @classmethod
    def read(cls, file: Path) -> Self:
        """From a manifest: its ValidatingAdmissionPolicies and its only ConfigMap. Bindings are made anew."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found: list[dict[str, Any]] = list(yaml.load_all(file.read_text(encoding="utf-8"), Loader=loader))
        policies = {one["metadata"]["name"]: one for one in found if one["kind"] == "ValidatingAdmissionPolicy"}
        (parameter,) = (one["data"] for one in found if one["kind"] == "ConfigMap")
        specs = {name: Policy.model_validate(one["spec"]) for name, one in policies.items()}
        return cls(policies=specs, parameter=parameter)
