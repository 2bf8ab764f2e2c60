"""What someone changed behind our back, told as inputs that differ from the program's."""

import base64
import binascii
import copy
from collections.abc import Iterator
from typing import Any

from local.plugins.kubernetes.ownership import is_whole
from local.plugins.kubernetes.paths import MISSING, Path, get, leaves
from local.plugins.values import Secret, plain

Document = dict[str, Any]

# Controllers add to these at any time, and the server merges what each adds.
_SHARED_LISTS: tuple[Path, ...] = (("metadata", "finalizers"),)


def refreshed_inputs(inputs: Document, before: Document, now: Document) -> Document:
    """The inputs as they would have to be to give the live object `now`.

    Only what changed since our last write (`before` is the state of it) counts: a value that the server merely writes
    in its own way (`1000m` as `1`) is no drift, and neither is a field that the program does not set.
    """
    result, before = copy.deepcopy(inputs), plain(before)
    gone: list[Path] = []
    for path, wanted in leaves(plain(inputs)):
        at = _in_live(path, inputs)
        was, found = get(before, at), get(now, at)
        if was == found or _same(wanted, found):
            continue
        if found is MISSING:
            gone.append(path)
        else:
            _put(result, path, _decoded(found) if at != path else found)
    for path in reversed(gone):
        _remove(result, path)
    for path in _lists(plain(inputs)):
        was, found = get(before, path), get(now, path)
        if isinstance(was, list) and isinstance(found, list) and len(was) != len(found) and is_whole(now, path):
            _put(result, path, found)
    return result


def _in_live(path: Path, inputs: Document) -> Path:
    """Where the server keeps what the inputs have at `path`."""
    return ("data", *path[1:]) if inputs.get("kind") == "Secret" and path[0] == "stringData" else path


def _decoded(data: Any) -> Any:
    try:
        return base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, TypeError):
        return data


def _same(wanted: Any, found: Any) -> bool:
    return wanted == found or (wanted in (None, {}, []) and found in (MISSING, None, {}, []))


def _put(document: Any, path: Path, value: Any) -> None:
    """Set what is at `path`; what was secret stays so."""
    parent = get(document, path[:-1])
    parent = parent.value if isinstance(parent, Secret) else parent
    if parent is not MISSING:
        parent[path[-1]] = Secret(value) if isinstance(parent[path[-1]], Secret) else copy.deepcopy(value)


def _remove(document: Any, path: Path) -> None:
    parent = get(document, path[:-1])
    parent = parent.value if isinstance(parent, Secret) else parent
    if parent is not MISSING:
        del parent[path[-1]]


def _lists(document: Any, at: Path = ()) -> Iterator[Path]:
    """Every list in `document`, the outermost ones only: an outer list that is taken whole has the inner ones in it."""
    if isinstance(document, dict):
        for key, item in document.items():
            yield from _lists(item, (*at, key))
    elif isinstance(document, list):
        for index, item in enumerate(document):
            yield from _lists(item, (*at, index))
        if at not in _SHARED_LISTS:
            yield at
