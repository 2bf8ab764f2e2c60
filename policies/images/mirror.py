"""Where images are in a mirror, and what to copy to get them there."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import yaml

from ..open_source.references import InvalidReference, Reference, parse
from ..outside.errors import Unusable
from .inventory import StackImage
from .lock import Lock


@dataclass(frozen=True)
class Mirror:
    """A registry, or a path in one, that holds images of all others: `registry.example.org/mirror`."""

    place: str

    @classmethod
    def read(cls, place: str) -> "Mirror":
        try:
            parse(f"{place}/x")
        except InvalidReference as error:
            raise Unusable(f"{place}: is no registry to copy to: {error}") from error
        if "/" not in place and not {".", ":"} & set(place) and place != "localhost":
            raise Unusable(f"{place}: is no registry to copy to: name its host, as in registry.example.org/mirror")
        return cls(place.rstrip("/"))

    def repository(self, origin: Reference) -> str:
        """Each registry gets a path of its own, so that no two images meet, and the origin can be read from it."""
        return f"{self.of(origin.domain)}/{origin.path}"

    def holds(self, image: Reference) -> bool:
        return image.repository.startswith(f"{self.place}/")

    def of(self, domain: str) -> str:
        return f"{self.place}/{domain.translate(_NO_PATH)}"


# What a host may have and a path may not: a port's colon, the brackets of an address.
_NO_PATH = str.maketrans({":": "-", "[": None, "]": None})


@dataclass(frozen=True)
class Copy:
    source: str
    target: str


def copies(images: Iterable[StackImage], mirror: Mirror, lock: Lock) -> list[Copy]:
    """Each image once. The source is the digest, where one is known: a tag may move between two runs."""
    found = {}
    for image in images:
        origin = image.origin
        digest = origin.digest or lock.digest(image.name)
        source = f"{origin.repository}@{digest}" if digest else image.name
        tag = origin.tag or (str(origin.digest).replace(":", "-") if origin.digest else "latest")
        found[f"{mirror.repository(origin)}:{tag}"] = source
    return [Copy(source, target) for target, source in sorted(found.items())]


def settings(images: Iterable[StackImage], mirror: Mirror) -> str:
    """For the packs: copies are judged as what they are copies of, and nothing comes from anywhere else."""
    origins = {mirror.of(domain): domain for domain in sorted({image.origin.domain for image in images})}
    rules = {"open-source-images": {"mirrors": origins}, "allowed-registries": {"registries": [mirror.place]}}
    return json.dumps(rules, indent=2)


def _lines(copies: Sequence[Copy]) -> str:
    return "\n".join(f"{one.source} {one.target}" for one in copies)


def _skopeo(copies: Sequence[Copy]) -> str:
    """All platforms, and the bytes as they are: otherwise the digests of the lock would not be those of the copy."""
    command = "skopeo copy --all --preserve-digests"
    return "\n".join(f"{command} docker://{one.source} docker://{one.target}" for one in copies)


def _crane(copies: Sequence[Copy]) -> str:
    return "\n".join(f"crane copy {one.source} {one.target}" for one in copies)


def _image_set(copies: Sequence[Copy]) -> str:
    """For `oc-mirror --v2`, which lays its mirror out in its own way."""
    kind = {"apiVersion": "mirror.openshift.io/v2alpha1", "kind": "ImageSetConfiguration"}
    names = [{"name": one.source} for one in copies]
    return str(yaml.safe_dump({**kind, "mirror": {"additionalImages": names}}, sort_keys=False)).rstrip()


def _json(copies: Sequence[Copy]) -> str:
    return json.dumps([{"source": one.source, "target": one.target} for one in copies], indent=2)


FORMATS: Mapping[str, Callable[[Sequence[Copy]], str]] = {
    "text": _lines,
    "json": _json,
    "skopeo": _skopeo,
    "crane": _crane,
    "oc-mirror": _image_set,
}
