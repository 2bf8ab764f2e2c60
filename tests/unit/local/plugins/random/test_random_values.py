"""The `random` provider through the engine's calls."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from local.plugins.protocol import provider_pb2
from local.plugins.random.provider import RandomProvider
from local.plugins.values import UNKNOWN, Secret
from tests.unit.local.plugins.calls import Calls, Refused, connect


@pytest.fixture
def calls() -> Iterator[Calls]:
    with connect(RandomProvider("")) as calls:
        yield calls


def urn(kind: str) -> str:
    return f"urn:pulumi:dev::shop::random:index/random{kind}:Random{kind}::it"


def made(calls: Calls, kind: str, **inputs: Any) -> tuple[str, dict[str, Any]]:
    assert "failures" not in calls.check(urn(kind), inputs)
    return calls.create(urn(kind), inputs)


def test_a_password_is_secret_and_keeps_to_its_classes(calls: Calls) -> None:
    id, state = made(calls, "Password", length=30, minNumeric=3, minSpecial=2, overrideSpecial="_", upper=False)
    assert id == "none" and isinstance(state["result"], Secret) and isinstance(state["bcryptHash"], Secret)
    password = state["result"].value
    assert re.fullmatch(r"[a-z0-9_]{30}", password)
    assert sum(map(str.isdigit, password)) >= 3 and password.count("_") >= 2
    assert made(calls, "Password", length=30)[1]["result"] != state["result"]


def test_the_hash_is_one_of_the_password(calls: Calls) -> None:
    import ctypes
    import ctypes.util

    crypt = ctypes.CDLL(ctypes.util.find_library("crypt")).crypt
    crypt.restype, crypt.argtypes = ctypes.c_char_p, [ctypes.c_char_p, ctypes.c_char_p]
    _, state = made(calls, "Password", length=12)
    hashed = state["bcryptHash"].value.encode()
    assert crypt(state["result"].value.encode(), hashed) == hashed


def test_each_kind_makes_what_the_official_one_does(calls: Calls) -> None:
    id, state = made(calls, "String", length=8, special=False)
    assert id == state["result"] and len(id) == 8 and id.isalnum()
    id, state = made(calls, "Id", byteLength=4, prefix="p-")
    number = int(state["dec"].removeprefix("p-"))
    assert state["hex"] == f"p-{number:08x}" and state["b64Url"] == f"p-{id}"
    id, state = made(calls, "Bytes", length=6)
    assert len(bytes.fromhex(state["hex"].value)) == 6 and state["base64"] == Secret(id)
    assert re.fullmatch(r"my_[a-z]+_[a-z]+_[a-z]+", made(calls, "Pet", length=3, prefix="my", separator="_")[0])
    assert uuid.UUID(made(calls, "Uuid")[0]).version == 4
    assert uuid.UUID(made(calls, "Uuid7")[0]).bytes[6] >> 4 == 7
    assert 3 <= made(calls, "Integer", min=3, max=5)[1]["result"] <= 5
    assert len(made(calls, "Shuffle", inputs=["a", "b"], resultCount=5)[1]["results"]) == 5


def test_a_seeded_value_is_the_same_each_time(calls: Calls) -> None:
    inputs = {"inputs": [str(number) for number in range(20)], "seed": "x"}
    assert made(calls, "Shuffle", **inputs)[1]["results"] == made(calls, "Shuffle", **inputs)[1]["results"]
    assert (
        made(calls, "Integer", min=0, max=10**9, seed="x")[0] == made(calls, "Integer", min=0, max=10**9, seed="x")[0]
    )


def test_a_preview_makes_nothing(calls: Calls) -> None:
    id, state = calls.create(urn("Password"), {"length": 8}, preview=True)
    assert id == "" and state["result"] == Secret(UNKNOWN) and state["bcryptHash"] == Secret(UNKNOWN)


def test_any_changed_input_replaces_but_a_written_out_default_does_not(calls: Calls) -> None:
    id, state = made(calls, "Password", length=8, keepers={"turn": "1"})
    old = {"length": 8, "keepers": {"turn": "1"}}
    assert calls.diff(urn("Password"), id, state, old, {**old, "special": True}).changes == (
        provider_pb2.DiffResponse.DIFF_NONE
    )
    assert calls.diff(urn("Password"), id, state, old, {**old, "keepers": {"turn": "2"}}).replaces == ["keepers"]
    assert calls.diff(urn("Password"), id, state, old, {**old, "length": 9}).replaces == ["length"]


@pytest.mark.parametrize(
    ("kind", "inputs", "wrong"),
    [
        ("Password", {"lenght": 8}, {"lenght", "length"}),
        ("Password", {"length": 3, "minLower": 2, "minUpper": 2}, {"length"}),
        ("Password", {"length": 3, "special": False, "lower": False, "upper": False, "numeric": False}, {"special"}),
        ("Password", {"length": "many"}, {"length"}),
        ("Integer", {"min": 5, "max": 3}, {"min"}),
        ("Id", {"byteLength": 0}, {"byteLength"}),
        ("Shuffle", {}, {"inputs"}),
    ],
)
def test_wrong_inputs_are_refused_by_name(calls: Calls, kind: str, inputs: dict[str, Any], wrong: set[str]) -> None:
    assert calls.check(urn(kind), inputs)["failures"].keys() == wrong


def test_an_input_that_is_not_known_yet_is_let_through(calls: Calls) -> None:
    assert calls.check(urn("Password"), {"length": UNKNOWN}) == {"length": UNKNOWN}
    _, state = calls.create(urn("Password"), {"length": UNKNOWN}, preview=True)
    assert state["length"] is UNKNOWN


def test_a_secret_keeper_stays_secret(calls: Calls) -> None:
    _, state = made(calls, "Pet", keepers=Secret({"password": "x"}))
    assert state["keepers"] == Secret({"password": "x"})


def test_a_refresh_changes_nothing_and_a_known_value_can_be_imported(calls: Calls) -> None:
    id, state = made(calls, "Password", length=8)
    assert calls.read(urn("Password"), id, state, {"length": 8}) == (id, state, {"length": 8})
    id, state, inputs = calls.read(urn("Password"), "swordfish")
    assert id == "none" and state["result"] == Secret("swordfish") and inputs == {"length": 9}
    with pytest.raises(Refused, match="is not the id of a random:index/randomUuid:RandomUuid"):
        calls.read(urn("Uuid"), "nonsense")


def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(calls: Calls) -> None:
    with pytest.raises(Refused, match=r"no resource random:index/randomDie:RandomDie; it has .*RandomPassword"):
        calls.create(urn("Die"), {})
