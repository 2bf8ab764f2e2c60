"""Properties as the engine hands them over: plain values, with UNKNOWN for what is not known before the update."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from pulumi_policy import proxy
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY
from pulumi_policy.proxy import UnknownValueError


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""Stands for a value that the update will bring."""

_MARKS = frozenset(
    {
        proxy.UNKNOWN_ARCHIVE_VALUE,
        proxy.UNKNOWN_ARRAY_VALUE,
        proxy.UNKNOWN_ASSET_VALUE,
        proxy.UNKNOWN_BOOLEAN_VALUE,
        proxy.UNKNOWN_NUMBER_VALUE,
        proxy.UNKNOWN_OBJECT_VALUE,
        proxy.UNKNOWN_STRING_VALUE,
    }
)
# Most values are; asking an abstract class about each would take half of the time.
_SCALARS = frozenset({str, float, int, bool, type(None)})


class Properties(Mapping[str, Any]):
    """A resource's properties in the engine's message: read when the first rule asks, and once for all of them."""

    def __init__(self, message: Any) -> None:
        self._message = message

    @cached_property
    def plain(self) -> dict[str, Any]:
        return _fields(self._message)

    def __getitem__(self, key: str) -> Any:
        return self.plain[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.plain)

    def __len__(self) -> int:
        return len(self.plain)


def plain(value: Any) -> Any:
    """`value` as dicts and lists, with UNKNOWN for what is not known: one pass, after which nothing raises.

    It is for reading alone, as rules share it.
    """
    if isinstance(value, Properties):
        return value.plain
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
    """From the SDK's proxies, which raise where a value is not known."""
    try:
        value = node[key]
    except UnknownValueError:
        return UNKNOWN
    return value if type(value) in _SCALARS else plain(value)


def _fields(struct: Any) -> Any:
    fields = struct.fields
    if SPECIAL_SIG_KEY in fields and fields[SPECIAL_SIG_KEY].string_value == SPECIAL_SECRET_SIG:
        return _value(fields["value"])
    return {key: _value(value) for key, value in fields.items()}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in _MARKS else text
    if kind == "struct_value":
        return _fields(value.struct_value)
    if kind == "list_value":
        return [_value(one) for one in value.list_value.values]
    return None if kind is None or kind == "null_value" else getattr(value, kind)
