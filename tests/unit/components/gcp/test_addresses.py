"""How a network is cut, for any network, and how many nodes it has room for."""

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from components.compute.gcp.addresses import LARGEST, SMALLEST, cut, largest_for


def _network(size: int, place: int) -> str:
    """The network of that size around the `place`-th small block of 10.0.0.0/8."""
    return str(IPv4Network((10 << 24 | place << 12, size), strict=False))


networks = st.builds(_network, st.integers(LARGEST, SMALLEST), st.integers(0, 4095))


@given(networks)
def test_nodes_and_pods_lie_within_the_network_and_apart_from_each_other(network: str):
    whole, ranges = IPv4Network(network), cut(network)
    nodes, pods = IPv4Network(ranges.nodes), IPv4Network(ranges.pods)
    assert nodes.subnet_of(whole) and pods.subnet_of(whole) and not nodes.overlaps(pods)
    databases = IPv4Network(ranges.databases)
    assert databases.subnet_of(whole) and not any(databases.overlaps(one) for one in (nodes, pods))
    # Google gives a server no smaller range.
    assert databases.prefixlen <= 24
    assert whole.num_addresses - nodes.num_addresses - pods.num_addresses == whole.num_addresses // 4


@given(networks)
def test_every_node_has_addresses_for_itself_and_for_all_pods_it_may_run(network: str):
    ranges = cut(network)
    assert ranges.most_nodes * 256 <= IPv4Network(ranges.pods).num_addresses
    assert 8 <= ranges.most_nodes <= IPv4Network(ranges.nodes).num_addresses - 4


@given(st.integers(1, 16_000))
def test_the_size_that_is_advised_has_room_and_the_next_smaller_one_has_none(nodes: int):
    size = largest_for(nodes)
    assert cut(f"10.0.0.0/{size}" if size >= 16 else f"0.0.0.0/{size}").most_nodes >= nodes
    assert size == SMALLEST or cut(f"0.0.0.0/{size + 1}").most_nodes < nodes
