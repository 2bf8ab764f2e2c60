"""What a rule is given, and what it may say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Resource:
    """What a rule judges: plain values, with UNKNOWN for those that the update will bring."""

    token: str
    name: str
    props: dict[str, Any]
    protected: bool
    settings: Mapping[str, Any]
    urn: str = ""
    parent: str = ""
    """The URN of the component that it is part of."""
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By property, the URNs of the resources that its value is made of; for rules on whole stacks."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a place, as a sentence with its remedy."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A place whose value decides, and is not known before the update."""

    path: str


Finding = Problem | Unknown
