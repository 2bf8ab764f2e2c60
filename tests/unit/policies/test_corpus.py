"""The corpus that the API server judges too: the pack alone says of each object what it should."""

import pytest

from tests.corpus.bypasses import ALLOWED, REFUSED
from tests.corpus.custom_resources import custom_resources
from tests.corpus.workloads import GOOD, workloads
from tests.unit.policies.analysis import analyze

CLOSED, UNKNOWN = "docker.io/library/redis:7.4.1", "docker.io/acme/tool:1"
PLACES = [
    (name, *made)
    for (name, good), (_, closed), (_, unknown) in zip(
        *([*workloads(image), *custom_resources(image)] for image in (GOOD, CLOSED, UNKNOWN)), strict=True
    )
    for made in [(good, closed, unknown)]
]


def refusals(thing: dict) -> list[str]:
    version = thing["apiVersion"]
    token = f"kubernetes:{version if '/' in version else f'core/{version}'}:{thing['kind']}"
    return [finding.message for finding in analyze(token, thing) if finding.mandatory]


@pytest.mark.parametrize("good, closed, unknown", [place[1:] for place in PLACES], ids=[place[0] for place in PLACES])
def test_in_every_place_an_open_image_is_allowed_a_closed_one_and_an_unknown_one_refused(good, closed, unknown):
    assert refusals(good) == []
    assert any("library/redis:7.4.1" in message and "not open source" in message for message in refusals(closed))
    assert any("is not in the licence catalogue" in message for message in refusals(unknown))


@pytest.mark.parametrize("thing", REFUSED.values(), ids=REFUSED)
def test_an_attempt_to_get_past_the_rules_is_refused(thing):
    assert refusals(thing)


@pytest.mark.parametrize("thing", ALLOWED.values(), ids=ALLOWED)
def test_what_only_looks_like_an_image_is_left_alone(thing):
    assert refusals(thing) == []
