"""The rule on licences."""

from pulumi_policy import Severity

from .rule import Config, image_policy, judge
from .subjects import Subject

_REPOSITORY = {"type": "string", "minLength": 1}
_LICENCE = {"type": "string", "minLength": 1}

CONFIG = {
    "exceptions": {
        "type": "array",
        "description": "Images that this stack may use although the rule refuses them.",
        "default": [],
        "items": {
            "type": "object",
            "required": ["repository", "reason", "owner", "until"],
            "additionalProperties": False,
            "properties": {
                "repository": _REPOSITORY,
                "reason": {"type": "string", "minLength": 10},
                "owner": {"type": "string", "minLength": 1},
                "until": {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"},
            },
        },
    },
    "additions": {
        "type": "array",
        "description": "Repositories that the catalogue does not know, such as those of your own images.",
        "default": [],
        "items": {
            "type": "object",
            "required": ["repository", "licence", "source"],
            "additionalProperties": False,
            "properties": {"repository": _REPOSITORY, "licence": _LICENCE, "source": {"type": "string"}},
        },
    },
    "mirrors": {
        "type": "object",
        "description": "Where mirrors have their images from: registry.example.org/hub -> docker.io.",
        "default": {},
        "additionalProperties": {"type": "string", "minLength": 1},
    },
    "refusedLicences": {
        "type": "array",
        "description": "SPDX identifiers of open licences that this house does not accept, such as AGPL-3.0-only.",
        "default": [],
        "items": _LICENCE,
    },
}


def check(subject: Subject, config: Config) -> str | None:
    return judge(config).problem(subject.reference) if subject.reference else None


open_source_images = image_policy(
    name="open-source-images",
    description="Every image is open source in the version that runs.",
    check=check,
    severity=Severity.HIGH,
    config=CONFIG,
)
