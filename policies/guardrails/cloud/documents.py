"""Policies of AWS, which are JSON in a text."""

import json
from collections.abc import Iterator
from typing import Any

from ...open_source.reading import UNKNOWN
from ..findings import Problem, Unknown
from .values import at, listed


def statements(props: dict[str, Any], field: str) -> Iterator[tuple[str, dict[str, Any] | Problem | Unknown]]:
    """Where each statement that allows something stands, and the statement, or why it can't be read."""
    text = at(props, field)
    if text is UNKNOWN:
        yield field, Unknown(field)
        return
    try:
        document = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        yield field, Problem(field, "is no JSON, so nobody can tell what it allows.")
        return
    for index, statement in enumerate(listed(at(document, "Statement"))):
        place = f"{field}.Statement[{index}]"
        if statement is UNKNOWN:
            yield place, Unknown(place)
        elif isinstance(statement, dict) and statement.get("Effect") == "Allow":
            yield place, statement
