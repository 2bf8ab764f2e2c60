"""Luigi as its users have it: runs started by kubectl, looked at through the web page's API."""

from tests.cluster.platform import Platform


def test_it_is_up(platform: Platform):
    print(platform.endpoint("luigi")["url"])
