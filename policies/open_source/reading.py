"""Reading properties as the engine hands them over: proxies that raise where a value is not known before the update."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pulumi_policy.proxy import UnknownValueError


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""Stands for a value that the update will bring."""


def read(node: Mapping[str, Any], key: str) -> Any:
    """The value at `key`, UNKNOWN if it is not known yet, None if there is none."""
    try:
        return node[key]
    except KeyError:
        return None
    except UnknownValueError:
        return UNKNOWN


def entries(node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((str(key), read(node, key)) for key in node)


def elements(node: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    for index in range(len(node)):
        try:
            yield index, node[index]
        except UnknownValueError:
            yield index, UNKNOWN


def is_list(value: Any) -> bool:
    """Proxies of lists are no `list`, and text is a sequence too."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
