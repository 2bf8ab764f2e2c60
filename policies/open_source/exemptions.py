"""Leave to break one rule: for whom, why, who answers for it, and until when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

SCHEMA: Mapping[str, Any] = {
    "type": "array",
    "description": "Resources that may break this rule.",
    "default": [],
    "items": {
        "type": "object",
        "required": ["resource", "reason", "owner", "until"],
        "additionalProperties": False,
        "properties": {
            "resource": {"type": "string", "minLength": 1, "description": "Its name; * is any part of one"},
            "reason": {"type": "string", "minLength": 10},
            "owner": {"type": "string", "minLength": 1, "description": "Whom to ask"},
            "until": {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$", "description": "The last day"},
        },
    },
}


class InvalidExemption(ValueError):
    """One that the JSON schema lets through and that means nothing."""


@dataclass(frozen=True, slots=True)
class Exemption:
    resource: str
    owner: str
    until: date

    def covers(self, name: str) -> bool:
        return fnmatchcase(name, self.resource)


def exemptions(settings: Mapping[str, Any]) -> list[Exemption]:
    """Raises InvalidExemption for a day that isn't one."""
    return [Exemption(item["resource"], item["owner"], _day(item["until"])) for item in settings.get("exemptions", ())]


def ended(found: Iterable[Exemption], name: str, today: date) -> str | None:
    """None: a resource of that name may break the rule today. Otherwise what to add to a refusal, if anything."""
    covering = [one for one in found if one.covers(name)]
    if any(one.until >= today for one in covering):
        return None
    latest = max(covering, key=lambda one: one.until, default=None)
    return f" The exemption ended on {latest.until.isoformat()}; ask {latest.owner}." if latest else ""


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidExemption(f"exemptions, until: {text!r} is no day; write it as 2027-01-31") from error
