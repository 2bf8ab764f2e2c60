"""Images that a container is told about: in its environment and on its command line."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from . import names
from .reading import UNKNOWN

_VARIABLE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
_BETWEEN = re.compile(r"[\s,;]+")


class Told(NamedTuple):
    """A text, UNKNOWN before the update, that may be an image; `named` if it is said to be one."""

    place: str
    text: Any
    named: bool


def told(container: dict[str, Any]) -> Iterator[Told]:
    """All that the environment and the command line of `container` may name."""
    variables = dict(_variables(container.get("env")))
    for index, (name, value) in variables.items():
        tag = _sibling(variables, names.repository_of(name))
        named = names.is_variable(name) or names.repository_of(name) is not None
        place = f"env[{index}]" if not name else f"env[{name}]"
        if value is UNKNOWN or tag is UNKNOWN:
            if named:
                yield Told(place, UNKNOWN, named)
        elif isinstance(value, str):
            text = _filled(value, variables)
            yield Told(place, f"{text}:{tag}" if isinstance(tag, str) and tag else text, named)
    for field in ("command", "args"):
        values = container.get(field)
        if isinstance(values, list):
            yield from _arguments(field, values, variables)


def parts(text: str) -> list[str]:
    """The images of one value: several stand on lines of their own, or between commas, some as `version=image`."""
    return [part.rpartition("=")[2] for part in _BETWEEN.split(text.strip()) if part]


def _variables(env: Any) -> Iterator[tuple[int, tuple[str, Any]]]:
    for index, variable in enumerate(env) if isinstance(env, list) else ():
        if isinstance(variable, dict):
            name = variable.get("name")
            yield index, (name if isinstance(name, str) else "", variable.get("value"))


def _sibling(variables: Mapping[int, tuple[str, Any]], wanted: str | None) -> Any:
    return next((value for name, value in variables.values() if wanted and name == wanted), None)


def _filled(text: str, variables: Mapping[int, tuple[str, Any]]) -> str:
    """`text` with `$(NAME)` filled in as the kubelet does it; what it can't fill in stays."""
    if "$(" not in text:
        return text
    literal = {name: value for name, value in variables.values() if isinstance(value, str)}
    return _VARIABLE.sub(lambda match: literal.get(match[1], match[0]), text)


def _arguments(field: str, values: list[Any], variables: Mapping[int, tuple[str, Any]]) -> Iterator[Told]:
    for index, (before, value) in enumerate(pairwise(("", *values))):
        place = f"{field}[{index}]"
        named = isinstance(before, str) and names.is_flag(before)
        if value is UNKNOWN and named:
            yield Told(place, value, named)
        if not isinstance(value, str) or names.is_flag(value):
            continue
        name, equals, rest = value.partition("=")
        # Settings are handed over behind a flag that says nothing: `--conf spark.kubernetes.container.image=...`.
        named |= bool(equals) and (names.is_flag(name) or names.is_field(name))
        yield Told(place, _filled(rest if equals else value, variables), named)
