"""Every image that the objects of a stack name, with its licence, its source, and each place that names it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ..open_source.catalogue import Entry
from ..open_source.found import Images
from ..open_source.images import images
from ..open_source.judgement import Judge
from ..open_source.references import Reference, shown
from ..open_source.subjects import Subject, subjects
from ..outside.items import Item

_STARTED = re.compile(
    r"(?:(?:items\[\d+\]|spec|template|jobTemplate)\.)*"
    r"(?:(?:c|initC|ephemeralC)ontainers\[\d+\]\.image|volumes\[\d+\]\.image\.reference)"
)
_WORKLOADS = re.compile(r"kubernetes:(?:core|apps|batch|extensions)/")
_LATEST = "latest"


@dataclass(frozen=True)
class Use:
    """One place that names an image."""

    item: Item
    path: str

    @property
    def is_later(self) -> bool:
        """Whether the image is only named here, and some controller or program starts it later."""
        return not (_WORKLOADS.match(self.item.token) and _STARTED.fullmatch(self.path))

    def __str__(self) -> str:
        kind = self.item.token.rpartition(":")[2]
        return f"{self.item.file}:{self.item.line} ({kind} {self.item.name}) {self.path}"


@dataclass(frozen=True)
class StackImage:
    """One image of the stack; `origin` is where it comes from, which is itself if it is no mirror's."""

    reference: Reference
    origin: Reference
    entry: Entry | None
    problem: str | None
    uses: tuple[Use, ...]

    @property
    def is_later(self) -> bool:
        """Whether no object of the stack starts it."""
        return all(use.is_later for use in self.uses)

    @property
    def name(self) -> str:
        """Under which a lock file has its digest: the origin's, for that of a mirror is the same."""
        return f"{self.origin.repository}:{self.origin.tag or _LATEST}"

    @cached_property
    def licence(self) -> str | None:
        """None if the tag does not tell which, or if nobody has said."""
        terms = self.entry.terms_of(self.origin) if self.entry else ()
        licences = {each.licence for each in terms}
        return licences.pop() if len(licences) == 1 else None

    @property
    def source(self) -> str | None:
        return self.entry.source if self.entry else None


@dataclass(frozen=True)
class Inventory:
    """All images, by name, and the places where one stands that can't be read: where there are any, some is missing."""

    images: tuple[StackImage, ...]
    gaps: tuple[tuple[Use, str], ...]


def inventory(items: Iterable[Item], judge: Judge) -> Inventory:
    """What these objects name, what is started later included."""
    uses: dict[Reference, list[Use]] = {}
    gaps: list[tuple[Use, str]] = []
    for item in items:
        found = images(item.token, item.props)
        gaps += _unknown(item, found)
        for subject in subjects(found, judge.knows):
            use = Use(item, subject.path)
            if subject.reference is None:
                gaps.append((use, f"{subject.name} {subject.problem}"))
            elif _is_told(subject, subject.reference):
                known = uses.setdefault(subject.reference, [])
                known += [use] if use not in known[-1:] else []
            else:
                gaps.append((use, "what looks like an image is not in the catalogue, and may be a secret"))
    return Inventory(tuple(_image(one, uses[one], judge) for one in sorted(uses, key=str)), tuple(gaps))


def _image(reference: Reference, uses: Iterable[Use], judge: Judge) -> StackImage:
    origin = judge.origin(reference)
    return StackImage(reference, origin, judge.entry(origin), judge.problem(reference), tuple(uses))


def _unknown(item: Item, found: Images) -> Iterator[tuple[Use, str]]:
    for path in dict.fromkeys(found.unknown):
        yield Use(item, shown(path)), "it is a secret, or not known before the update"


def _is_told(subject: Subject, reference: Reference) -> bool:
    """A text that may be something else, such as a secret, is never quoted."""
    return subject.name == str(reference)
