"""How rules look into the properties of a cloud's resources."""

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_interface
from typing import Any, TypeAlias

from ...open_source.reading import UNKNOWN
from ..findings import Finding, Problem, Resource, Unknown

Judges: TypeAlias = Mapping[str, Callable[[dict[str, Any]], Iterator[Finding]]]
"""Pulumi's type -> what looks at the properties of such a resource."""

_LEAST_PREFIX = 8
"""Ranges with fewer fixed bits are half of the internet, or a large part: two of them let everybody in."""


def by_type(judges: Judges) -> Callable[[Resource], Iterator[Finding]]:
    """Resources of other types are none of the rule's business."""

    def check(resource: Resource) -> Iterator[Finding]:
        if judge := judges.get(resource.token):
            yield from judge(resource.props)

    return check


def at(props: Any, path: str) -> Any:
    """The value at `a.b.c`: None if there is none, UNKNOWN if it, or what holds it, is not known yet."""
    for key in path.split("."):
        if isinstance(props, list):  # clouds write a single block as a list of one
            props = props[0] if props else None
        if props is UNKNOWN or not isinstance(props, dict):
            return UNKNOWN if props is UNKNOWN else None
        props = props.get(key)
    return props


def must_be(props: dict[str, Any], path: str, wanted: Any, why: str) -> Iterator[Finding]:
    """One finding unless `path` says `wanted`."""
    value = at(props, path)
    if value is UNKNOWN:
        yield Unknown(path)
    elif value != wanted:
        yield Problem(path, f"{why}; set `{path}: {str(wanted).lower() if isinstance(wanted, bool) else wanted}`.")


def must_be_set(props: dict[str, Any], path: str, why: str) -> Iterator[Finding]:
    """An unknown value is a set one: a key that the same update makes, as a rule."""
    if not at(props, path):
        yield Problem(path, f"{why}; set `{path}`.")


def open_ranges(props: Any, path: str) -> Iterator[Any]:
    """Ranges at `path` from which everybody comes in, and UNKNOWN where one may be such a range."""
    for one in listed(at(props, path)):
        if one is UNKNOWN or is_everywhere(one):
            yield one


def is_everywhere(value: Any) -> bool:
    try:
        return isinstance(value, str) and ip_interface(value).network.prefixlen < _LEAST_PREFIX
    except ValueError:
        return False


def listed(value: Any) -> list[Any]:
    """Where one may stand without a list around it."""
    return value if isinstance(value, list) else [] if value is None else [value]
