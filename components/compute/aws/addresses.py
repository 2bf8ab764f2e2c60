"""Which ranges a network is cut into. Arithmetic alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

LARGEST, SMALLEST = 16, 20  # as AWS has it for a whole network, and so that the smallest part still has room
MOST_ZONES = 3


@dataclass(frozen=True)
class ZoneRanges:
    """A zone's part: nearly all of it for nodes and pods, and a little for what has a public address."""

    private: str
    public: str


def cut(network: str, zones: Sequence[str]) -> dict[str, ZoneRanges]:
    """A quarter of the network for each zone, by its place in the list, and a sixteenth of the last one for the public.

    A zone that is added at the end moves no other.
    """
    *quarters, last = IPv4Network(network).subnets(prefixlen_diff=2)
    slivers = last.subnets(prefixlen_diff=4)
    return {
        zone: ZoneRanges(private=str(private), public=str(public))
        for zone, private, public in zip(zones, quarters, slivers, strict=False)
    }
