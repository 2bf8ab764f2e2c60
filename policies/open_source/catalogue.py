"""The licence catalogue: which project an image repository belongs to, and the licence of each version of it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from .references import DEFAULT_DOMAIN, OFFICIAL, Reference
from .versions import Range, between, stated_by

DATA = Path(__file__).with_name("licences.json")


@dataclass(frozen=True, slots=True)
class Terms:
    """The licence of the tags and versions that these terms are for."""

    licence: str
    since: str | None = None
    before: str | None = None
    tags: tuple[str, ...] = ()
    partly: str | None = None
    """Why the image is not wholly under that licence."""
    forbidden: str | None = None
    """Why the image must not be used although its licence is open."""

    def __str__(self) -> str:
        if self.since:
            return f"{self.licence} since {self.since}"
        return f"{self.licence} before {self.before}" if self.before else self.licence

    @property
    def range(self) -> Range:
        return between(self.since, self.before)

    @property
    def is_acceptable(self) -> bool:
        return not (self.partly or self.forbidden)

    def are_for(self, tag: str | None) -> bool:
        return tag is None or not self.tags or any(fnmatchcase(tag, pattern) for pattern in self.tags)


@dataclass(frozen=True, slots=True)
class Entry:
    """One project and the repositories that hold its images."""

    repositories: tuple[str, ...]
    project: str
    terms: tuple[Terms, ...]
    source: str | None = None
    instead: tuple[str, ...] = ()

    def terms_of(self, reference: Reference) -> tuple[Terms, ...]:
        """All terms that the image may be under, as far as its tag tells; none if the catalogue has a gap there.

        A digest alone tells nothing of version or edition. Terms for certain tags go before terms for all.
        """
        tag = reference.tag if reference.tag or reference.digest else "latest"
        stated = stated_by(tag)
        found: list[Terms] = []
        for terms in self.terms:
            if not terms.are_for(tag) or not terms.range.overlaps(stated):
                continue
            found.append(terms)
            if terms.range.holds(stated) and (not terms.tags or tag is not None):
                break
        return tuple(found) if _cover(found, stated) else ()


class Catalogue:
    """All entries, by repository; a longer pattern goes before a shorter one."""

    def __init__(
        self, entries: Iterable[Entry], licences: Mapping[str, bool], names: Mapping[str, str] | None = None
    ) -> None:
        self.entries = tuple(entries)
        self.licences = dict(licences)
        self.names = dict(names or {})
        """What the licences are called that SPDX lacks."""

    @classmethod
    def load(cls) -> "Catalogue":
        data = json.loads(DATA.read_bytes())
        licences = {name: licence["open"] for name, licence in data["licences"].items()}
        names = {name: licence["name"] for name, licence in data["licences"].items()}
        return cls((entry(item) for section in data["images"].values() for item in section), licences, names)

    def find(self, repository: str) -> Entry | None:
        if exact := self._exact.get(repository):
            return exact
        return next((entry for _, matcher, entry in self._patterns if matcher.fullmatch(repository)), None)

    def by_precedence(self) -> Iterator[tuple[str, re.Pattern[str] | None, Entry]]:
        """Each repository or pattern, with what it matches by, and its entry: of those that match, the first holds."""
        yield from ((name, None, entry) for name, entry in self._exact.items())
        yield from self._patterns

    @cached_property
    def _exact(self) -> dict[str, Entry]:
        return {name: entry for name, entry in self._by_repository() if "*" not in name}

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str], Entry]]:
        """Longest first, counted without the wildcards: what is spelled out is what makes a pattern special."""
        found = [(name, pattern(name), entry) for name, entry in self._by_repository() if "*" in name]
        return sorted(found, key=lambda item: -len(item[0].replace("*", "")))

    def _by_repository(self) -> Iterator[tuple[str, Entry]]:
        return ((name, entry) for entry in self.entries for name in entry.repositories)


def full(repository: str) -> str:
    """A repository or pattern with Docker's defaults spelled out, as images are matched."""
    first, slash, _ = repository.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return repository
    return f"{DEFAULT_DOMAIN}/{repository}" if slash else f"{DEFAULT_DOMAIN}/{OFFICIAL}/{repository}"


def entry(data: Mapping[str, Any]) -> Entry:
    """One entry as `licences.json` and the pack's configuration write it."""
    shared = Terms(data.get("licence", ""), partly=data.get("partly"), forbidden=data.get("forbidden"))
    versions = data.get("versions")
    terms = tuple(_terms(version, shared) for version in versions) if versions else (shared,)
    return Entry(
        repositories=tuple(data["repositories"]),
        project=data["project"],
        terms=terms,
        source=data.get("source"),
        instead=tuple(data.get("instead", ())),
    )


def pattern(text: str) -> re.Pattern[str]:
    """`/*` at the end is any path below; elsewhere `*` stays within one component, in a host within one label."""
    below = text.endswith("/*")
    domain, slash, path = text.removesuffix("/*").partition("/")
    host = re.escape(domain).replace(r"\*", r"[^/.]+")
    return re.compile(host + slash + re.escape(path).replace(r"\*", "[^/]*") + ("/.+" if below else ""))


def _terms(data: Mapping[str, Any], shared: Terms) -> Terms:
    return replace(
        shared,
        licence=data["licence"],
        since=data.get("from"),
        before=data.get("before"),
        tags=tuple(data.get("tags", ())),
        partly=data.get("partly", shared.partly),
        forbidden=data.get("forbidden", shared.forbidden),
    )


def _cover(found: Iterable[Terms], stated: Range) -> bool:
    """Whether every version that the tag may mean has terms."""
    reached = stated.low
    for terms in sorted(found, key=lambda terms: terms.range.low):
        if terms.range.low > reached:
            return False
        reached = max(reached, terms.range.high)
    return reached >= stated.high
