"""The inventory as people and as other tools read it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from .inventory import Inventory, StackImage

_UNKNOWN = "unknown"


def text(found: Inventory) -> str:
    blocks = [_block(image) for image in found.images]
    gaps = [f"{use}: {problem}" for use, problem in found.gaps]
    return "\n".join([*blocks, *gaps, _sum(found)])


def as_json(found: Inventory) -> str:
    gaps = [{"place": str(use), "problem": problem} for use, problem in found.gaps]
    return json.dumps({"images": [_plain(image) for image in found.images], "gaps": gaps}, indent=2)


def markdown(found: Inventory) -> str:
    """For a wiki, or for whoever has to approve the list."""
    rows = [
        f"| `{image.reference}` | {_licence(image)} | {image.source or _UNKNOWN} | {len(image.uses)} "
        f"| {_started(image)} | {_verdict(image)} |"
        for image in found.images
    ]
    gaps = ["", *(f"- {use}: {problem}" for use, problem in found.gaps)] if found.gaps else []
    head = ["| image | licence | source | uses | started | verdict |", "|---|---|---|---|---|---|"]
    return "\n".join([_sum(found), "", *head, *rows, *gaps])


FORMATS: Mapping[str, Callable[[Inventory], str]] = {"text": text, "json": as_json, "markdown": markdown}


def _block(image: StackImage) -> str:
    copy = f"  copy of {image.origin}\n" if image.origin != image.reference else ""
    about = f"  {_licence(image)}, {image.source or 'source unknown'}; {_verdict(image)}; started {_started(image)}"
    uses = "".join(f"\n    {use}" for use in image.uses)
    return f"{image.reference}\n{copy}{about}{uses}"


def _plain(image: StackImage) -> dict[str, Any]:
    return {
        "image": str(image.reference),
        "origin": str(image.origin),
        "project": image.entry.project if image.entry else None,
        "licence": image.licence,
        "source": image.source,
        "refused": image.problem,
        "startedLater": image.is_later,
        "uses": [
            {
                "file": use.item.file,
                "line": use.item.line,
                "type": use.item.token,
                "name": use.item.name,
                "path": use.path,
                "startedLater": use.is_later,
            }
            for use in image.uses
        ],
    }


def _licence(image: StackImage) -> str:
    return image.licence or f"licence {_UNKNOWN}"


def _verdict(image: StackImage) -> str:
    return "refused" if image.problem else "allowed"


def _started(image: StackImage) -> str:
    return "later" if image.is_later else "by the stack"


def _sum(found: Inventory) -> str:
    later = sum(image.is_later for image in found.images)
    gaps = f"; {len(found.gaps)} place(s) could not be read" if found.gaps else ""
    return f"{len(found.images)} image(s), {later} of them started later{gaps}"
