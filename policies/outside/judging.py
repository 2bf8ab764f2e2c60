"""The rules' answers, one resource after another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from .configuration import Rule
from .items import Item


@dataclass(frozen=True)
class Finding:
    """What one rule says of one resource."""

    item: Item
    """For a rule on all of them together that blames none, the first."""
    rule: Rule
    message: str
    mandatory: bool


def judge(items: Sequence[Item], rules: Iterable[Rule]) -> list[Finding]:
    """All findings, in the order of the files. What can't be known from outside is said, and refuses nothing."""
    on = [rule for rule in rules if rule.level != EnforcementLevel.DISABLED]
    each = [rule for rule in on if isinstance(rule.policy, ResourceValidationPolicy)]
    together = [rule for rule in on if isinstance(rule.policy, StackValidationPolicy)]
    found = [finding for item in items for rule in each for finding in _findings([item], rule, _args(item, rule))]
    resources = [_resource(item, index) for index, item in enumerate(items)]
    for rule in together:
        found += _findings(items, rule, StackValidationArgs(resources, dict(rule.settings)))
    return found


def _findings(items: Sequence[Item], rule: Rule, args: ResourceValidationArgs | StackValidationArgs) -> list[Finding]:
    # Nothing is put right here, so what a remedy would be for is refused.
    mandatory = rule.level in (EnforcementLevel.MANDATORY, EnforcementLevel.REMEDIATE)
    found: list[Finding] = []

    def report(message: str, urn: str | None = None) -> None:
        found.append(Finding(items[int(urn) if urn else 0], rule, message, mandatory))

    try:
        rule.policy.validate(args, report)  # type: ignore[attr-defined]
    except UnknownValueError as unknown:
        found.append(Finding(items[0], rule, _told(unknown), mandatory=False))
    return found


def _told(unknown: UnknownValueError) -> str:
    return str(getattr(unknown, "message", unknown)).replace("judged during the update", "secret in this state file")


def _args(item: Item, rule: Rule) -> ResourceValidationArgs:
    urn = f"urn:pulumi:outside::outside::{item.token}::{item.name}"
    return ResourceValidationArgs(item.token, item.props, urn, item.name, _OPTIONS, None, rule.settings)


def _resource(item: Item, index: int) -> PolicyResource:
    """Its place in the files serves as its URN."""
    return PolicyResource(item.token, item.props, str(index), item.name, _OPTIONS, None, None, [], {})


_OPTIONS = PolicyResourceOptions(
    protect=False,
    ignore_changes=[],
    delete_before_replace=None,
    aliases=[],
    custom_timeouts=None,  # type: ignore[arg-type]
    additional_secret_outputs=[],
)
