"""What resources cost in a month, by the price list."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ...open_source.reading import UNKNOWN
from ..findings import Resource
from .bills import BILLS, Bill, is_reserved
from .disks import NODES, SEEN_FOR_DISKS, TEMPLATE, Disks
from .prices import Prices


@dataclass(frozen=True)
class Cost:
    """One bill of a resource, in USD a month; nothing where `lacking` says what has no price, or the update tells."""

    resource: Resource
    name: str = ""
    least: float = 0
    most: float = 0
    idle: float = 0
    monthly: float = 0
    lacking: str = ""
    is_later: bool = False


def costs(resources: Iterable[Resource], known: Prices) -> Iterator[Cost]:
    """Of all that costs money while it exists."""
    billed = [one for one in resources if is_billed(one.token)]
    disks = Disks(billed)
    # On EKS the template says so, which is known to be a group's by the parent of both.
    held = {one.parent for one in billed if one.token == TEMPLATE and one.parent and is_reserved(TEMPLATE, one.props)}
    for resource in billed:
        own = [*BILLS[resource.token](resource.props)] if resource.token in BILLS else []
        if resource.token == NODES and resource.parent in held:
            own = [bill._replace(least=bill.most) for bill in own]
        for bill in (*own, *disks.bills(resource)):
            yield _cost(resource, bill, known)


def _cost(resource: Resource, bill: Bill, known: Prices) -> Cost:
    if UNKNOWN in (*bill.names, bill.least, bill.most):
        return Cost(resource, is_later=True)
    priced = {name: known.of(name) for name in map(_short, bill.names)}
    lacking = [name for name, price in priced.items() if price is None]
    if not all(isinstance(number, int | float) for number in (bill.least, bill.most)):
        lacking.append("its size")
    if lacking:
        return Cost(resource, lacking=lacking[0])
    price, dearest = max((price, name) for name, price in priced.items() if price is not None)
    return Cost(resource, dearest, bill.least, bill.most, price * bill.least, price * bill.most)


def _short(name: Any) -> str:
    """Google Cloud also names machines and disks by their address."""
    return str(name).rpartition("/")[2]


def is_billed(token: str) -> bool:
    """Whether a resource of that type bears on the sum."""
    return token in BILLS or token in SEEN_FOR_DISKS
