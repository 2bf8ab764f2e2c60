"""The lock file: which digest each tag stands for, in a form that a repository keeps and a reviewer reads."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from ..outside.errors import Unusable
from .inventory import StackImage

_DIGEST = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_SCHEMA = {
    "type": "object",
    "required": ["images"],
    "additionalProperties": False,
    "properties": {
        "images": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["digest", "platforms"],
                "additionalProperties": False,
                "properties": {
                    "digest": _DIGEST,
                    "platforms": {"type": "object", "additionalProperties": _DIGEST},
                },
            },
        }
    },
}


@dataclass(frozen=True)
class Locked:
    """`digest` is that of the index where there is one, so that each node finds its own platform in it."""

    digest: str
    platforms: Mapping[str, str] = field(default_factory=dict)
    """Digest of the manifest for each platform, such as linux/amd64: what changed is seen in a diff."""


@dataclass(frozen=True)
class Lock:
    """Digests by image name, `docker.io/library/nginx:1.27`."""

    images: Mapping[str, Locked] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, *, may_lack: bool = False) -> "Lock":
        """Raises Unusable. With `may_lack` a file that is not there is an empty lock."""
        if may_lack and not path.exists():
            return cls()
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Unusable(f"{path}: can't be read as JSON ({error})") from error
        mistakes = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(_SCHEMA).iter_errors(data)]
        if mistakes:
            raise Unusable(f"{path}: is no lock file: {'; '.join(mistakes)}")
        return cls({name: Locked(one["digest"], one["platforms"]) for name, one in data["images"].items()})

    def digest(self, name: str) -> str | None:
        return self.images[name].digest if name in self.images else None

    def render(self) -> str:
        """The same lock is the same text on every day and machine."""
        plain: dict[str, Any] = {
            name: {"digest": one.digest, "platforms": dict(one.platforms)} for name, one in self.images.items()
        }
        return json.dumps({"images": plain}, indent=2, sort_keys=True) + "\n"


def updated(
    lock: Lock, images: Iterable[StackImage], resolve: Callable[[StackImage], Locked], *, anew: bool = False
) -> Lock:
    """The lock for these images: what it lacks is resolved, what nothing names any more is dropped, and the rest stays
    unless all is wanted `anew`. What a stack itself pins is only in it if it was before, as when the lock did that."""
    wanted = {image.name: image for image in images if not image.origin.digest or image.origin.tag}
    wanted = {name: one for name, one in wanted.items() if name in lock.images or not one.origin.digest}
    return Lock(
        {
            name: lock.images[name] if name in lock.images and not anew else resolve(image)
            for name, image in sorted(wanted.items())
        }
    )


def differences(old: Lock, new: Lock) -> list[str]:
    """One line for each image that the two have otherwise."""
    lines = []
    for name in sorted({*old.images, *new.images}):
        before, after = old.digest(name), new.digest(name)
        if before != after:
            lines.append(f"{name}: {before or 'not locked'} -> {after or 'not used any more'}")
        elif old.images[name] != new.images[name]:
            lines.append(f"{name}: other platforms under the same digest")
    return lines
