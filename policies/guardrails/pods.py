"""Pods wherever they stand: in workloads, their lists, and custom resources, told by their shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..open_source.kinds import of_object
from ..open_source.reading import UNKNOWN
from .findings import Unknown

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_MAY_HOLD = {"spec", "template", "jobTemplate", "podSpec", "containers", "templates", "items"}
_SCHEMA = "CustomResourceDefinition"


@dataclass(frozen=True, slots=True)
class Container:
    path: str
    spec: dict[str, Any]
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class Pod:
    path: str
    spec: dict[str, Any]

    def containers(self) -> Iterator[Container]:
        for field in _CONTAINERS:
            values = self.spec.get(field)
            for index, one in enumerate(values if isinstance(values, list) else ()):
                if isinstance(one, dict):
                    path = f"{self.path}.{field}[{index}]".removeprefix(".")
                    yield Container(path, one, field == "ephemeralContainers")

    def setting(self, container: Container, key: str) -> Any:
        """A field of the container's security context, or else of the pod's; what is set nowhere is None."""
        for spec in (container.spec, self.spec):
            context = spec.get("securityContext")
            if context is UNKNOWN:
                return UNKNOWN
            if isinstance(context, dict) and context.get(key) is not None:
                return context[key]
        return None


def pods(token: str, props: dict[str, Any]) -> Iterator[Pod | Unknown]:
    """All pods of one resource, and where there may be one that is not known yet."""
    kind = of_object(token)
    if kind and kind.name != _SCHEMA:
        yield from _below(props, "")


def _below(node: Any, path: str) -> Iterator[Pod | Unknown]:
    if isinstance(node, list):
        for index, one in enumerate(node):
            yield from _below(one, f"{path}[{index}]")
    if not isinstance(node, dict):
        return
    containers = node.get("containers")
    if isinstance(containers, list) and any(isinstance(one, dict) and "image" in one for one in containers):
        yield Pod(path, node)
        return
    for key, value in node.items():
        where = f"{path}.{key}".removeprefix(".")
        if value is UNKNOWN and key in _MAY_HOLD:
            yield Unknown(where)
        elif key != "status":
            yield from _below(value, where)
