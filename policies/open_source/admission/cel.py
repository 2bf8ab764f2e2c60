"""Pieces of CEL, the language of admission policies, that several expressions need.

CEL has no functions. The variables of a policy stand in for them: each is worked out when it is first asked for.
"""

from collections.abc import Iterable
from typing import NamedTuple


class Variable(NamedTuple):
    """An expression that later ones call `variables.<name>`."""

    name: str
    expression: str


def text(value: str) -> str:
    """A literal in which nothing is escaped."""
    if "'" in value or "\n" in value:
        raise ValueError(f"{value!r} can't be a raw literal")
    return f"r'{value}'"


def texts(values: Iterable[str]) -> str:
    return f"[{', '.join(text(value) for value in values)}]"


def whole(expression: str) -> str:
    """A regular expression for the whole of a text; `matches` by itself is content with a part."""
    return text(f"^(?:{expression})$")


def lines(key: str) -> str:
    """The lines of one text of the parameter."""
    return f"params.data[{text(key)}].split('\\n').filter(line, line != '')"


def column(line: str, number: int) -> str:
    return f"{line}.split(' | ')[{number}]"
