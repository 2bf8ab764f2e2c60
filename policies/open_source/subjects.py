"""What the rules on images judge: each image of a resource once, parsed, with the words to name it in a message."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .found import Found, Images, Trust
from .references import InvalidReference, Reference, Template, parse, shown

PICTURES = (".gif", ".ico", ".jpeg", ".jpg", ".png", ".svg", ".webp")


@dataclass(frozen=True, slots=True)
class Subject:
    """An image, or the reason why none can be read."""

    path: str
    name: str
    reference: Reference | None
    problem: str | None = None

    def __str__(self) -> str:
        return f"{self.name} ({self.path})"


def subjects(images: Images, knows: Callable[[Reference], bool]) -> Iterator[Subject]:
    """What is sure to be an image has to be a good one; what may be something else is dropped if it can't be one.

    A text that is not sure to be an image is only quoted where the catalogue knows it: it may be a secret.
    """
    for path, problem in images.unreadable:
        yield Subject(path, "An image", None, f"can't be judged: {problem}.")
    for found in dict.fromkeys(images.found):
        subject = _subject(found, knows)
        if subject:
            yield subject


def _subject(found: Found, knows: Callable[[Reference], bool]) -> Subject | None:
    sure = found.trust is Trust.FIELD
    try:
        reference = parse(found.text)
    except InvalidReference as error:
        if not sure and not (found.trust is Trust.NAMED and isinstance(error, Template)):
            return None
        name = f"The image '{shown(found.text)}'" if sure else "An image"
        return Subject(found.path, name, None, f"can't be judged: {error}.")
    if not sure and not _plausible(found, reference, knows):
        return None
    name = str(reference) if sure or knows(reference) else "What looks like an image"
    return Subject(found.path, name, reference)


def _plausible(found: Found, reference: Reference, knows: Callable[[Reference], bool]) -> bool:
    """Whether a legal reference is meant as one: `true`, `cat.png` and `api:8080` are legal too."""
    pinned = bool(reference.tag or reference.digest)
    in_full = "/" in found.text
    if found.trust is Trust.GUESS:
        return pinned and (in_full or knows(reference))
    return knows(reference) or pinned or (in_full and not found.text.lower().endswith(PICTURES))
