"""Properties as the engine hands them over are proxies that raise where a value is not known before the update."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pulumi_policy.proxy import UnknownValueError


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""Stands for a value that the update will bring."""


def plain(value: Any) -> Any:
    """`value` as dicts and lists, with UNKNOWN for what is not known: one pass, after which nothing raises."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {str(key): read(value, key) for key in value}
    if isinstance(value, Sequence):
        return [_at(value, index) for index in range(len(value))]
    return value


def read(node: Mapping[str, Any], key: str) -> Any:
    """The plain value at `key`; None if there is none."""
    try:
        return plain(node[key])
    except KeyError:
        return None
    except UnknownValueError:
        return UNKNOWN


def _at(values: Sequence[Any], index: int) -> Any:
    try:
        return plain(values[index])
    except UnknownValueError:
        return UNKNOWN
