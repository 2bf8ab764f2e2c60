"""Fields for which the SDKs take any text, and the providers a few words: a taint's effect, how machines are paid."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

_DATA = Path(__file__).with_name("words.json")
_ENDS = ("InitArgs", "Args")


@cache
def allowed(block: type, field: str) -> Sequence[str]:
    """The words for a field of a block; none where any text will do, or nothing is known here."""
    package, _, module = block.__module__.rpartition(".")[0].partition(".")
    found: Sequence[str] = blocks(package).get(f"{module}.{_short(block.__name__)}", {}).get(field, ())
    return found


@cache
def blocks(package: str) -> dict[str, dict[str, list[str]]]:
    """Block of the SDK of that name -> field -> its words."""
    listed = json.loads(_DATA.read_text(encoding="utf-8")).get(package, {})
    return dict(listed.get("blocks", {}))


def _short(name: str) -> str:
    return next((name.removesuffix(end) for end in _ENDS if name.endswith(end)), name)
