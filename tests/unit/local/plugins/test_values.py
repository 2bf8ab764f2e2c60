"""Property values on the wire."""

from hypothesis import given
from hypothesis import strategies as given_by
from pulumi.output import Unknown
from pulumi.runtime import rpc

from local.plugins.values import UNKNOWN, Secret, decode, encode, has_secret, has_unknown, plain

scalars = given_by.none() | given_by.booleans() | given_by.integers(-(2**53), 2**53) | given_by.text()
values = given_by.recursive(
    scalars | given_by.just(UNKNOWN),
    lambda inner: (
        given_by.lists(inner)
        | given_by.dictionaries(given_by.text(min_size=1), inner)
        | inner.map(lambda value: value if isinstance(value, Secret) else Secret(value))
    ),
    max_leaves=12,
)


@given(given_by.dictionaries(given_by.text(min_size=1), values))
def test_what_is_encoded_is_decoded_again(properties: dict) -> None:
    assert decode(encode(properties)) == properties


def test_the_sdk_reads_the_same_values() -> None:
    struct = encode({"closed": Secret({"a": 1}), "later": UNKNOWN, "plain": ["x", True, None]})
    found = rpc.deserialize_properties(struct, keep_unknowns=True)
    assert rpc.is_rpc_secret(found["closed"]) and rpc.unwrap_rpc_secret(found["closed"]) == {"a": 1.0}
    assert isinstance(found["later"], Unknown) and found["plain"] == ["x", True, None]


def test_marks_are_found_and_taken_off_at_any_depth() -> None:
    value = {"list": [Secret({"inner": "x"})], "later": {"deep": UNKNOWN}}
    assert has_secret(value) and has_unknown(value)
    assert plain(value) == {"list": [{"inner": "x"}], "later": {"deep": UNKNOWN}}
    assert not has_secret(plain(value))


def test_a_secret_does_not_show_its_value_in_messages() -> None:
    assert "hidden" not in repr({"a": Secret("hidden")})
