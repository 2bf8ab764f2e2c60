"""A report as people read it, in a terminal or in a pull request, and as programs do."""

import json
from collections.abc import Callable, Mapping, Sequence

from .plain import plain
from .report import Report
from .sections import COST, FINDINGS, sections, usd
from .tables import Row, grid, table

_OPEN = (FINDINGS, COST)
_SUMMARY = ("stack", "verdict", "resources", "idle USD/month", "full USD/month", "GPUs", "images")


def text(reports: Sequence[Report]) -> str:
    """For a terminal; several stacks are summed up at the end."""
    parts = []
    for one in reports:
        parts.append(f"{one.stack}: {verdict(one)}\n{'=' * (len(one.stack) + 2 + len(verdict(one)))}")
        for section in sections(one):
            rows = table(section.heads, section.rows) if section.rows else ""
            parts.append("\n".join(filter(None, [section.title, rows, *section.notes])))
    if len(reports) > 1:
        parts.append("\n".join(["all stacks", table(_SUMMARY, [_summary(one) for one in reports])]))
    return "\n\n".join(parts)


def markdown(reports: Sequence[Report]) -> str:
    """For a pull request: the sum of all first, what is long folded away."""
    parts = [grid(_SUMMARY, [_summary(one) for one in reports])]
    for one in reports:
        parts.append(f"## `{one.stack}`: {verdict(one)}")
        for section in sections(one):
            body = [grid(section.heads, section.rows)] if section.rows else []
            body += [f"- {note}" if section.rows else note for note in section.notes]
            inside = "\n\n".join(body)
            if section.title in _OPEN:
                parts.append(f"### {section.title}\n\n{inside}")
            else:
                parts.append(f"<details><summary>{section.title}</summary>\n\n{inside}\n\n</details>")
    return "\n\n".join(parts)


def as_json(reports: Sequence[Report]) -> str:
    return json.dumps({"stacks": [plain(one) for one in reports]}, indent=2)


FORMATS: Mapping[str, Callable[[Sequence[Report]], str]] = {"text": text, "json": as_json, "markdown": markdown}


def verdict(one: Report) -> str:
    if one.passed:
        return f"passed, {one.total} resources by {len(one.preview.rules)} rules"
    found = [f"{len(one.refused)} refused"] if one.refused else []
    found += [f"{len(one.preview.errors)} error(s)"] if one.preview.errors else []
    return ", ".join(found)


def _summary(one: Report) -> Row:
    gpus = [need.amount for need in one.gpus]
    priced = bool(one.costs)
    # A sum that lacks a part is marked as such.
    mark = " + ?" if any(cost.lacking or cost.is_later for cost in one.costs) else ""
    return (
        one.stack,
        "passed" if one.passed else verdict(one),
        f"{one.total:,}",
        f"{usd(one.idle)}{mark}" if priced else "-",
        f"{usd(one.monthly)}{mark}" if priced else "-",
        "unknown" if None in gpus else f"{sum(each or 0 for each in gpus):,}" if gpus else "-",
        str(len(one.images.images)),
    )
