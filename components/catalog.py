"""Every image that the platform runs, pinned here and only here (`catalog.json`)."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Annotated

from pulumi import RunError
from pydantic import AfterValidator

from .base import Args, Settings

# What the host of a registry may have and a path in a mirror may not.
_NO_PATH = str.maketrans({":": "-", "[": None, "]": None})


class Image(Args):
    """One pinned container image and the licence of the software in it, as an SPDX expression."""

    repository: str
    version: str
    digest: str | None = None
    licence: str
    source: str

    @property
    def tagged(self) -> str:
        """Its name in a lock file."""
        return f"{self.repository}:{self.version}"

    @property
    def tag(self) -> str:
        """What stands behind the repository where that has a field of its own."""
        return f"{self.version}@{self.digest}" if self.digest else self.version

    @property
    def reference(self) -> str:
        """What a container's `image` field holds."""
        return f"{self.repository}:{self.tag}"


_PLACE = re.compile(r"(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9-]+(?=:))(:\d+)?(/[a-z0-9._-]+)*")


def _mirror(place: str) -> str:
    if not _PLACE.fullmatch(place):
        raise ValueError("write a registry, or a path in one, for example registry.example.org/mirror")
    return place


class ImageSettings(Settings):
    """Where an environment has its images from, and how firmly they are pinned."""

    mirror: Annotated[str, AfterValidator(_mirror)] | None = None
    """A registry that holds copies of all images, as `python -m policies images copies` lays them out."""
    lock: str | None = None
    """A file of `python -m policies images lock`, seen from the program's folder: each image gets its digest.

    One that the file lacks keeps its tag, for it is from a preview that the file is made; `requireDigest` refuses it.
    """


_chosen = ImageSettings()


def choose(settings: ImageSettings) -> None:
    """For all images from here on. There is one platform in a program, and it has its images from one place: passing
    that through every component would say the same in each of them."""
    global _chosen
    _chosen = settings
    _digests.cache_clear()
    _supplied.cache_clear()


@cache
def _digests(lock: str) -> dict[str, str]:
    try:
        images = json.loads(Path(lock).read_text(encoding="utf-8"))["images"]
        return {name: entry["digest"] for name, entry in images.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"environment.images.lock: {lock} can't be read as a lock file ({error!r})") from error


@cache
def _entries() -> dict[str, Image]:
    text = Path(__file__).with_name("catalog.json").read_text(encoding="utf-8")
    return {name: Image(**entry) for name, entry in json.loads(text).items()}


@cache
def _supplied(name: str) -> Image:
    """The catalogue's image, with the digest of the lock, from the mirror."""
    entry, changes = _entries()[name], {}
    if _chosen.lock:
        digests = _digests(_chosen.lock)
        changes["digest"] = digests.get(entry.tagged, entry.digest)
    if _chosen.mirror:
        host, _, path = entry.repository.partition("/")
        changes["repository"] = f"{_chosen.mirror}/{host.translate(_NO_PATH)}/{path}"
    return entry.model_copy(update=changes)


def names() -> tuple[str, ...]:
    """Of all images, in order."""
    return tuple(sorted(_entries()))


def image(name: str) -> Image:
    """The image of that name, as it is pulled here. Raises KeyError, with the names there are, for any other."""
    if name not in _entries():
        raise KeyError(f"catalog.json has no image {name!r}; it has {', '.join(names())}")
    return _supplied(name)
