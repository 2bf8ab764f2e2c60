"""What a model or a component says of its parts: the text below a field, for pages and schemas made from it."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache


@cache
def descriptions(owner: type) -> dict[str, str]:
    """Field -> its docstring, those of base classes included, each on one line."""
    inherited = (descriptions(base) for base in reversed(owner.__bases__) if base.__module__ == owner.__module__)
    found = {name: text for known in inherited for name, text in known.items()}
    return found | dict(_own(ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]))


def summary(owner: type) -> str:
    """The docstring of its own, on one line for each paragraph."""
    paragraphs = inspect.cleandoc(vars(owner).get("__doc__") or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _own(definition: ast.stmt) -> Iterator[tuple[str, str]]:
    assert isinstance(definition, ast.ClassDef)
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and _is_text(text):
            yield field.target.id, " ".join(ast.literal_eval(text.value).split())


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
