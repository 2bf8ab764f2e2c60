"""`pulumi.com/waitFor`: a wait that the program asks for, on an object of any kind."""

import json
import re
from typing import Any

from local.plugins.kubernetes.api import Api
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.waits.verdict import READY, Document, Judge, Verdict, condition, waiting

WAIT_FOR = "pulumi.com/waitFor"
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\[\?\(@\.([^=\s]+)\s*==\s*[\"']([^\"']*)[\"']\)\]")


class WaitForError(ValueError):
    """The annotation cannot be understood."""


def wanted(live: Document) -> Judge | None:
    """The judge that the object's annotation describes, if it has one."""
    text = dig(live, "metadata", "annotations", WAIT_FOR)
    if not text:
        return None
    expressions = _list(text)
    for expression in expressions:
        _parse(expression)

    def judge(found: Document, api: Api) -> Verdict:
        missing = [expression for expression in expressions if not _holds(expression, found)]
        return waiting(f"waiting for {', '.join(missing)}") if missing else READY

    return judge


def _list(text: str) -> list[str]:
    if not text.lstrip().startswith("["):
        return [text]
    try:
        found = json.loads(text)
    except ValueError as malformed:
        raise WaitForError(f"{WAIT_FOR}: {text!r} is no JSON list: {malformed}") from None
    if not found or not all(isinstance(item, str) for item in found):
        raise WaitForError(f"{WAIT_FOR}: {text!r} must be a list of strings")
    return found


def _parse(expression: str) -> tuple[str, str, str | None]:
    """("condition" or "jsonpath", what to look at, the value it must have)."""
    kind, _, rest = expression.partition("=")
    if kind == "condition" and rest:
        name, _, value = rest.partition("=")
        return kind, name, value or "True"
    if kind == "jsonpath" and (found := re.fullmatch(r"\{(.+)\}(?:=(.*))?", rest)):
        return kind, found[1], found[2]
    raise WaitForError(f'{WAIT_FOR}: {expression!r} is neither "condition=<type>" nor "jsonpath={{.path}}[=value]"')


def _holds(expression: str, live: Document) -> bool:
    kind, what, value = _parse(expression)
    if kind == "condition":
        return str(condition(live, what).get("status", "")).lower() == str(value).lower()
    found = _walk(live, what)
    if value is None:
        return found is not None
    shown = json.dumps(found) if isinstance(found, (bool, dict, list)) else str(found)
    return found is not None and shown == value


def _walk(document: Any, path: str) -> Any:
    for name, index, key, wanted_value in _STEP.findall(path):
        if name:
            document = dig(document, name)
        elif index:
            document = dig(document, int(index))
        else:
            items = document if isinstance(document, list) else []
            document = next((item for item in items if str(dig(item, *key.split("."))) == wanted_value), None)
    return document
