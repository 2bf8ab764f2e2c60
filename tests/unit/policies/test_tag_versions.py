"""A tag says in which range the version lies, and no more than that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.open_source.versions import ANY, Range, between, number, stated_by

VERSIONS = st.lists(st.integers(0, 3000), min_size=1, max_size=4).map(tuple)


@pytest.mark.parametrize(
    "tag, low, high",
    [
        ("7", (7,), (8,)),
        ("7-alpine", (7,), (8,)),
        ("7.4", (7, 4), (7, 5)),
        ("v1.14.3", (1, 14, 3), (1, 14, 4)),
        ("v3.17.2-full", (3, 17, 2), (3, 17, 3)),
        ("8.0-rc1", (8, 0), (8, 1)),
        ("8.0rc1", (8, 0), (8, 1)),
        ("15.20-bookworm", (15, 20), (15, 21)),
        ("2025.1", (2025, 1), (2025, 2)),
        ("release-1.2", (1, 2), (1, 3)),
        ("RELEASE.2021-04-22T15-44-28Z", (2021, 4, 22), (2021, 4, 23)),
        ("3.12.0.1", (3, 12, 0, 1), (3, 12, 0, 2)),
    ],
)
def test_a_tag_states_a_range_of_versions(tag, low, high):
    assert stated_by(tag) == Range(low, high)


@pytest.mark.parametrize(
    "tag", [None, "latest", "alpine", "main", "5e3f2c1", "1a2b3c4d", "sha-12", "stable-7", "ee-1.2"]
)
def test_a_tag_without_a_version_may_be_any(tag):
    assert stated_by(tag) == ANY


@given(VERSIONS, VERSIONS)
def test_a_full_version_is_on_one_side_of_a_boundary(version, boundary):
    stated = stated_by(".".join(map(str, version)))
    text = ".".join(map(str, boundary))
    older, newer = between(None, text), between(text, None)
    assert older.overlaps(stated) or newer.overlaps(stated)
    if len(version) >= len(boundary):
        assert newer.holds(stated) == (version >= boundary) and older.holds(stated) == (version < boundary)
    else:
        assert older.holds(stated) or newer.holds(stated) or (older.overlaps(stated) and newer.overlaps(stated))


def test_numbers_are_compared_as_numbers():
    assert number("7.10") > number("7.9")


def test_ranges_that_only_touch_do_not_overlap():
    before, after = between("7", "8"), between("8", "9")
    assert not before.overlaps(after) and not after.overlaps(before)


def test_a_range_holds_itself_and_nothing_that_goes_further():
    seven = between("7", "8")
    assert seven.holds(seven) and seven.holds(between("7.4", "8"))
    assert not seven.holds(between("7", "8.1")) and not seven.holds(between("6.9", "8"))
