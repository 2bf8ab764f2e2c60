"""The picture of a stack, drawn from the engine's own graph: its components, and which of them wait for which."""

from collections.abc import Mapping, Sequence
from typing import Any

from local.errors import LocalError
from local.paths import REPOSITORY

README = REPOSITORY / "README.md"
_BEGIN, _END = "<!-- graph: make picture -->\n", "<!-- end of graph -->"
_OWN = "mlops:"
_PLACE = "mlops:k8s:Namespace"
"""Where others are, and not one of them."""


def draw(resources: Sequence[Mapping[str, Any]]) -> str:
    """Mermaid's text for the state's resources: a box for each component, an arrow from what stands on another."""
    boxes, arrows = wired(resources)
    lines = [f'  {box}["{_label(urn)}"]' for urn, box in sorted(boxes.items(), key=lambda pair: pair[1])]
    wires = [f"  {above} --> {below}" for above, below in sorted(arrows)]
    return "\n".join(["```mermaid", "flowchart TD", *lines, *wires, "```", ""])


def wired(resources: Sequence[Mapping[str, Any]]) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """URN -> box of each component, and the arrows between boxes that no longer way says already."""
    parents = {one["urn"]: one.get("parent", "") for one in resources}
    drawn = [one["urn"] for one in resources if one["type"].startswith(_OWN) and one["type"] != _PLACE]
    boxes = {urn: _box(urn) for urn in drawn}

    def owner(urn: str) -> str:
        while urn and urn not in boxes:
            urn = parents.get(urn, "")
        return boxes.get(urn, "")

    arrows = {
        (owner(one["urn"]), owner(needed))
        for one in resources
        for needed in [*one.get("dependencies", []), *filter(None, [_provider(one)])]
    }
    return boxes, _shortest(arrows)


def write(resources: Sequence[Mapping[str, Any]]) -> None:
    """Put the picture into README, between its two marks."""
    README.write_text(replaced(README.read_text(encoding="utf-8"), draw(resources)), encoding="utf-8")


def replaced(text: str, picture: str) -> str:
    """`text` with `picture` in place of the old one. Raises LocalError where there is no place for it."""
    if _BEGIN not in text or _END not in text:
        raise LocalError("README.md has no place for the picture", f"put back the lines {_BEGIN.strip()} and {_END}")
    before, rest = text.split(_BEGIN, 1)
    return before + _BEGIN + picture + _END + rest.split(_END, 1)[1]


def _shortest(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Without those that a longer way says already, and those within one component."""
    real = {(above, below) for above, below in arrows if above and below and above != below}
    below_of = {above: {low for high, low in real if high == above} for above, _ in real}

    def reaches(start: str, goal: str, seen: frozenset[str]) -> bool:
        nexts = below_of.get(start, set()) - seen
        return goal in nexts or any(reaches(one, goal, seen | {start}) for one in nexts)

    return {
        (above, below)
        for above, below in real
        if not any(reaches(other, below, frozenset({above})) for other in below_of[above] - {below})
    }


def _provider(one: Mapping[str, Any]) -> str | None:
    reference = one.get("provider")
    return str(reference).rsplit("::", 1)[0] if reference else None


def _box(urn: str) -> str:
    return urn.rsplit("::", 1)[-1].replace("-", "_")


def _label(urn: str) -> str:
    kind = urn.split("::")[2].rsplit("$", 1)[-1].rsplit(":", 1)[-1]
    return f"{kind}<br/>{urn.rsplit('::', 1)[-1]}"
