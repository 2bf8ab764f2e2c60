"""What a look at an object says about the wait for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.plugins.kubernetes.api import Api
from local.plugins.kubernetes.paths import dig

Document = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """`ready`, or what is missing; `hopeless` where no patience helps. `reasons` explain it for the final error."""

    ready: bool
    missing: str = ""
    hopeless: bool = False
    reasons: tuple[str, ...] = ()


READY = Verdict(True)

Judge = Callable[[Document, Api], Verdict]


def waiting(missing: str, reasons: list[str] | None = None) -> Verdict:
    return Verdict(False, missing, reasons=tuple(reasons or ()))


def hopeless(missing: str, reasons: list[str] | None = None) -> Verdict:
    return Verdict(False, missing, hopeless=True, reasons=tuple(reasons or ()))


def condition(live: Document, name: str) -> Document:
    """The condition of type `name` in the object's status, or nothing."""
    for found in dig(live, "status", "conditions", default=[]):
        if found.get("type") == name:
            return found
    return {}


def observed(live: Document) -> bool:
    """Whether the controller has seen the object as it is now."""
    return dig(live, "status", "observedGeneration", default=0) >= dig(live, "metadata", "generation", default=0)


def namespace_of(live: Document) -> str:
    return dig(live, "metadata", "namespace", default="")
