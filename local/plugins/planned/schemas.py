"""Objects against a schema as definitions of custom resources have it: OpenAPI, with Kubernetes' own words in it."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema import Draft4Validator, Draft6Validator, ValidationError, validators

from local.plugins.planned.checking import Problem, instead, unlike, word
from local.plugins.values import UNKNOWN, has_unknown

_EVERY_OBJECT = ("apiVersion", "kind", "metadata")
"""Fields of which a schema may be silent; another check has them."""
_OF_THE_WHOLE = ("enum", "not", "oneOf", "uniqueItems")
"""Of these, one unknown part may make the difference."""
_KINDS = {
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a block",
}
_BOUNDS = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "multipleOf": "must be a multiple of {}",
    "minLength": "must have {} characters or more",
    "maxLength": "must have no more than {} characters",
    "minItems": "must have {} items or more",
    "maxItems": "must have no more than {} items",
    "minProperties": "must have {} fields or more",
    "maxProperties": "must have no more than {} fields",
    "pattern": "must match {}",
}


class Check:
    """One schema, ready to be asked of many objects."""

    def __init__(self, schema: Any) -> None:
        self._validator = _Validator(_object(_strict(schema)))

    def wrong(self, inputs: Mapping[str, Any], *, is_part: bool = False) -> Iterator[Problem]:
        """Each mistake, with the path of its field. A part of an object may lack what the whole one needs."""
        errors = sorted(self._validator.iter_errors(_said(inputs)), key=lambda error: list(map(str, error.path)))
        counted = (error for error in errors if not (is_part and error.validator == "required"))
        yield from dict.fromkeys(problem for error in counted for problem in _of(error))


def _strict(schema: Any) -> Any:
    """As JSON schema: closed where the API server would drop a field, and with the defaults that it fills in."""
    if not isinstance(schema, Mapping):
        return {} if schema is UNKNOWN else schema
    made = {key: value for key, value in schema.items() if not key.startswith("x-") and value is not UNKNOWN}
    fields = made.get("properties", {})
    for key in ("items", "additionalProperties"):
        if key in made:
            made[key] = _strict(made[key])
    made |= {"properties": {name: _strict(value) for name, value in fields.items()}} if fields else {}
    if "pattern" in made and not _compiles(made["pattern"]):
        del made["pattern"]
    if "required" in made:
        made["required"] = [name for name in made["required"] if "default" not in _mapping(fields.get(name))]
        # The fourth draft wants at least one.
        made = made if made["required"] else {key: value for key, value in made.items() if key != "required"}
    if schema.get("x-kubernetes-int-or-string"):
        made["type"] = ["integer", "string"]
    if schema.get("x-kubernetes-embedded-resource"):
        made = _object(made)
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("properties") is UNKNOWN
    if made.get("type") == "object" and "additionalProperties" not in schema and not is_open:
        made["additionalProperties"] = False
    return made


def _object(schema: Any) -> Any:
    """With the fields that every object has."""
    return {**schema, "properties": {**schema.get("properties", {}), **{name: {} for name in _EVERY_OBJECT}}}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _compiles(pattern: Any) -> bool:
    """Patterns are Go's, of which Python does not have all."""
    try:
        return bool(re.compile(pattern))
    except re.error:
        return False


def _said(value: Any) -> Any:
    """Without what is null, which the engine does not send."""
    if isinstance(value, Mapping):
        return {key: _said(one) for key, one in value.items() if one is not None and not key.startswith("__")}
    return list(map(_said, value)) if isinstance(value, list) else value


def _knowing(keyword: str, check: Callable[..., Any]) -> Callable[..., Iterator[ValidationError]]:
    """The check, silent where the update must first bring what it judges."""

    def judged(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        if value is UNKNOWN or (keyword in _OF_THE_WHOLE and has_unknown(value)):
            return
        yield from check(validator, wanted, value, schema) or ()

    return judged


# OpenAPI 3.0 has the bounds of the fourth draft; a whole number may still be written as 1.0.
_Validator = validators.extend(
    Draft4Validator,
    {keyword: _knowing(keyword, check) for keyword, check in Draft4Validator.VALIDATORS.items()},
    type_checker=Draft6Validator.TYPE_CHECKER,
)


def _of(error: ValidationError) -> Iterator[Problem]:
    """In words that quote no value, which may be a secret."""
    keyword, wanted, value = error.validator, error.validator_value, error.instance
    path = _path(error)
    below = f"{path}." if path else ""
    if keyword == "additionalProperties":
        known = error.schema.get("properties", {})
        for name in value:
            if name not in known:
                yield f"{below}{name}", f"is no field here; {instead(name, known)}"
    elif keyword == "required":
        for name in wanted:
            if name not in value:
                yield f"{below}{name}", "is required"
    elif keyword == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        yield path, unlike(" or ".join(_KINDS.get(kind, kind) for kind in kinds), value)
    elif keyword == "enum" and isinstance(value, str):
        yield from word(wanted, value, path)
    elif keyword == "enum":
        yield path, f"must be one of {', '.join(map(str, wanted))}"
    elif keyword in _BOUNDS:
        ends = ", and not that itself" if error.schema.get(f"exclusive{str(keyword).capitalize()}") else ""
        yield path, _BOUNDS[str(keyword)].format(wanted) + ends
    else:
        yield path, f"fits none of the forms that its definition has ({keyword})"


def _path(error: ValidationError) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    return "".join(parts).removeprefix(".")
