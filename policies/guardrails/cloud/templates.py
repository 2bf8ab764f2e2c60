"""GPU nodes whose machine is given by a launch template: the node group alone does not tell that it has GPUs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import Severity

from ...open_source.reading import UNKNOWN
from ..findings import Finding, Resource, Unknown
from ..stack import stack_rule
from .gpus import has_gpu, is_for_gpu, judged
from .values import at, listed

_GROUP, _TEMPLATE = "aws:eks/nodeGroup:NodeGroup", "aws:ec2/launchTemplate:LaunchTemplate"
_NAMED_BY = ("id", "name")
_ONLY_WITH_GPU = ("acceleratorManufacturers", "acceleratorNames", "acceleratorTypes")


def _groups(resources: Sequence[Resource], settings: Mapping[str, Any]) -> Iterator[tuple[Resource | None, Finding]]:
    templates = [one for one in resources if one.token == _TEMPLATE]
    for group in resources:
        if group.token != _GROUP or not _leaves_it_to_a_template(group.props):
            continue
        found = list(judged(group.props))
        gpus = _has_gpus(_templates_of(group, templates))
        if gpus:
            yield from ((group, finding) for finding in found)
        elif gpus is None and found:
            yield group, Unknown("launchTemplate")


def _leaves_it_to_a_template(props: dict[str, Any]) -> bool:
    """What the group says itself is judged by the rule on pools."""
    return bool(at(props, "launchTemplate")) and not at(props, "instanceTypes") and not is_for_gpu(at(props, "amiType"))


def _templates_of(group: Resource, templates: Iterable[Resource]) -> list[Resource]:
    """The one that the group's property is made of, or names: empty if it is not of this stack."""
    used = group.uses.get("launchTemplate", ())
    if made_of := [one for one in templates if one.urn in used]:
        return made_of
    return [one for one in templates if any(_is_named(group, one, by) for by in _NAMED_BY)]


def _is_named(group: Resource, template: Resource, by: str) -> bool:
    said = at(group.props, f"launchTemplate.{by}")
    return isinstance(said, str) and said is not UNKNOWN and said == at(template.props, by)


def _has_gpus(templates: Sequence[Resource]) -> bool | None:
    """None if nobody can tell."""
    told = [_machine_has_gpu(one.props) for one in templates]
    if True in told:
        return True
    return None if None in told or not told else False


def _machine_has_gpu(template: dict[str, Any]) -> bool | None:
    machine, wanted = at(template, "instanceType"), at(template, "instanceRequirements")
    if UNKNOWN in (machine, wanted):
        return None
    if not isinstance(wanted, dict | list):
        return has_gpu(machine)
    least = at(wanted, "acceleratorCount.min")
    named = [one for field in ("allowedInstanceTypes", *_ONLY_WITH_GPU) for one in listed(at(wanted, field))]
    if any(map(has_gpu, listed(at(wanted, "allowedInstanceTypes")))) or _is_positive(least):
        return True
    if any(one is not UNKNOWN for field in _ONLY_WITH_GPU for one in listed(at(wanted, field))):
        return True
    return None if UNKNOWN in (*named, least) else False


def _is_positive(number: Any) -> bool:
    return isinstance(number, int | float) and number > 0


GPU_TEMPLATES = stack_rule(
    "gpu-templates",
    "Nodes that have their GPUs by a launch template are tainted, and can all go.",
    _groups,
    (_GROUP, _TEMPLATE).__contains__,
    Severity.HIGH,
    {},
)
