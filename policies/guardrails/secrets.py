"""The rule on secrets in the clear: by the name that they are given, and by the form that well-known ones have."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pulumi_policy import Severity

from ..open_source.kinds import of_object
from ..open_source.reading import UNKNOWN
from .findings import Finding, Problem, Resource, Unknown
from .rule import rule

_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_?KEY|SECRET_?ACCESS_?KEY|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIALS)$"
)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_FORMS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a key of AWS": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{60,}\b"),
    "a token of GitLab": re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
    "a key of Google": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "a token of Slack": re.compile(r"\bxox[abpr]-[0-9A-Za-z-]{20,}\b"),
    "a JSON web token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "an address with a password": re.compile(r"\b[a-z][a-z0-9+.-]*://[^/\s:@$]*:(?!\$|\*+@)[^/\s:@]+@"),
}
# Nearly all texts have none: one search tells that, where eight would take a tenth of what all rules take.
_ANY_FORM = re.compile("|".join(f"(?:{form.pattern})" for form in _FORMS.values()))

# What such a variable says in place of a secret: how, where or whether there is one.
_HARMLESS = re.compile(r"(?:|true|false|none|null|\d{1,6}|/\S*|\$[({]\w+[)}]|<[^>]*>|\{\{.*\}\}|[*x]+)", re.IGNORECASE)

# No words: long, of all kinds of characters, which change at every second place.
_RANDOM = re.compile(r"[A-Za-z0-9+/_=-]{24,200}")
_LEAST_BITS, _LEAST_CHANGES = 3.8, 0.4

_REMEDY = "keep it in a Secret and refer to that."


def _in_the_clear(resource: Resource) -> Iterator[Finding]:
    kind = of_object(resource.token)
    if kind == ("core", "Secret"):
        return
    texts = kind == ("core", "ConfigMap")
    for path, name, value in _values(resource.props, ""):
        if value is UNKNOWN:
            if _says_secret(name) and (texts or path.endswith("]")):
                yield Unknown(path)
            continue
        form = _form(value)
        if form:
            yield Problem(path, f"holds {form} in the clear; {_REMEDY}")
        elif _says_secret(name) and not _says_nothing(name, value) and (texts or path.endswith("]")):
            yield Problem(path, f"is a secret in the clear, by its name; {_REMEDY}")
        elif (texts or path.endswith("]")) and _is_random(value.strip()):
            yield Problem(path, f"is so random that it is a key, a token or a password; {_REMEDY}")


def _form(value: str) -> str | None:
    if not _ANY_FORM.search(value):
        return None
    return next(what for what, pattern in _FORMS.items() if pattern.search(value))


def _says_secret(name: str) -> bool:
    return bool(_SECRET_NAME.search(_WORDS.sub("_", name).upper()))


def _says_nothing(name: str, value: str) -> bool:
    """Java asks for a password even where a store holds nothing but public certificates; this is its own example."""
    return bool(_HARMLESS.fullmatch(value.strip())) or (value == "changeit" and "TRUST" in name.upper())


def _is_random(text: str) -> bool:
    """Digests and identifiers, which are in lower case, are not meant."""
    if not _RANDOM.fullmatch(text):
        return False
    kinds = ["0" if one.isdigit() else "a" if one.islower() else "A" for one in text if one.isalnum()]
    changes = sum(one != other for one, other in pairwise(kinds)) / len(text)
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
    return set(kinds) == {"0", "a", "A"} and changes >= _LEAST_CHANGES and bits >= _LEAST_BITS


def _values(node: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    """Path, name and text, or UNKNOWN, of all that is written: variables, settings, arguments."""
    if isinstance(node, list):
        # NAME and KEY together say where in a Secret to look.
        names = {one.get("name") for one in node if isinstance(one, dict)}
        for index, (before, one) in enumerate(pairwise((None, *node))):
            if not _refers(one, names):
                flag = before if isinstance(before, str) and before.startswith("-") else ""
                yield from _element(one, f"{path}[{index}]", flag)
    elif isinstance(node, dict):
        for key, value in node.items():
            where = f"{path}.{key}".removeprefix(".")
            if path.endswith("data") and _is_text(value):
                yield f"{path}[{key}]", key, value
            elif isinstance(value, str):
                yield where, key, value
            else:
                yield from _values(value, where)


def _refers(one: Any, names: set[Any]) -> bool:
    name = one.get("name") if isinstance(one, dict) else None
    return isinstance(name, str) and name.endswith("SECRET_KEY") and f"{name.removesuffix('KEY')}NAME" in names


def _element(one: Any, place: str, before: str) -> Iterator[tuple[str, str, Any]]:
    """`before` is the flag that stands before it."""
    if isinstance(one, str):
        flag, equals, rest = one.partition("=")
        yield (place, flag, rest) if equals else (place, "" if one.startswith("-") else before, one)
    elif one is UNKNOWN:
        yield place, before, one
    elif isinstance(one, dict) and isinstance(one.get("name"), str) and _is_text(one.get("value")):
        yield f"{place.rpartition('[')[0]}[{one['name']}]", one["name"], one["value"]
    else:
        yield from _values(one, place)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or value is UNKNOWN


NO_SECRETS_IN_THE_CLEAR = rule(
    name="no-secrets-in-the-clear",
    description="Secrets stand in Secrets alone.",
    check=_in_the_clear,
    severity=Severity.CRITICAL,
)
