"""What a walk through a resource finds."""

from dataclasses import dataclass, field
from enum import IntEnum


class Trust(IntEnum):
    """How sure it is that a text is an image."""

    GUESS = 1
    """It only looks like one."""
    NAMED = 2
    """A name says so."""
    FIELD = 3
    """Kubernetes or a controller will pull it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A text that is, or may be, an image reference."""

    path: str
    text: str
    trust: Trust = Trust.FIELD


@dataclass(slots=True)
class Images:
    found: list[Found] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Paths at which an image may stand once the update knows the value."""
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """Path and reason, where an image stands in a form that is not understood."""

    def __len__(self) -> int:
        return len([*self.found, *self.unknown, *self.unreadable])
