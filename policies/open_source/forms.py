"""The ways in which resources write one image: as a text, with parts in fields beside it, or as an object."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from .reading import UNKNOWN

TAGS = ("imageTag", "image_tag", "tag", "imageVersion", "defaultImageVersion")
DIGESTS = ("digest", "sha", "imageDigest")
# What JSON schemas say of a field. Pydantic, and so Prefect, writes `anyOf` where the field is optional.
SCHEMA = ("type", "anyOf", "default")


class Written(NamedTuple):
    """Where the image stands within its object, and its text, which is UNKNOWN if a part is."""

    place: str
    text: Any


def joined(node: dict[str, Any], key: str, name: str) -> Any:
    """The image `name` that stands at `key`, with the repository, tag and digest that stand beside it."""
    repository = node.get("repository") if key == "image" else None
    version = None
    if isinstance(repository, str) and repository:
        name, version = f"{repository}/{name}", node.get("version")
    tag = _first(node, (f"{key}Tag", *TAGS))
    digest = _first(node, (f"{key}Digest", *DIGESTS))
    for part, mark in ((version if tag is None else tag, ":"), (digest, "@")):
        if part is UNKNOWN:
            return UNKNOWN
        if isinstance(part, str) and part and mark not in name.rpartition("/")[2]:
            name += ("@" if part.startswith("sha256:") else mark) + part
    return name


def described(image: dict[str, Any]) -> Written | None:
    """An image as an object: a volume's `reference`, a chart's `repository` and `tag`; None if it is neither."""
    for key in ("reference", "repository", "name"):
        value = image.get(key)
        if value is UNKNOWN:
            return Written(key, UNKNOWN)
        if isinstance(value, str) and value:
            registry = image.get("registry")
            within = isinstance(registry, str) and registry and key != "reference"
            return Written(key, joined(image, key, f"{registry}/{value}" if within else value))
    return None


def is_schema(image: dict[str, Any]) -> bool:
    """Whether an object describes the field `image` rather than an image."""
    return any(image.get(key) is not None for key in SCHEMA)


def is_described(node: dict[str, Any]) -> bool:
    """Whether an object among several images is one itself; one with a field `image` rather holds one."""
    return "image" not in node and ("repository" in node or "reference" in node)


def _first(node: dict[str, Any], keys: Sequence[str]) -> Any:
    return next((value for key in keys if (value := node.get(key)) not in (None, "")), None)
