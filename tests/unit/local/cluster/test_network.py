from ipaddress import IPv4Network
from pathlib import Path

import pytest

from local.cluster import network
from local.cluster.network import CANDIDATES, Network
from local.errors import LocalError


@pytest.fixture(autouse=True)
def no_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "RECORD", tmp_path / "network.json")


def test_the_first_ranges_that_the_host_does_not_use_are_taken() -> None:
    assert str(network.choose([]).pods) == CANDIDATES[0][0]
    assert str(network.choose([IPv4Network("10.0.0.0/8")]).pods) == CANDIDATES[1][0]


def test_a_route_to_part_of_a_range_or_to_services_alone_is_a_clash() -> None:
    assert str(network.choose([IPv4Network("10.202.7.0/24")]).pods) == CANDIDATES[1][0]


def test_no_free_range_is_an_error_that_names_the_choices() -> None:
    with pytest.raises(LocalError, match=r"clashes with a route.*10\.201\.0\.0/16 and 10\.202\.0\.0/16"):
        network.choose([IPv4Network(pods) for pods, _ in CANDIDATES])


def test_a_running_cluster_keeps_its_ranges_and_a_later_clash_is_an_error() -> None:
    moved = network.choose([IPv4Network("10.0.0.0/8")])
    network.remember(moved)
    assert network.choose([]) == moved
    with pytest.raises(LocalError, match=f"the host now has a route to {moved.pods}"):
        network.choose([moved.pods])


@pytest.mark.parametrize("pair", CANDIDATES)
def test_every_candidate_holds_together(pair: tuple[str, str]) -> None:
    one = Network(IPv4Network(pair[0]), IPv4Network(pair[1]))
    assert not one.pods.overlaps(one.services)
    assert not one.real.overlaps(one.simulated)
    assert one.bridge in one.real
    assert all(net.is_private for net in (one.pods, one.services))
