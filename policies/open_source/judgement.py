"""The licence judgement of one image: what the catalogue knows, under the rules of one stack's configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .catalogue import Catalogue, Entry, Terms, entry, full, pattern
from .licensing import Licences, UnreadableLicence
from .references import Reference, parse


class InvalidSettings(ValueError):
    """A configuration that its JSON schema lets through and that means nothing."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """Leave to use an image that would be refused, until a day."""

    repository: str
    owner: str
    until: date

    def covers(self, repository: str) -> bool:
        return pattern(self.repository).fullmatch(repository) is not None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a stack may set for the licence rule."""

    exceptions: tuple[Exemption, ...] = ()
    additions: Catalogue = field(default_factory=lambda: Catalogue((), {}))
    mirrors: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> "Settings":
        return cls(
            exceptions=tuple(
                Exemption(full(item["repository"]), item["owner"], _day(item["until"]))
                for item in config.get("exceptions", ())
            ),
            additions=Catalogue((_added(item) for item in config.get("additions", ())), {}),
            mirrors=dict(config.get("mirrors", {})),
            refused=frozenset(config.get("refusedLicences", ())),
        )


class Judge:
    """Says of each image why it must not be used. Answers are kept: a stack runs the same image many times."""

    def __init__(self, catalogue: Catalogue, licences: Licences, settings: Settings, today: date) -> None:
        self._catalogue = catalogue
        self._licences = licences
        self._settings = settings
        self._today = today
        for addition in settings.additions.entries:
            _check_licence(addition, licences)
        self._answers: dict[Reference, str | None] = {}

    def knows(self, reference: Reference) -> bool:
        return self.entry(self.origin(reference)) is not None

    def problem(self, reference: Reference) -> str | None:
        """What is wrong with the image, as the end of a sentence that begins with its name; None if nothing is."""
        if reference not in self._answers:
            self._answers[reference] = self._problem(reference)
        return self._answers[reference]

    def _problem(self, reference: Reference) -> str | None:
        upstream = self.origin(reference)
        known = self.entry(upstream)
        problem = self._objection(upstream, known) if known else _UNKNOWN
        exemption = next((item for item in self._settings.exceptions if item.covers(upstream.repository)), None)
        if not problem or not exemption:
            return problem
        if exemption.until >= self._today:
            return None
        return f"{problem} The exception for it ended on {exemption.until.isoformat()}; ask {exemption.owner}."

    def _objection(self, reference: Reference, known: Entry) -> str | None:
        terms = known.terms_of(reference)
        if not terms:
            return "has no licence on record for that tag: name the full version, or add it to the catalogue."
        bad = [each for each in terms if not self.accepts(each)]
        if not bad:
            return None
        instead = f" Use {' or '.join(known.instead)} instead." if known.instead else ""
        if len(bad) < len(terms):
            possible = "; ".join(str(each) for each in terms)
            return f"has several licences ({possible}), and its tag does not tell which: name the version.{instead}"
        return f"{self.reason(bad[-1])}{instead}"

    def accepts(self, terms: Terms) -> bool:
        """Whether this stack may use what is under these terms."""
        return terms.is_acceptable and self._licences.is_open(terms.licence, self._settings.refused)

    def reason(self, terms: Terms) -> str:
        """Why it may not, as the end of a sentence that begins with an image's name."""
        if not self._licences.is_open(terms.licence):
            return f"is under {terms}, which is not open source{_because(terms.partly)}."
        if terms.partly:
            return f"is only partly open source ({terms}): {terms.partly}."
        if terms.forbidden:
            return f"is open source ({terms}) but must not be used: {terms.forbidden}."
        return f"is under {terms}, which this stack's `refusedLicences` rules out."

    def entry(self, reference: Reference) -> Entry | None:
        """What is known of an `origin`. The catalogue goes first: a stack adds to it, and can't rewrite it."""
        return self._catalogue.find(reference.repository) or self._settings.additions.find(reference.repository)

    def origin(self, reference: Reference) -> Reference:
        """Where a mirrored image comes from; any other is its own."""
        for mirror, origin in self._settings.mirrors.items():
            inside = reference.repository.removeprefix(f"{mirror.removesuffix('/')}/")
            if inside != reference.repository:
                original = parse(f"{origin.removesuffix('/')}/{inside}")
                return Reference(original.domain, original.path, reference.tag, reference.digest)
        return reference


_UNKNOWN = (
    "is not in the licence catalogue, so nobody has said that it is open source: add its repository to the catalogue, "
    "or to `additions` in the configuration of this stack's policies."
)


def _because(reason: str | None) -> str:
    return f" ({reason})" if reason else ""


def _added(item: Mapping[str, Any]) -> Entry:
    return entry({"project": item["repository"], **item, "repositories": [full(item["repository"])]})


def _check_licence(addition: Entry, licences: Licences) -> None:
    licence = addition.terms[0].licence
    try:
        unknown = licences.unknown(licence)
    except UnreadableLicence as error:
        raise InvalidSettings(f"additions, {addition.project}: {error}") from error
    if unknown:
        raise InvalidSettings(f"additions, {addition.project}: {', '.join(unknown)} is no SPDX identifier")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidSettings(f"exceptions, until: {text!r} is no day; write it as 2027-01-31") from error
