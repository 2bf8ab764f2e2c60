"""Custom resources of a plan against the definitions of their kinds that the same plan makes.

As the API server would, but for what only it evaluates: rules in CEL, and formats of texts.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from local.plugins.kubernetes.spelling import for_the_server
from local.plugins.planned import schemas
from local.plugins.planned.checking import Problem, instead
from local.plugins.values import UNKNOWN

DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
_PATCH = "Patch"
"""At the end of the token of a resource that changes some fields of an object, and has no others."""


@dataclass(frozen=True)
class Name:
    """What an object says it is."""

    group: str
    version: str
    kind: str
    is_part: bool = False

    def __str__(self) -> str:
        return f"{self.kind} of {self.group}/{self.version}"


@dataclass(frozen=True)
class Definition:
    """One kind, of all its versions that are served."""

    versions: Mapping[str, Any] = field(default_factory=dict)
    """Version -> the schema of its objects."""

    def wrong(self, name: Name, inputs: Mapping[str, Any]) -> Iterator[Problem]:
        """Each field that the version's schema does not allow."""
        if name.version not in self.versions:
            known = {f"{name.group}/{version}": version for version in self.versions}
            yield "apiVersion", f"is not served for {name.kind}; {instead(f'{name.group}/{name.version}', known)}"
            return
        yield from self._checks[name.version].wrong(inputs, is_part=name.is_part)

    @cached_property
    def _checks(self) -> Mapping[str, schemas.Check]:
        return {version: schemas.Check(schema) for version, schema in self.versions.items()}


def named(token: str) -> Name:
    """By the type of its resource: what the object itself says may not be known yet."""
    _, of, kind = token.split(":")
    group, _, version = of.partition("/")
    return Name(group, version, kind.removesuffix(_PATCH), kind.endswith(_PATCH))


def defined(resources: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[tuple[str, str], Definition]:
    """(group, kind) -> its definition, of all that the plan makes; given are tokens and inputs."""
    found = {}
    for token, inputs in resources:
        if token != DEFINITION:
            continue
        spec = for_the_server({**inputs, "kind": "CustomResourceDefinition"}).get("spec")
        if not isinstance(spec, Mapping):
            continue
        names, versions = spec.get("names"), spec.get("versions")
        if isinstance(names, Mapping) and isinstance(versions, list):
            found[spec.get("group"), names.get("kind")] = Definition(dict(_versions(versions)))
    return found


def _versions(listed: list[Any]) -> Iterator[tuple[str, Any]]:
    for one in listed:
        if isinstance(one, Mapping) and one.get("served"):
            schema = one.get("schema")
            whole = UNKNOWN if schema is UNKNOWN else (schema or {}).get("openAPIV3Schema", UNKNOWN)
            yield one.get("name"), whole
