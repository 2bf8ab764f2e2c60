"""What the components of one run hand to one another, kept in this process beside what is told to the consumer."""

from collections.abc import Set
from typing import Any

from pulumi import Resource
from pydantic import BaseModel

from plugin.offered import choices, is_later, later


class Wires:
    """Each under its place: the component's type and name, and the way to it through the component's outputs.

    Two kinds of values need this: those that can't be written down, of which the consumer gets the place; and those
    that a preview knows only in part, which the consumer's SDK then passes on as not known at all.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def __str__(self) -> str:
        return ", ".join(sorted(self._kept)) or "none yet"

    def keep(self, place: str, value: Any) -> None:
        self._kept[place] = value

    def at(self, place: Any) -> Any:
        return self._kept.get(place) if isinstance(place, str) else None

    def from_any_of(self, makers: Set[Resource], kind: type[BaseModel]) -> BaseModel | None:
        """The one of that kind among the outputs of these components; of several, what they have in common."""
        starts = tuple(f"{_place(maker)}." for maker in makers)
        found = [one for place, one in self._kept.items() if place.startswith(starts) and isinstance(one, kind)]
        if len(found) < 2:
            return found[0] if found else None
        texts = (name for name, field in kind.model_fields.items() if any(map(is_later, choices(field.annotation))))
        return found[0].model_copy(
            update={name: later(None, known=False) for name in texts if getattr(found[0], name) is not None}
        )


def place(token: str, name: str) -> str:
    return f"{token}::{name}"


def _place(maker: Resource) -> str:
    """From its URN, in which a type stands behind those of its parents."""
    _, _, types, name = str(maker.urn._data.result().value).split("::", 3)
    return place(types.rsplit("$", 1)[-1], name)
