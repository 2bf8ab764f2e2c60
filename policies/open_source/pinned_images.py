"""The rule on tags and digests."""

import re

from pulumi_policy import Severity

from .rule import Config, image_policy
from .subjects import Subject

_MOVING = re.compile(r"(?:.*-)?latest(?:-.*)?|nightly|edge|main|master|dev")

CONFIG = {
    "requireDigest": {
        "type": "boolean",
        "description": "Whether an image needs a digest too; production stacks should set it.",
        "default": False,
    }
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


pinned_images = image_policy(
    name="pinned-images",
    description="Every image names its version.",
    check=check,
    severity=Severity.MEDIUM,
    config=CONFIG,
)
