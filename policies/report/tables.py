"""Tables as text for a terminal, and as Markdown."""

from collections.abc import Sequence
from typing import TypeAlias

Row: TypeAlias = Sequence[str]


def table(heads: Row, rows: Sequence[Row]) -> str:
    """Columns as wide as what they hold."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def grid(heads: Row, rows: Sequence[Row]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
