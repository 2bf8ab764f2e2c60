"""What the models say of a component, as Markdown."""

import ast
import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

import components
from components.catalog import image, names
from components.described import descriptions
from plugin.offered import choices, element, is_later, is_list, is_map, is_record, spelled
from reference.exposed import exposed
from reference.tables import table

_WORDS = {str: "text", Path: "path", int: "whole number", float: "number", bool: "true or false", Any: "anything"}
_REQUIRED = object()


def facts(of: Sequence[str]) -> str:
    """Of these components: for each the stack file's keys, arguments, outputs, ports, accounts; then all images."""
    kinds = [getattr(components, name) for name in of]
    parts = [f"\n## `{kind.__name__}` in figures\n{_component(kind)}" for kind in kinds]
    images = sorted({row for kind in kinds for row in _images(kind)})
    if images:
        parts.append(f"\n## Images\n\n{table(('image', 'licence'), images)}")
    return "".join([*parts, "\n"])


def _component(kind: type) -> str:
    args = inspect.signature(kind).parameters["args"].annotation
    settings = args.model_fields.get("settings")
    model = settings.annotation if settings else None
    parts = [
        ("Stack file", ("key", "holds", "default", "for"), list(_settings(model)) if settings else []),
        ("Arguments", ("argument", "is a", "default", "for"), list(_arguments(args))),
        ("Outputs", ("output", "is a", "for"), list(_outputs(kind))),
    ]
    listed = "".join(f"\n{title}:\n\n{table(head, rows)}" for title, head, rows in parts if rows)
    return listed + exposed(kind.__name__)


def _settings(model: Any, above: str = "", holder: Any = None) -> Iterator[tuple[str, ...]]:
    """A row for each key; below a model that has no page of its own, for each of its keys, too."""
    for kind in (one for one in choices(model) if is_record(one)):
        texts = descriptions(kind)
        for name, field in kind.model_fields.items():
            key = f"{above}{spelled(name, field)}"
            default = getattr(holder, name) if isinstance(holder, kind) else _default(field)
            yield f"`{key}`", _holds(field), _written(default), texts.get(name) or field.description or ""
            if any(
                getattr(components, one.__name__, None) is not one
                for one in choices(field.annotation)
                if is_record(one)
            ):
                yield from _settings(field.annotation, f"{key}.", default)


def _arguments(args: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    texts = descriptions(args)
    for name, field in args.model_fields.items():
        yield f"`{name}`", _is_a(field.annotation), _written(_default(field)), texts.get(name, "")


def _outputs(kind: type) -> Iterator[tuple[str, ...]]:
    texts = descriptions(kind)
    for name, annotation in inspect.get_annotations(kind).items():
        if not name.startswith("_"):
            yield f"`{name}`", _is_a(annotation), texts.get(name, "")


def _images(kind: type) -> Iterator[tuple[str, str]]:
    """Those that the component's own files name: to be run by itself, or handed to what starts pods later."""
    file = Path(inspect.getfile(kind))
    alone = file.parent.name in _layers()
    modules = [file] if alone else sorted(file.parent.glob("*.py"))
    found = {name for one in modules for name in _named(ast.parse(one.read_text(encoding="utf-8")))}
    own = "" if alone else file.parent.name
    for name in sorted(found & set(names())):
        entry = image(name)
        if name in _asked_for(modules) or (own and name.startswith(own)):
            yield f"`{entry.reference}`", entry.licence


def _named(module: ast.AST) -> set[str]:
    texts = (node.value for node in ast.walk(module) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str)}


def _asked_for(modules: Sequence[Path]) -> set[str]:
    """What stands in a call of `image`."""
    calls = (node for one in modules for node in ast.walk(ast.parse(one.read_text(encoding="utf-8"))))
    return {
        name
        for call in calls
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "image"
        for name in _named(call)
    }


def _layers() -> set[str]:
    """Folders that hold several components, each in a file of its own."""
    return {folder.name for folder in Path(components.__file__).parent.iterdir() if folder.is_dir()}


def _holds(field: FieldInfo) -> str:
    return ", ".join(filter(None, (_in_words(field.annotation), *map(_limit, field.metadata))))


def _in_words(annotation: Any) -> str:
    return " or ".join(dict.fromkeys(_one_in_words(kind) for kind in choices(annotation)))


def _one_in_words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(kind))
    if is_list(kind):
        return f"list of {_in_words(element(kind))}"
    if is_map(kind):
        return f"map of {_in_words(element(kind))}"
    return _WORDS.get(kind) or f"map: `{kind.__name__}`"


def _limit(limit: Any) -> str:
    told = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below", "min_length": "at least"}
    found = [(word, getattr(limit, key, None)) for key, word in told.items()]
    return " ".join(f"{word} {value}" for word, value in found if value is not None)


def _is_a(annotation: Any) -> str:
    """A type by its name, less what only says when it is known."""
    kinds = [kind for kind in choices(annotation) if not is_later(kind)] or [str]
    return " or ".join(dict.fromkeys(map(_name, kinds)))


def _name(kind: Any) -> str:
    if is_list(kind) or is_map(kind):
        return f"{'list' if is_list(kind) else 'map'} of {_is_a(element(kind))}"
    if kind in _WORDS:
        return _WORDS[kind]
    return f"`{getattr(kind, '__name__', kind)}`"


def _default(field: FieldInfo) -> Any:
    return _REQUIRED if field.is_required() else field.get_default(call_default_factory=True)


def _written(value: Any) -> str:
    if value is _REQUIRED:
        return "must be given"
    if isinstance(value, BaseModel):
        given = {
            spelled(name): getattr(value, name) for name in type(value).model_fields if name in value.model_fields_set
        }
        return ", ".join(f"`{key}: {one}`" for key, one in given.items() if not isinstance(one, BaseModel)) or "its own"
    if value is None or value in ((), {}):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{', '.join(map(str, value)) if isinstance(value, tuple) else value}`"
