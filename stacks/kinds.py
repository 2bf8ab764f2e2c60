"""Sections of a stack file that come in several kinds, and which a section is that says nothing of it."""

from typing import Any

USUAL = {"cluster": "given", "objectStore": "cluster", "database": "operator"}
"""What needs nothing outside of the cluster."""


def told(raw: dict[str, Any]) -> dict[str, Any]:
    """The same sections, each of these with its kind."""
    said = {key: {"kind": kind, **raw[key]} for key, kind in USUAL.items() if isinstance(raw.get(key), dict)}
    return {**raw, **said}
