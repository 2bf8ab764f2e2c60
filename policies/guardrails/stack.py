"""How a rule on all resources of a stack together is made."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pulumi_policy import EnforcementLevel, ReportViolation, Severity, StackValidationArgs, StackValidationPolicy

from ..open_source.exemptions import ended, exemptions
from ..open_source.reading import plain
from .findings import Finding, Problem, Resource
from .rule import guarded, with_exemptions

Check = Callable[[Sequence[Resource], Mapping[str, Any]], Iterable[tuple[Resource | None, Finding]]]


def stack_rule(
    name: str,
    description: str,
    check: Check,
    wants: Callable[[str], bool],
    severity: Severity,
    config: Mapping[str, dict[str, Any]],
) -> StackValidationPolicy:
    """`wants` says of a type whether its resources matter: no other is read. What is exempt is left out."""

    def judge(args: StackValidationArgs, report: ReportViolation) -> Iterable[str]:
        settings = args.get_config()
        exempt, today = exemptions(settings), date.today()
        notes: dict[str, str] = {}
        resources = []
        for one in args.resources:
            note = ended(exempt, one.name, today) if wants(one.resource_type) else None
            if note is not None:
                protected = bool(one.opts and one.opts.protect)
                read = plain(one.props)
                parent = one.parent.urn if one.parent else ""
                uses = {key: tuple(other.urn for other in made) for key, made in one.property_dependencies.items()}
                resources.append(
                    Resource(one.resource_type, one.name, read, protected, settings, one.urn, parent, uses)
                )
                notes[one.urn] = note
        unknown = []
        for resource, finding in check(resources, settings):
            place = f"{resource.name}: {finding.path}" if resource else finding.path
            if isinstance(finding, Problem):
                note = notes[resource.urn] if resource else ""
                report(f"{place}: {finding.text}{note}", resource.urn if resource else None)
            else:
                unknown.append(place)
        return unknown

    return StackValidationPolicy(
        name=name,
        description=description,
        validate=guarded(judge),
        enforcement_level=EnforcementLevel.MANDATORY,
        severity=severity,
        config_schema=with_exemptions(config),
    )
