"""The rules' answers, one resource after another."""

from collections.abc import Iterable
from dataclasses import dataclass

from pulumi_policy import EnforcementLevel, PolicyResourceOptions, ResourceValidationArgs, ResourceValidationPolicy
from pulumi_policy.proxy import UnknownValueError

from .configuration import Rule
from .items import Item


@dataclass(frozen=True)
class Finding:
    """What one rule says of one resource."""

    item: Item
    rule: Rule
    message: str
    mandatory: bool


def judge(items: Iterable[Item], rules: Iterable[Rule]) -> list[Finding]:
    """All findings, in the order of the files. What can't be known from outside is said, and refuses nothing."""
    on = [rule for rule in rules if rule.level != EnforcementLevel.DISABLED]
    return [finding for item in items for rule in on for finding in _findings(item, rule)]


def _findings(item: Item, rule: Rule) -> list[Finding]:
    assert isinstance(rule.policy, ResourceValidationPolicy)
    mandatory = rule.level == EnforcementLevel.MANDATORY
    found: list[Finding] = []

    def report(message: str, _: str | None = None) -> None:
        found.append(Finding(item, rule, message, mandatory))

    try:
        rule.policy.validate(_args(item, rule), report)
    except UnknownValueError as unknown:
        found.append(Finding(item, rule, _told(unknown), mandatory=False))
    return found


def _told(unknown: UnknownValueError) -> str:
    return str(getattr(unknown, "message", unknown)).replace("judged during the update", "secret in this state file")


def _args(item: Item, rule: Rule) -> ResourceValidationArgs:
    urn = f"urn:pulumi:outside::outside::{item.token}::{item.name}"
    return ResourceValidationArgs(item.token, item.props, urn, item.name, _OPTIONS, None, rule.settings)


_OPTIONS = PolicyResourceOptions(
    protect=False,
    ignore_changes=[],
    delete_before_replace=None,
    aliases=[],
    custom_timeouts=None,  # type: ignore[arg-type]
    additional_secret_outputs=[],
)
