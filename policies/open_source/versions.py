"""What a tag says about the version of the software: not a number, but the range in which it must lie."""

import re
from typing import NamedTuple, TypeAlias

Version: TypeAlias = tuple[int, ...]

_BEFORE_ALL: Version = ()
_AFTER_ALL: Version = (10**9,)

# A tag that merely begins with digits, such as a commit's hash, says nothing.
BEFORE_NUMBER = r"(?:release-|version-|v)?"
NUMBER = r"\d{1,8}(?:\.\d{1,8}){0,5}"
AFTER_NUMBER = r"$|[-_+]|\.[A-Za-z]|(?:rc|alpha|beta|[abm])\d+(?:$|[-_])"
_VERSION = re.compile(rf"{BEFORE_NUMBER}({NUMBER})(?={AFTER_NUMBER})", re.ASCII)
_DATE = re.compile(r"RELEASE\.(\d{4})-(\d{2})-(\d{2})(?=$|T)", re.ASCII)


class Range(NamedTuple):
    """The versions from `low` up to, but without, `high`."""

    low: Version = _BEFORE_ALL
    high: Version = _AFTER_ALL

    def overlaps(self, other: "Range") -> bool:
        return self.low < other.high and other.low < self.high

    def holds(self, other: "Range") -> bool:
        return self.low <= other.low and other.high <= self.high


ANY = Range()


def between(low: str | None, high: str | None) -> Range:
    """The range of a catalogue entry; None is an open end."""
    return Range(number(low) if low else _BEFORE_ALL, number(high) if high else _AFTER_ALL)


def number(text: str) -> Version:
    return tuple(int(part) for part in text.split("."))


def stated_by(tag: str | None) -> Range:
    """`7.4` means some 7.4.x, `7` some 7.x, and a tag without a version could be any."""
    match = (_DATE.match(tag) or _VERSION.match(tag)) if tag else None
    if not match:
        return ANY
    stated = number(".".join(match.groups()))
    return Range(stated, (*stated[:-1], stated[-1] + 1))
