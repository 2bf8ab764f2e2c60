"""What differs between the inputs of the last update and the new ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from local.plugins.kubernetes.paths import Path
from local.plugins.values import UNKNOWN, Secret


class What(Enum):
    """How a field differs."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Change:
    """One field that differs, at the deepest step that both sides share."""

    path: Path
    what: What


def changes(old: Any, new: Any, at: Path = ()) -> Iterator[Change]:
    """The fields in which `new` differs from `old`. Null and left out are the same; an unknown may be anything."""
    old, new = _open(old), _open(new)
    if new is UNKNOWN or old is UNKNOWN:
        yield Change(at, What.UPDATE)
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            yield from _member(_open(old.get(key)), _open(new.get(key)), (*at, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _member(
                old[index] if index < len(old) else None, new[index] if index < len(new) else None, (*at, index)
            )
    elif not _same(old, new):
        yield Change(at, What.UPDATE)


def _member(old: Any, new: Any, at: Path) -> Iterator[Change]:
    if old is None and new is None:
        return
    if old is None:
        yield Change(at, What.ADD)
    elif new is None:
        yield Change(at, What.DELETE)
    else:
        yield from changes(old, new, at)


def _open(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return old == new
