"""The platform's own images, as the licence catalogue of the policies sees them."""

import json
from pathlib import Path

import pytest

from policies.open_source.catalogue import Catalogue
from policies.open_source.references import parse
from policies.open_source.rule import judge

CATALOGUE = Catalogue.load()
IMAGES = json.loads((Path(__file__).parents[3] / "components" / "catalog.json").read_text())


@pytest.mark.parametrize("name", sorted(IMAGES))
def test_every_image_of_the_platform_is_allowed_under_the_licence_that_its_own_catalogue_states(name: str):
    image = IMAGES[name]
    reference = parse(f"{image['repository']}:{image['version']}")
    known = CATALOGUE.find(reference.repository)
    assert known, f"{reference.repository} is not in the licence catalogue"
    assert {terms.licence for terms in known.terms_of(reference)} == {image["licence"]}
    assert known.source == image["source"]
    assert judge({}).problem(reference) is None
