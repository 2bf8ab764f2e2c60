"""Whether inputs fit the types of the SDK: what is missing, unknown, of another type, or none of a few words."""

import collections.abc
import typing
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import Enum
from types import UnionType
from typing import Any, get_args, get_origin

from pulumi import Output, _types

from local.plugins.planned import sdk, words
from local.plugins.values import UNKNOWN

Problem = tuple[str, str]
"""(path of the field, what is wrong with it)"""

_GROWING = {"EngineType", "InstanceType", "ManagedPolicy", "Region", "Runtime"}
_SCALARS = {str: "a string", bool: "true or false", int: "a whole number", float: "a number"}


def problems(block: type, given: Mapping[str, Any], path: str = "") -> Iterator[Problem]:
    """Each field of `given`, secrets unwrapped, that the block's type does not allow."""
    known = sdk.fields(block)
    prefix = f"{path}." if path else ""
    for name in sorted(sdk.required(block)):
        if given.get(name) is None:
            yield f"{prefix}{name}", "is required"
    for name, value in given.items():
        if name.startswith("__"):  # the engine's own
            continue
        if name in known:
            yield from _value(known[name], value, f"{prefix}{name}")
            yield from word(words.allowed(block, name), value, f"{prefix}{name}")
        else:
            yield f"{prefix}{name}", f"is no field here; {instead(name, known)}"


def instead(name: str, known: Mapping[str, Any]) -> str:
    """What to write for a field that there is not."""
    close = get_close_matches(name, known, n=1)
    if not known:
        return "leave it out"
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"


def _value(wanted: Any, value: Any, path: str) -> Iterator[Problem]:
    if value is None or value is UNKNOWN or wanted in (Any, object):
        return
    origin = get_origin(wanted)
    if origin in (typing.Union, UnionType):
        yield from _one_of([one for one in get_args(wanted) if not _later(one)], value, path)
    elif origin in (collections.abc.Sequence, list):
        yield from _list(get_args(wanted)[0], value, path)
    elif origin in (collections.abc.Mapping, dict):
        yield from _map(get_args(wanted)[1], value, path)
    elif isinstance(wanted, type) and _types.is_input_type(wanted):
        yield from problems(wanted, value, path) if isinstance(value, Mapping) else [(path, unlike("a block", value))]
    elif isinstance(wanted, type) and issubclass(wanted, Enum):
        yield from (
            word([one.value for one in wanted], value, path)
            if isinstance(value, str)
            else [(path, unlike("a string", value))]
        )
    elif wanted in _SCALARS and not _is(wanted, value):
        yield path, unlike(_SCALARS[wanted], value)


def word(allowed: Sequence[Any], value: Any, path: str) -> Iterator[Problem]:
    """`allowed` are all there are; none, and every text will do. A wrong one is quoted if it can be no secret."""
    for one in value if isinstance(value, list) else [value]:
        if allowed and isinstance(one, str) and one not in allowed:
            close = get_close_matches(one, allowed, n=1, cutoff=0.7)
            said = f", not {one!r}" if close else ""
            yield path, f"must be one of {', '.join(map(str, allowed))}{said}"


def _one_of(kinds: list[Any], value: Any, path: str) -> Iterator[Problem]:
    """What the first kind says, unless another one fits. Words that stand beside any text are all the words there are,
    but for lists that grow with the cloud."""
    listed = [one for one in kinds if isinstance(one, type) and issubclass(one, Enum)]
    if listed and not any(one.__name__ in _GROWING for one in listed):
        kinds = listed
    found = [list(_value(one, value, path)) for one in kinds]
    if found and all(found):
        yield from found[0]


def _list(item: Any, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield path, unlike("a list", value)
        return
    for index, one in enumerate(value):
        yield from _value(item, one, f"{path}[{index}]")


def _map(item: Any, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield path, unlike("a map", value)
        return
    for key, one in value.items():
        yield from _value(item, one, f"{path}.{key}")


def _later(kind: Any) -> bool:
    """Inputs may be awaited or outputs, which the engine has resolved by now."""
    return kind is type(None) or get_origin(kind) in (collections.abc.Awaitable, Output) or kind is Output


def _is(wanted: type, value: Any) -> bool:
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))


def unlike(wanted: str, value: Any) -> str:
    """Says the type and not the value, which may be a secret."""
    kinds = {dict: "a map", list: "a list", str: "a string", bool: "true or false"}
    return f"must be {wanted}, not {kinds.get(type(value), 'a number')}"
