"""SPDX expressions are open source if one may use the software under open licences alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.open_source.licensing import Licences, UnreadableLicence

LICENCES = Licences({"LicenseRef-open": True, "LicenseRef-closed": False})
OPEN = ["Apache-2.0", "MIT", "AGPL-3.0-only", "PostgreSQL", "LicenseRef-open"]
CLOSED = ["SSPL-1.0", "BUSL-1.1", "Elastic-2.0", "FSL-1.1-ALv2", "LicenseRef-closed", "LicenseRef-nobody-declared"]

LEAF = st.sampled_from([(name, True) for name in OPEN] + [(name, False) for name in CLOSED])
EXPRESSION = st.recursive(
    LEAF,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
        lambda it: (
            f"({it[0][0]} {it[1]} {it[2][0]})",
            (it[0][1] and it[2][1]) if it[1] == "AND" else (it[0][1] or it[2][1]),
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("expression", [*OPEN, "GPL-2.0-only", "ISC", "MPL-2.0", "curl", "Python-2.0.1", "Zlib"])
def test_licences_approved_by_the_osi_are_open(expression):
    assert LICENCES.is_open(expression)


@pytest.mark.parametrize("expression", [*CLOSED, "CC-BY-NC-4.0", "JSON", "no-such-licence"])
def test_all_others_are_not(expression):
    assert not LICENCES.is_open(expression)


@pytest.mark.parametrize(
    "expression, is_open",
    [
        ("LicenseRef-closed OR SSPL-1.0", False),
        ("LicenseRef-closed OR SSPL-1.0 OR AGPL-3.0-only", True),
        ("Apache-2.0 AND LicenseRef-closed", False),
        ("BSD-3-Clause AND (LicenseRef-closed OR SSPL-1.0)", False),
        ("BSD-3-Clause AND (LicenseRef-closed OR MIT)", True),
        ("MIT OR Apache-2.0 AND BUSL-1.1", True),
        ("BUSL-1.1 AND (MIT OR Apache-2.0)", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("SSPL-1.0 WITH Classpath-exception-2.0", False),
        ("GPL-2.0-only WITH MIT", False),
        ("GPL-2.0-only WITH no-such-exception", False),
        ("Apache-2.0 WITH LicenseRef-scancode-commons-clause", False),
        ("Apache-2.0+", True),
        ("BUSL-1.1+", False),
        ("apache-2.0 or busl-1.1", True),
        ("GPL-2.0+", True),
    ],
)
def test_or_needs_one_side_and_needs_all_and_with_needs_a_real_exception(expression, is_open):
    assert LICENCES.is_open(expression) is is_open


@pytest.mark.parametrize(
    "text", ["", " ", "MIT AND", "(MIT", "MIT Apache-2.0", "OR", "NOT MIT", "The MIT License", "gpl 2.0"]
)
def test_what_is_no_expression_is_an_error_and_not_an_answer(text):
    with pytest.raises(UnreadableLicence):
        LICENCES.is_open(text)


def test_what_is_wrong_with_an_expression_is_told():
    with pytest.raises(UnreadableLicence, match=r"^'MIT AND' is not an SPDX licence expression$"):
        LICENCES.is_open("MIT AND")
    with pytest.raises(UnreadableLicence, match=r"^an empty licence expression says nothing$"):
        LICENCES.is_open(" ")


def test_without_a_catalogue_the_list_of_the_osi_holds():
    assert Licences().is_open("MIT") and not Licences().is_open("LicenseRef-open")


def test_a_house_may_refuse_an_open_licence_and_still_take_the_other_side_of_a_choice():
    house = frozenset({"agpl-3.0-ONLY"})
    assert not LICENCES.is_open("AGPL-3.0-only", house)
    assert not LICENCES.is_open("SSPL-1.0 OR AGPL-3.0-only", house)
    assert LICENCES.is_open("MIT OR AGPL-3.0-only", house)
    assert not LICENCES.is_open("Apache-2.0+", frozenset({"Apache-2.0"}))
    assert not LICENCES.is_open("Apache-2.0+", frozenset({"Apache-2.0+"}))
    assert LICENCES.is_open("Apache-2.0", frozenset({"Apache-2.0+"}))


def test_identifiers_that_nobody_declares_are_named():
    assert LICENCES.unknown("MIT AND LicenseRef-nobody OR Aapche-2.0") == ["LicenseRef-nobody", "Aapche-2.0"]
    assert LICENCES.unknown("GPL-2.0-only WITH Classpath-exception-2.0 AND LicenseRef-closed") == []
    assert LICENCES.unknown("GPL-2.0+ OR apache-2.0+ OR licenseref-CLOSED") == []


@given(EXPRESSION)
def test_an_expression_is_judged_as_boolean_logic_would(pair):
    expression, expected = pair
    assert LICENCES.is_open(expression) is expected


@given(EXPRESSION)
def test_one_more_choice_never_closes_and_one_more_condition_never_opens(pair):
    expression, is_open = pair
    assert LICENCES.is_open(f"{expression} OR MIT")
    assert not LICENCES.is_open(f"{expression} AND SSPL-1.0")
    assert LICENCES.is_open(f"{expression} AND MIT") is is_open


@given(st.text())
def test_any_text_is_judged_or_an_error(text):
    try:
        LICENCES.is_open(text)
    except UnreadableLicence as error:
        assert json.dumps(str(error))
