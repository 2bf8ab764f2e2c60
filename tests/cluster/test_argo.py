"""Argo Workflows as its users have it."""

from tests.cluster.platform import Platform


def test_up(platform: Platform):
    print(platform.endpoint("argo"))
