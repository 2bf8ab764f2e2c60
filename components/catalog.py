"""Every image that the platform runs, pinned here and only here (`catalog.json`)."""

import json
from functools import cache
from pathlib import Path

from .base import Args


class Image(Args):
    """One pinned container image and the licence of the software in it, as an SPDX expression."""

    repository: str
    version: str
    digest: str | None = None
    licence: str
    source: str

    @property
    def reference(self) -> str:
        """What a container's `image` field holds."""
        tagged = f"{self.repository}:{self.version}"
        return f"{tagged}@{self.digest}" if self.digest else tagged


@cache
def _entries() -> dict[str, Image]:
    text = Path(__file__).with_name("catalog.json").read_text(encoding="utf-8")
    return {name: Image(**entry) for name, entry in json.loads(text).items()}


def names() -> tuple[str, ...]:
    """Of all images, in order."""
    return tuple(sorted(_entries()))


def image(name: str) -> Image:
    """The catalogue's entry of that name. Raises KeyError, with the names there are, for any other."""
    if name not in _entries():
        raise KeyError(f"catalog.json has no image {name!r}; it has {', '.join(names())}")
    return _entries()[name]
