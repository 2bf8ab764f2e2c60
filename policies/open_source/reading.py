"""Properties as the engine hands them over are proxies that raise where a value is not known before the update."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pulumi_policy.proxy import UnknownValueError


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""Stands for a value that the update will bring."""

# Most values are; asking an abstract class about each would take half of the time.
_SCALARS = frozenset({str, float, int, bool, type(None)})


def plain(value: Any) -> Any:
    """`value` as dicts and lists, with UNKNOWN for what is not known: one pass, after which nothing raises."""
    if type(value) in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return {str(key): _read(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_read(value, index) for index in range(len(value))]
    return value


def read(node: Mapping[str, Any], key: str) -> Any:
    """The plain value at `key`; None if there is none."""
    try:
        return _read(node, key)
    except KeyError:
        return None


def _read(node: Any, key: Any) -> Any:
    try:
        value = node[key]
    except UnknownValueError:
        return UNKNOWN
    return value if type(value) in _SCALARS else plain(value)
