"""How a rule of this pack is made: it never crashes, and it says what it can't know yet."""

import json
import traceback
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any, TypeAlias

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from .catalogue import Catalogue
from .exemptions import SCHEMA, InvalidExemption, ended, exemptions
from .found import Images
from .images import images
from .judgement import InvalidSettings, Judge, Settings
from .licensing import Licences
from .references import shown
from .subjects import Subject, subjects

Config: TypeAlias = Mapping[str, Any]
Check: TypeAlias = Callable[[Subject, Config], str | None]
Remedy: TypeAlias = Callable[[ResourceValidationArgs], Mapping[str, Any] | None]


class NotKnownYet(UnknownValueError):
    """Makes the SDK print a notice: a mandatory rule has no other way to say that it will judge later."""

    def __init__(self, paths: Iterable[str]) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [])
        self.message = f"no image is known yet at {', '.join(paths)}; it is judged during the update"


def policy(
    name: str,
    description: str,
    validate: Callable[[ResourceValidationArgs, ReportViolation], None],
    severity: Severity,
    config: Mapping[str, dict[str, Any]] | None = None,
    remediate: Remedy | None = None,
) -> ResourceValidationPolicy:
    """A mandatory rule of the pack."""
    return ResourceValidationPolicy(
        name=name,
        description=description,
        validate=guarded(_unless_exempt(validate)),
        enforcement_level=EnforcementLevel.MANDATORY,
        severity=severity,
        remediate=_harmless(remediate) if remediate else None,
        config_schema=PolicyConfigSchema({**(config or {}), "exemptions": dict(SCHEMA)}),
    )


def image_policy(
    name: str,
    description: str,
    check: Check,
    severity: Severity,
    config: Mapping[str, dict[str, Any]] | None = None,
    remediate: Remedy | None = None,
) -> ResourceValidationPolicy:
    """A rule on each image of a resource: `check` says what is wrong with it, as the end of a sentence."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        found = images(args.resource_type, args.props)
        settings = args.get_config()
        for subject in subjects(found, judge(settings).knows):
            problem = subject.problem or check(subject, settings)
            if problem:
                report(f"{subject} {problem}", None)
        _say_what_is_unknown(found)

    return policy(name, description, validate, severity, config, remediate)


def guarded(
    validate: Callable[[ResourceValidationArgs, ReportViolation], None],
) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    """An error that gets out of a rule ends the whole operation without a word on the cause: report it and refuse."""

    def run(args: ResourceValidationArgs, report: ReportViolation) -> None:
        try:
            validate(args, report)
        except UnknownValueError:
            raise
        except (InvalidSettings, InvalidExemption) as error:
            report(f"The configuration of this rule is wrong: {error}.", None)
        except Exception as error:  # the error's own text may hold a secret of the resource
            report(f"The rule could not judge this resource and refuses it: {_where(error)}.", None)

    return run


def _unless_exempt(
    validate: Callable[[ResourceValidationArgs, ReportViolation], None],
) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def run(args: ResourceValidationArgs, report: ReportViolation) -> None:
        note = ended(exemptions(args.get_config()), args.name, date.today())
        if note is not None:
            validate(args, lambda message, _: report(f"{message}{note}", None))

    return run


def _harmless(remedy: Remedy) -> Any:
    """An error that gets out of a remedy ends the whole operation, too: leave the resource as it is, to be judged."""

    def run(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
        try:
            return remedy(args)
        except Exception:
            return None

    return run


def judge(config: Config) -> Judge:
    """The judge for a stack's configuration; the same one each time, so that it remembers."""
    return _judge(json.dumps(config, default=dict), date.today())


@lru_cache(maxsize=8)
def _judge(config: str, today: date) -> Judge:
    return Judge(catalogue(), _licences(), Settings.read(json.loads(config)), today)


@cache
def catalogue() -> Catalogue:
    """The pack's own, read once."""
    return Catalogue.load()


@cache
def _licences() -> Licences:
    return Licences(catalogue().licences)


def _say_what_is_unknown(found: Images) -> None:
    if found.unknown:
        raise NotKnownYet(dict.fromkeys(shown(path) for path in found.unknown))


def _where(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}, line {place.lineno}"
