"""How a rule of this pack is made: it never crashes, honours exemptions, and says what it can't know yet."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from ..open_source.exemptions import SCHEMA, InvalidExemption, ended, exemptions
from ..open_source.reading import plain
from .findings import Finding, Problem, Resource, Unknown

Check = Callable[[Resource], Iterable[Finding]]


class NotKnownYet(UnknownValueError):
    """Makes the SDK print a notice: a mandatory rule has no other way to say that it will judge later."""

    def __init__(self, paths: Iterable[str]) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [])
        self.message = f"not known yet: {', '.join(paths)}; judged during the update"


def rule(
    name: str, description: str, check: Check, severity: Severity, config: Mapping[str, dict[str, Any]] | None = None
) -> ResourceValidationPolicy:
    """A mandatory rule; each stack may set its level, and exempt resources from it."""

    return ResourceValidationPolicy(
        name=name,
        description=description,
        validate=guarded(lambda args, report: _judge(args, check, report)),
        enforcement_level=EnforcementLevel.MANDATORY,
        severity=severity,
        config_schema=with_exemptions(config),
    )


def guarded(judge: Callable[[Any, ReportViolation], Iterable[str]]) -> Callable[[Any, ReportViolation], None]:
    """What a rule does when it can't go on; `judge` gives the places that it will know during the update."""

    def validate(args: Any, report: ReportViolation) -> None:
        try:
            unknown = dict.fromkeys(judge(args, report))
        except InvalidExemption as error:
            report(f"The configuration of this rule is wrong: {error}.", None)
            return
        except Exception as error:  # the error's own text may hold a secret of the resource
            report(f"The rule could not judge this and refuses it: {type(error).__name__}.", None)
            return
        if unknown:
            raise NotKnownYet(unknown)

    return validate


def with_exemptions(config: Mapping[str, dict[str, Any]] | None) -> PolicyConfigSchema:
    return PolicyConfigSchema({**(config or {}), "exemptions": dict(SCHEMA)})


def _judge(args: ResourceValidationArgs, check: Check, report: ReportViolation) -> list[str]:
    settings = args.get_config()
    protected = bool(args.opts and args.opts.protect)
    resource = Resource(args.resource_type, args.name, plain(args.props), protected, settings)
    findings, exempt = list(check(resource)), exemptions(settings)
    note = ended(exempt, args.name, date.today())
    if note is None:
        return []
    for problem in _once(finding for finding in findings if isinstance(finding, Problem)):
        report(f"{problem.path}: {problem.text}{note}", None)
    return [finding.path for finding in findings if isinstance(finding, Unknown)]


def _once(problems: Iterable[Problem]) -> Iterator[Problem]:
    return iter(dict.fromkeys(problems))
