"""From what comes over the wire to what a component takes: values known later stay so where its model allows that."""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from pulumi import Inputs, Output, Resource
from pulumi.errors import InputPropertiesError, InputPropertyErrorDetails
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pydantic import BaseModel, ValidationError

from plugin import offered
from plugin.offered import HANDLES, choices, is_later, is_list, is_map, is_record, later, spelled
from plugin.wires import Wires

_ARGUMENT = re.compile(r"(?<=`)[a-z0-9]+(_[a-z0-9]+)+(?=`)")
"""A name as Python spells it, in the words of a model."""


@dataclass(frozen=True)
class Given:
    """A value of the consumer's program, with what the engine knows of it."""

    value: Any
    known: bool = True
    secret: bool = False
    resources: Set[Resource] = frozenset()
    """Those that it comes from."""

    @classmethod
    def read(cls, raw: Any) -> "Given":
        """The wire has values, secrets, values that aren't known yet, and any of these within one another."""
        if isinstance(raw, Output):
            told = raw._data.result()  # it came in a message, and is as known as it will ever be here
            inner = cls.read(told.value)
            resources = inner.resources | told.resources
            return cls(inner.value, inner.known and told.is_known, inner.secret or told.is_secret, resources)
        if rpc.is_rpc_secret(raw):
            return replace(cls.read(rpc.unwrap_rpc_secret(raw)), secret=True)
        return cls(None, known=False) if isinstance(raw, Unknown) else cls(raw)

    def part(self, raw: Any) -> "Given":
        """What holds for the whole holds for each part."""
        inner = Given.read(raw)
        return replace(inner, secret=inner.secret or self.secret, resources=inner.resources | self.resources)

    @property
    def is_plain(self) -> bool:
        return self.known and not self.secret and not self.resources

    @property
    def output(self) -> Output[Any]:
        return later(self.value, self.known, self.secret, self.resources)


def arguments(model: type[BaseModel], given: Inputs, wires: Wires) -> BaseModel:
    """The component's arguments. Raises InputPropertiesError with every mistake: field, reason and remedy."""
    reading = _Reading(wires)
    values = reading.record(model, Given(given), "")
    try:
        made = model(**values)
    except ValidationError as error:
        covered = {one["property_path"] for one in reading.mistakes}
        reading.mistakes += [_mistake(*told) for told in _told(error, model, values) if told[0] not in covered]
    if reading.mistakes:
        raise InputPropertiesError("", reading.mistakes)
    return made


class _Reading:
    """One set of arguments on its way in, and the mistakes in it."""

    def __init__(self, wires: Wires) -> None:
        self.wires = wires
        self.mistakes: list[InputPropertyErrorDetails] = []

    def record(self, kind: type, given: Given, path: str) -> dict[str, Any]:
        fields, names, values = offered.fields(kind), offered.names(kind), {}
        for key, raw in given.value.items():
            where = f"{path}.{key}" if path else key
            if key in fields:
                values[names[key]] = self.value(fields[key].annotation, given.part(raw), where)
            else:
                near = get_close_matches(key, fields, 1)
                remedy = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(sorted(fields))}"
                self.mistakes.append(_mistake(where, f"there is no such argument; {remedy}"))
        return {name: value for name, value in values.items() if value is not None}

    def value(self, annotation: Any, given: Given, path: str) -> Any:
        kinds, held = choices(annotation), given.value
        record = _closest([kind for kind in kinds if is_record(kind)], held)
        if record and isinstance(held, Mapping):
            return self.record(record, given, path)
        if record and not given.known and (wire := self.wires.from_any_of(given.resources, record)):
            return wire
        for kind in kinds:
            if is_map(kind) and isinstance(held, Mapping):
                inner = offered.element(kind)
                return {key: self.value(inner, given.part(one), f"{path}.{key}") for key, one in held.items()}
            if is_list(kind) and isinstance(held, list):
                inner = offered.element(kind)
                return [self.value(inner, given.part(one), f"{path}[{at}]") for at, one in enumerate(held)]
            if kind in HANDLES:
                return self._handle(given, path)
            if kind is Any:
                return _anything(given)
        if any(is_later(kind) for kind in kinds):
            return held if given.is_plain else given.output
        if not given.known:
            self.mistakes.append(_mistake(path, "must be known when the program starts; write the value itself"))
        return held

    def _handle(self, given: Given, path: str) -> Any:
        kept = self.wires.at(given.value)
        if kept is None:
            reason = f"pass an output of another component of this plugin; there is {self.wires}"
            self.mistakes.append(_mistake(path, reason))
        return kept


def _closest(records: list[type], held: Any) -> type | None:
    """The one that knows most of the keys."""
    keys = set(held) if isinstance(held, Mapping) else set()
    return max(records, key=lambda one: len(keys & offered.fields(one).keys()), default=None)


def _anything(given: Given) -> Any:
    if isinstance(given.value, Mapping):
        return {key: _anything(given.part(one)) for key, one in given.value.items()}
    if isinstance(given.value, list):
        return [_anything(given.part(one)) for one in given.value]
    return given.value if given.is_plain else given.output


def _told(error: ValidationError, model: type[BaseModel], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in error.errors(include_url=False):
        reason = "is missing; add it" if one["type"] == "missing" else one["msg"].removeprefix("Value error, ")
        yield _path(one["loc"], model, values), _ARGUMENT.sub(lambda name: spelled(name[0]), reason)


def _path(steps: tuple[int | str, ...], kind: Any, held: Any) -> str:
    """As the consumer wrote it; pydantic also names the types that it has tried on the way."""
    path = ""
    for step in steps:
        names = {own: outside for outside, own in offered.names(kind).items()} if is_record(kind) else {}
        if isinstance(step, int):
            path, held, kind = f"{path}[{step}]", held[step], None
        elif step in names or (isinstance(held, Mapping) and step in held):
            path = ".".join(filter(None, (path, names.get(step, step))))
            inner = choices(offered.fields(kind)[names[step]].annotation) if step in names else []
            held = held.get(step) if isinstance(held, Mapping) else None
            kind = _closest([one for one in inner if is_record(one)], held)
    return path


def _mistake(path: str, reason: str) -> InputPropertyErrorDetails:
    return {"property_path": path, "reason": reason}
