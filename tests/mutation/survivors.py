"""The survivors that are explained, in `survivors.json`: by module, each with its reason."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from .run import Result

_FILE = Path(__file__).with_name("survivors.json")


def problems(result: Result) -> Iterator[str]:
    """What does not agree with the file: new survivors, and, where all was tried, those that are none any more."""
    explained = json.loads(_FILE.read_text(encoding="utf-8")).get(result.module, [])
    known = [{key: one[key] for key in ("function", "before", "after")} for one in explained]
    found = [asdict(change) for change in result.survivors]
    for change in found:
        if change not in known:
            yield f"{result.module}: nobody noticed {json.dumps(change, ensure_ascii=False)}"
    for change in known if not result.left else ():
        if change not in found:
            yield f"{result.module}: is noticed after all: {json.dumps(change, ensure_ascii=False)}"
