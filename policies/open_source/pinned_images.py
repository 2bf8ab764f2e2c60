"""The rule on tags and digests."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pulumi_policy import ResourceValidationArgs, Severity

from .places import Place, places
from .rule import Config, image_policy
from .subjects import Subject

MOVING = r"(?:.*-)?latest(?:-.*)?|nightly|edge|main|master|dev"
_MOVING = re.compile(MOVING)

CONFIG = {
    "requireDigest": {
        "type": "boolean",
        "description": "Whether an image needs a digest too; production stacks should set it.",
        "default": False,
    },
    "lock": {
        "type": "string",
        "description": "At the level `remediate`: a lock file, from the program's folder, whose digests are put in.",
        "default": "",
    },
}


def check(subject: Subject, config: Config) -> str | None:
    image = subject.reference
    if not image or image.digest:
        return None
    if config.get("requireDigest"):
        return "has no digest, so what runs may change without notice: write name:tag@sha256:..."
    if not image.tag:
        return "has no tag, which means `latest`: name the version."
    if _MOVING.fullmatch(image.tag):
        return "is whatever is the newest on the day that a node pulls it: name the version."
    return None


def pin(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
    """The resource with the lock's digests behind its tags; None if nothing changes, or if there is no lock to go by.

    What is left without a digest is judged afterwards, as ever.
    """
    digests = _digests(args.get_config().get("lock"))
    changed = False
    for place in places(args.resource_type, args.props):
        changed |= _put(args.props, place, digests)
    return args.props if changed else None


def _put(props: Any, place: Place, digests: Mapping[str, str]) -> bool:
    """In place, for a copy of the properties would no longer say which of them are secret."""
    digest = digests.get(f"{place.reference.repository}:{place.reference.tag or 'latest'}")
    *above, last = place.steps
    if not digest or place.reference.digest or not isinstance(last, str):  # the SDK's lists can't be changed
        return False
    for step in above:
        props = props[step]
    props[last] = f"{place.before}{place.text}@{digest}"
    return True


@lru_cache(maxsize=4)
def _digests(lock: str | None) -> Mapping[str, str]:
    """By name and tag. An unreadable lock has none."""
    if not lock:
        return {}
    try:
        images = json.loads(Path(lock).read_text(encoding="utf-8"))["images"]
        return {name: str(one["digest"]) for name, one in images.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


pinned_images = image_policy(
    name="pinned-images",
    description="Every image names its version.",
    check=check,
    severity=Severity.MEDIUM,
    config=CONFIG,
    remediate=pin,
)
