"""The resources of the `random` provider: their inputs, what they check, and how a value is made."""

import base64
import hashlib
import random
import secrets
import string
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.plugins.random.bcrypt import bcrypt
from local.plugins.random.words import ADJECTIVES, ANIMALS

Values = dict[str, Any]
Made = tuple[str, Values]

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One resource type: all inputs with their defaults, and how to make id and outputs."""

    make: Callable[[Values], Made]
    inputs: Values
    secret: frozenset[str] = frozenset()
    check: Callable[[Values], Sequence[tuple[str, str]]] = field(default=lambda inputs: ())
    adopt: Callable[[str], tuple[Values, Values]] | None = None
    """From the id of an import: (inputs, outputs)."""

    def complete(self, inputs: Values) -> Values:
        """`inputs` with the defaults in place of what was left out."""
        return {
            name: inputs.get(name) if inputs.get(name) is not None else value for name, value in self.inputs.items()
        }


def _characters(inputs: Values) -> list[tuple[str, str, int]]:
    """(input, its characters, the least number of them) for each class that is switched on."""
    numeric = inputs["numeric"] and inputs["number"]
    classes = [
        ("Special", inputs["special"], inputs["overrideSpecial"] or SPECIAL),
        ("Lower", inputs["lower"], string.ascii_lowercase),
        ("Upper", inputs["upper"], string.ascii_uppercase),
        ("Numeric", numeric, string.digits),
    ]
    return [(name, chars, inputs[f"min{name}"]) for name, wanted, chars in classes if wanted or inputs[f"min{name}"]]


def _check_text(inputs: Values) -> list[tuple[str, str]]:
    wrong = [("length", "must be at least 1")] if inputs["length"] < 1 else []
    if sum(inputs[f"min{name}"] for name in ("Special", "Lower", "Upper", "Numeric")) > inputs["length"]:
        wrong.append(("length", "is less than minSpecial + minLower + minUpper + minNumeric: raise it"))
    if not _characters(inputs):
        wrong.append(("special", "leaves no characters: switch on special, lower, upper or numeric"))
    return wrong


def _text(inputs: Values) -> str:
    classes = _characters(inputs)
    chosen = [secrets.choice(chars) for _, chars, least in classes for _ in range(least)]
    everything = "".join(chars for _, chars, _ in classes)
    chosen += [secrets.choice(everything) for _ in range(inputs["length"] - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


def _password(inputs: Values) -> Made:
    result = _text(inputs)
    return "none", {"result": result, "bcryptHash": bcrypt(result)}


def _string(inputs: Values) -> Made:
    result = _text(inputs)
    return result, {"result": result}


def _id(inputs: Values) -> Made:
    data, prefix = secrets.token_bytes(inputs["byteLength"]), inputs["prefix"] or ""
    url = base64.urlsafe_b64encode(data).decode().rstrip("=")
    standard = base64.b64encode(data).decode()
    texts = {"b64Std": standard, "b64Url": url, "hex": data.hex(), "dec": str(int.from_bytes(data, "big"))}
    return url, {name: prefix + text for name, text in texts.items()}


def _bytes(inputs: Values) -> Made:
    data = secrets.token_bytes(inputs["length"])
    text = base64.b64encode(data).decode()
    return text, {"base64": text, "hex": data.hex()}


def _pet(inputs: Values) -> Made:
    count = inputs["length"]
    words = [secrets.choice(ADJECTIVES) for _ in range(count - 1)] + [secrets.choice(ANIMALS)]
    return inputs["separator"].join(([inputs["prefix"]] if inputs["prefix"] else []) + words), {}


def _uuid4(inputs: Values) -> Made:
    result = str(uuid.uuid4())
    return result, {"result": result}


def _uuid7(inputs: Values) -> Made:
    number = int(time.time() * 1000) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    result = str(uuid.UUID(int=number & ~(0x3 << 62) | 0x2 << 62))
    return result, {"result": result}


def _source(seed: str | None) -> random.Random:
    """Stable for a given seed (not the sequence that the official provider draws from it)."""
    return random.Random(hashlib.sha256(seed.encode()).digest()) if seed else secrets.SystemRandom()


def _integer(inputs: Values) -> Made:
    result = _source(inputs["seed"]).randint(inputs["min"], inputs["max"])
    return str(result), {"result": result}


def _shuffle(inputs: Values) -> Made:
    source, items = _source(inputs["seed"]), list(inputs["inputs"])
    wanted = inputs["resultCount"] if inputs["resultCount"] is not None else len(items)
    results: list[str] = []
    while items and len(results) < wanted:
        results += source.sample(items, len(items))
    return "-", {"results": results[:wanted]}


def _adopt_text(id: str) -> tuple[Values, Values]:
    return {"length": len(id)}, {"result": id}


def _adopt_password(id: str) -> tuple[Values, Values]:
    return {"length": len(id)}, {"result": id, "bcryptHash": bcrypt(id)}


def _adopt_uuid(id: str) -> tuple[Values, Values]:
    return {}, {"result": str(uuid.UUID(id))}


def _at_least_one(name: str) -> Callable[[Values], Sequence[tuple[str, str]]]:
    return lambda inputs: [(name, "must be at least 1")] if inputs[name] < 1 else []


_KEPT: Values = {"keepers": None}
_SEEDED: Values = {**_KEPT, "seed": None}
_TEXT: Values = {
    **_KEPT,
    "length": None,
    "special": True,
    "upper": True,
    "lower": True,
    "number": True,
    "numeric": True,
    "minNumeric": 0,
    "minUpper": 0,
    "minLower": 0,
    "minSpecial": 0,
    "overrideSpecial": None,
}

KINDS = {
    "random:index/randomPassword:RandomPassword": Kind(
        make=_password,
        inputs=_TEXT,
        check=_check_text,
        secret=frozenset({"result", "bcryptHash"}),
        adopt=_adopt_password,
    ),
    "random:index/randomString:RandomString": Kind(make=_string, inputs=_TEXT, check=_check_text, adopt=_adopt_text),
    "random:index/randomId:RandomId": Kind(
        make=_id,
        inputs={**_KEPT, "byteLength": None, "prefix": None},
        check=_at_least_one("byteLength"),
    ),
    "random:index/randomBytes:RandomBytes": Kind(
        make=_bytes,
        inputs={**_KEPT, "length": None},
        check=_at_least_one("length"),
        secret=frozenset({"base64", "hex"}),
    ),
    "random:index/randomPet:RandomPet": Kind(
        make=_pet,
        inputs={**_KEPT, "length": 2, "prefix": None, "separator": "-"},
        check=_at_least_one("length"),
        adopt=lambda id: ({}, {}),
    ),
    "random:index/randomUuid:RandomUuid": Kind(make=_uuid4, inputs=_KEPT, adopt=_adopt_uuid),
    "random:index/randomUuid4:RandomUuid4": Kind(make=_uuid4, inputs=_KEPT, adopt=_adopt_uuid),
    "random:index/randomUuid7:RandomUuid7": Kind(make=_uuid7, inputs=_KEPT, adopt=_adopt_uuid),
    "random:index/randomInteger:RandomInteger": Kind(
        make=_integer,
        inputs={**_SEEDED, "min": None, "max": None},
        check=lambda inputs: [("min", "is greater than max")] if inputs["min"] > inputs["max"] else [],
    ),
    "random:index/randomShuffle:RandomShuffle": Kind(
        make=_shuffle,
        inputs={**_SEEDED, "inputs": None, "resultCount": None},
    ),
}
