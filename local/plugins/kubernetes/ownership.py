"""What an object's `metadata.managedFields` tell of who set which of its fields."""

import json
from collections.abc import Iterator
from typing import Any

from local.plugins.kubernetes.paths import Path, dig

Document = dict[str, Any]


def applied_by(live: Document, manager: str) -> bool:
    """Whether `manager` has applied (a part of) this object before."""
    return any(entry.get("manager") == manager and entry.get("operation") == "Apply" for entry in _entries(live))


def managers(live: Document) -> set[str]:
    """Everyone who has set a field of this object."""
    return {entry.get("manager", "") for entry in _entries(live)}


def is_whole(live: Document, path: Path) -> bool:
    """Whether the list at `path` is one value to the server, so that an added item is a change of what we set.

    Items of a list that it merges by key (containers, ports) belong to whoever added them, like labels do.
    """
    return any(_ends_at(entry.get("fieldsV1") or {}, live, path) for entry in _entries(live))


def _entries(live: Document) -> Iterator[Document]:
    yield from dig(live, "metadata", "managedFields", default=[])


def _ends_at(fields: Any, live: Any, path: Path) -> bool:
    for step in path:
        if isinstance(step, str):
            fields, live = fields.get(f"f:{step}"), live.get(step)
        else:
            live = live[step] if step < len(live) else None
            fields = next((below for key, below in fields.items() if _is_item(key, live)), None)
        if fields is None or live is None:
            return False
    return fields == {}


def _is_item(key: str, item: Any) -> bool:
    """Whether the `k:{...}` of a field set means `item`."""
    if not key.startswith("k:") or not isinstance(item, dict):
        return False
    return all(item.get(name) == value for name, value in json.loads(key[2:]).items())
