"""Where in a resource one whole value is an image, so that another can be put there and nothing else changes.

Images in the middle of a text, or made of several fields, have no such place: those are for people.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .found import Trust
from .images import images
from .reading import plain
from .references import InvalidReference, Reference, parse

Steps: TypeAlias = tuple[str | int, ...]

_BEFORE = re.compile(r"(?:--?[\w.-]+=|oci://)?")


@dataclass(frozen=True)
class Place:
    """`steps` lead to the value, which is `before`, such as a flag, and then the image as it is written."""

    steps: Steps
    before: str
    text: str
    reference: Reference


def places(token: str, properties: Mapping[str, Any]) -> Iterator[Place]:
    """Those of the resource of type `token`, each once."""
    values = dict(_values(plain(properties)))
    for found in dict.fromkeys(images(token, properties).found):
        if found.trust is Trust.GUESS or found.path not in values:
            continue
        steps, value = values[found.path]
        before = value.removesuffix(found.text)
        if not _BEFORE.fullmatch(before):
            continue
        try:
            yield Place(steps, before, found.text, parse(found.text))
        except InvalidReference:
            continue


def _values(node: Any, path: str = "", steps: Steps = ()) -> Iterator[tuple[str, tuple[Steps, str]]]:
    """Each text with its place, in the words of the walker: a variable goes by its name."""
    if isinstance(node, str):
        yield path, (steps, node)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _values(value, f"{path}.{key}" if path else key, (*steps, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            name = value.get("name") if isinstance(value, dict) else None
            if path.endswith("env") and isinstance(name, str) and isinstance(value.get("value"), str):
                yield f"{path}[{name}]", ((*steps, index, "value"), value["value"])
            else:
                yield from _values(value, f"{path}[{index}]", (*steps, index))
