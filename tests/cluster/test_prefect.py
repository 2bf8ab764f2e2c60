"""Prefect as its users have it."""

from tests.cluster.platform import Platform


def test_it_is_up(platform: Platform):
    assert platform.endpoint("prefect")["url"]
