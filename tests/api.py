"""The public names of `components`, with all that a consumer's program can see of each.

`python -m tests.api` writes `unit/golden/api.txt`, what the last release promises: it is part of making the next one.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, InstanceOf
from pydantic.fields import FieldInfo

import components

RELEASED = Path(__file__).parent / "unit" / "golden" / "api.txt"
CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"
_OF_THIS_TREE = re.compile(r"\b(?:components|typing|collections\.abc|pulumi)(?:\.\w+)*\.")
_GENERAL = re.compile(r"^_PydanticGeneralMetadata")


def listed() -> list[str]:
    """One line for each name, field and output: `MlflowArgs.namespace: str | Output[str]`."""
    public = {name: getattr(components, name) for name in dir(components) if name != "__version__"}
    return sorted({line for name, value in public.items() for line in _lines(name, value)})


def released() -> str:
    """The last release's version."""
    return RELEASED.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def changes(before: list[str], now: list[str]) -> dict[str, list[str]]:
    """Name -> its lines that came or went."""
    changed: dict[str, list[str]] = {}
    for sign, lines in (("-", set(before) - set(now)), ("+", set(now) - set(before))):
        for line in sorted(lines):
            changed.setdefault(re.split(r"[(: =]", line, maxsplit=1)[0], []).append(f"{sign} {line}")
    return changed


def unreleased(changelog: str) -> str:
    """What the changelog says of the release to come."""
    return changelog.partition("## Unreleased\n")[2].partition("\n## ")[0]


def _lines(name: str, value: Any) -> Iterator[str]:
    if not inspect.isclass(value):
        yield f"{name}{_signature(value)}" if callable(value) else f"{name} = {value!r}"
    elif issubclass(value, BaseModel):
        yield from _model(name, value)
    else:
        yield f"{name}{_signature(value)}"
        for cls in _own(value):
            outputs = inspect.get_annotations(cls).items()
            yield from (f"{name}.{key}: {_written(hint)}" for key, hint in outputs if not key.startswith("_"))
        yield from _members(name, value)


def _model(name: str, model: type[BaseModel]) -> Iterator[str]:
    """A model, with the fields of those inside it that have no public name: a consumer writes these as plain maps."""
    yield name
    for key, field in model.model_fields.items():
        default = "" if field.is_required() else f" = {_default(field)}"
        yield f"{name}.{key}: {_written(field.annotation)}{_limits(field)}{default}"
        for inner in _models(field.annotation):
            if getattr(components, inner.__name__, None) is not inner:
                yield from _model(f"{name}.{key}", inner)
    yield from _members(name, model)


def _limits(field: FieldInfo) -> str:
    limits = (
        repr(limit) for limit in field.metadata if not hasattr(limit, "func") and not isinstance(limit, InstanceOf)
    )
    return "".join(f", {re.sub(_GENERAL, '', limit)}" for limit in limits)


def _members(name: str, owner: type) -> Iterator[str]:
    """The properties and methods of its own; those of pydantic and Pulumi are theirs."""
    for cls in _own(owner):
        for key, member in vars(cls).items():
            if key.startswith("_") or isinstance(member, classmethod):
                continue
            getter = getattr(member, "fget", None) or getattr(member, "func", None)
            if getter:
                yield f"{name}.{key} -> {_written(inspect.get_annotations(getter)['return'])}"
            elif inspect.isfunction(member):
                yield f"{name}.{key}{_signature(member)}"


def _own(value: type) -> Iterator[type]:
    return (cls for cls in value.__mro__ if cls.__module__.startswith("components"))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _signature(value: Any) -> str:
    return _OF_THIS_TREE.sub("", str(inspect.signature(value)))


def _written(annotation: Any) -> str:
    """A type as its author would write it, without what checks the values."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _written(inner[0])
    if origin in (Union, UnionType):
        return " | ".join(map(_written, inner))
    if origin is Literal:
        return f"Literal{list(inner)}"
    if origin:
        return f"{_written(origin)}[{', '.join(map(_written, inner))}]"
    return getattr(annotation, "__name__", "...") if annotation is not None and annotation is not NoneType else "None"


def _default(field: FieldInfo) -> str:
    return f"{field.default_factory.__name__}()" if field.default_factory else _value(field.default)


def _value(value: Any) -> str:
    """A model by what makes it differ from its own defaults."""
    if not isinstance(value, BaseModel):
        return repr(value)
    given = ", ".join(f"{key}={_value(getattr(value, key))}" for key in sorted(value.model_fields_set))
    return f"{type(value).__name__}({given})"


if __name__ == "__main__":
    RELEASED.write_text("\n".join([f"# {components.__version__}", *listed(), ""]), encoding="utf-8")
