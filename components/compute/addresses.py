"""Ranges of addresses that get into each other's way. Arithmetic alone."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from itertools import combinations


def clash(ranges: Mapping[str, str]) -> tuple[str, str] | None:
    """The names of two ranges that have an address in common, or None."""
    networks = {name: IPv4Network(one) for name, one in ranges.items()}
    pairs = combinations(networks, 2)
    return next((pair for pair in pairs if networks[pair[0]].overlaps(networks[pair[1]])), None)
