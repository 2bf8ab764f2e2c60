"""Pods wherever they stand: in workloads, their lists, and custom resources, told by their shape."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..open_source.kinds import of_object
from ..open_source.reading import UNKNOWN
from .findings import Unknown

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_MAY_HOLD = {"spec", "template", "jobTemplate", "podSpec", "templates", "items", *_CONTAINERS}
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


class _Last(threading.local):
    """The latest walk of a thread: ten rules ask one after the other about the pods of the same resource."""

    props: dict[str, Any] | None = None
    pods: tuple[Pod | Unknown, ...] = ()


_last = _Last()


def pods(token: str, props: dict[str, Any]) -> tuple[Pod | Unknown, ...]:
    """All pods of one resource, and where there may be one that is not known yet."""
    kind = of_object(token)
    if not kind or kind.name == _SCHEMA:
        return ()
    if _last.props is not props:
        _last.props, _last.pods = props, tuple(_below(props, ""))
    return _last.pods


def _below(node: Any, path: str) -> Iterator[Pod | Unknown]:
    if isinstance(node, list):
        for index, one in enumerate(node):
            yield from _below(one, f"{path}[{index}]")
    if not isinstance(node, dict):
        return
    containers = node.get("containers")
    if isinstance(containers, list) and any(isinstance(one, dict) and "image" in one for one in containers):
        yield Pod(path, node)
    for key, value in node.items():
        where = f"{path}.{key}".removeprefix(".")
        if key in _MAY_HOLD and value is UNKNOWN:
            yield Unknown(where)
        elif key in _MAY_HOLD and isinstance(value, list) and UNKNOWN in value:
            yield from (Unknown(f"{where}[{index}]") for index, one in enumerate(value) if one is UNKNOWN)
            yield from _below(value, where)
        elif key != "status":
            yield from _below(value, where)
