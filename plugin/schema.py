"""`python -m plugin.schema` writes `schema.json`, by which Pulumi makes SDKs: all of it comes from the models."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

import components
from components.base import Settings
from components.described import descriptions, summary
from plugin import offered
from plugin.offered import HANDLES, PACKAGE, choices, is_later, is_list, is_map, is_record

FILE = Path(__file__).with_name("schema.json")
_TYPES = {str: "string", Path: "string", int: "integer", float: "number", bool: "boolean"}
Specification = dict[str, Any]


def render() -> str:
    """The whole package."""
    types: dict[str, Specification] = {}
    resources = {token: _resource(one, types) for token, one in sorted(offered.offered().items())}
    package = {
        "name": PACKAGE,
        "version": offered.VERSION,
        "displayName": "exquisite-mlops",
        "description": "An AI platform out of open source only, as components",
        "license": "Apache-2.0",
        "language": {"nodejs": {"respectSchemaVersion": True}, "python": {"respectSchemaVersion": True}},
        "resources": resources,
        "types": dict(sorted(types.items())),
    }
    return json.dumps(package, indent=2) + "\n"


def _resource(one: offered.Component, types: dict[str, Specification]) -> Specification:
    inputs = _record(one.args, types)
    texts = descriptions(one.kind)
    outputs = {
        offered.spelled(name): _described(_property(hint, one.kind, name, types), texts.get(name, ""))
        for name, hint in one.outputs.items()
    }
    if "settings" in inputs["properties"]:
        inputs["properties"]["settings"]["plain"] = True
    return {
        "isComponent": True,
        "description": f"{summary(one.kind)}\n\n{summary(one.args)}",
        "inputProperties": inputs["properties"],
        "requiredInputs": inputs["required"],
        "properties": outputs,
        "required": sorted(outputs),
    }


def _record(record: type, types: dict[str, Specification]) -> Specification:
    texts, names = descriptions(record), offered.names(record)
    fields = offered.fields(record)
    properties = {
        name: _described(
            _property(field.annotation, record, names[name], types),
            _text(texts.get(names[name]), field),
            _is_secret(field),
        )
        for name, field in fields.items()
    }
    required = sorted(name for name, field in fields.items() if field.is_required())
    return {"type": "object", "description": summary(record), "properties": properties, "required": required}


def _property(annotation: Any, owner: type, name: str, types: dict[str, Specification]) -> Specification:
    found: list[Specification] = []
    for kind in choices(annotation):
        if offered.can_cross(kind) and (one := _kind(kind, owner, name, types)) not in found:
            found.append(one)
    return found[0] if len(found) == 1 else {"oneOf": found}


def _kind(kind: Any, owner: type, name: str, types: dict[str, Specification]) -> Specification:
    if is_later(kind) or kind in HANDLES:
        return {"type": "string"}
    if kind is Any:
        return {"$ref": "pulumi.json#/Any"}
    if is_map(kind):
        return {"type": "object", "additionalProperties": _property(offered.element(kind), owner, name, types)}
    if is_list(kind):
        return {"type": "array", "items": _property(offered.element(kind), owner, name, types)}
    if is_record(kind):
        return {"$ref": f"#/types/{_register(kind, types)}"}
    if get_origin(kind) is Literal:
        return _words(get_args(kind), owner, name, types)
    return {"type": _TYPES[kind]}


def _register(record: type, types: dict[str, Specification]) -> str:
    """The type's token. A name that isn't public gets that of its system before it, for others may have the same."""
    public = getattr(components, record.__name__, None) is record
    token = offered.token(record, "" if public else _named_apart(record))
    if token not in types:
        types[token] = {}  # it may hold itself
        types[token] = _record(record, types)
    return token


def _named_apart(record: type) -> str:
    *_, folder, module = record.__module__.split(".")
    return "".join(part.capitalize() for part in (folder, "" if module == "settings" else module)) + record.__name__


def _words(words: tuple[Any, ...], owner: type, name: str, types: dict[str, Specification]) -> Specification:
    if not all(isinstance(word, str) for word in words):
        return {"type": _TYPES[type(words[0])]}
    if len(words) == 1:
        return {"type": "string", "const": words[0]}
    if not issubclass(owner, Settings):
        return {"type": "string"}  # Pulumi YAML (1.25) lets no output of an enumeration be an argument
    token = offered.token(owner, f"{owner.__name__}{name.title().replace('_', '')}")
    types[token] = {"type": "string", "enum": [{"value": word} for word in words]}
    return {"$ref": f"#/types/{token}"}


def _text(text: str | None, field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True) if not field.is_required() else None
    words = [word for kind in choices(field.annotation) if get_origin(kind) is Literal for word in get_args(kind)]
    one_of = f"One of {', '.join(map(str, words))}." if len(words) > 1 else ""
    told = "" if default is None or isinstance(default, BaseModel | Mapping | tuple) else f"Default: {default}."
    return " ".join(filter(None, (text or field.description or "", one_of, told)))


def _is_secret(field: FieldInfo) -> bool:
    kinds = choices(field.annotation)
    return bool(kinds) and all(is_later(kind) for kind in kinds)


def _described(specification: Specification, text: str, secret: bool = False) -> Specification:
    return {**specification, **({"description": text} if text else {}), **({"secret": True} if secret else {})}


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
