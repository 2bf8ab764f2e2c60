"""How a network is cut, for any network and any zones."""

from ipaddress import IPv4Network
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from components.compute.addresses import clash
from components.compute.aws.addresses import LARGEST, MOST_ZONES, SMALLEST, cut


def _network(size: int, place: int) -> str:
    """The `place`-th small block of 10.0.0.0/8, as the network of that size around it."""
    return str(IPv4Network((10 << 24 | place << 12, size), strict=False))


networks = st.builds(_network, st.integers(LARGEST, SMALLEST), st.integers(0, 4095))
zones = st.permutations("abcdef").flatmap(lambda letters: st.integers(2, MOST_ZONES).map(lambda most: letters[:most]))


@given(networks, zones)
def test_parts_lie_within_the_network_and_apart_from_each_other(network: str, letters: list[str]):
    parts = [IPv4Network(one) for zone in cut(network, letters).values() for one in (zone.private, zone.public)]
    assert len(parts) == 2 * len(letters)
    assert all(part.subnet_of(IPv4Network(network)) for part in parts)
    assert not any(one.overlaps(other) for one, other in combinations(parts, 2))


@given(networks, zones)
def test_a_zone_that_is_added_at_the_end_moves_no_other(network: str, letters: list[str]):
    before, after = cut(network, letters[:-1]), cut(network, letters)
    assert all(after[zone] == ranges for zone, ranges in before.items())


@given(networks, zones)
def test_even_the_smallest_part_is_one_that_aws_accepts(network: str, letters: list[str]):
    assert all(IPv4Network(zone.public).prefixlen <= 28 for zone in cut(network, letters).values())


@given(networks, networks)
def test_a_clash_is_named_just_where_an_address_is_in_both(one: str, other: str):
    shared = IPv4Network(one).overlaps(IPv4Network(other))
    assert clash({"one": one, "other": other}) == (("one", "other") if shared else None)
