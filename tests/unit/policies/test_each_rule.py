"""Each rule by the fixtures that it has: allowed, refused, attempts to get around it, and each with parts unknown."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import proto

from policies.all.pack import POLICIES
from policies.serving import Servicer
from tests.unit.policies.analysis import UNKNOWN
from tests.unit.policies.fixtures import Fixtures, Made
from tests.unit.policies.fixtures.clouds import OF_CLOUDS
from tests.unit.policies.fixtures.images import OF_IMAGES
from tests.unit.policies.fixtures.pods import OF_PODS
from tests.unit.policies.fixtures.stacks import OF_STACKS

SAID = Path(__file__).with_name("fixtures") / "said.json"
FIXTURES: Mapping[str, Fixtures] = {**OF_IMAGES, **OF_PODS, **OF_CLOUDS, **OF_STACKS}
BROKEN = "could not judge"
RULES = {rule.name: rule for rule in POLICIES}


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(
            rule,
            (made,) if isinstance(made, Made) else made,
            id=f"{rule}: {name}",
        )
        for rule, fixtures in FIXTURES.items()
        for name, made in getattr(fixtures, kind).items()
    ]


def judged(rule: str, stack: tuple[Made, ...]) -> list[tuple[bool, str]]:
    """What the rule says of a stack, as the engine asks it: of each resource, and of all of them."""
    servicer = Servicer("one", [RULES[rule]])
    configure = proto.ConfigureAnalyzerRequest()
    configure.policyConfig[rule].enforcementLevel = proto.MANDATORY
    configure.policyConfig[rule].properties.update(FIXTURES[rule].settings)
    servicer.Configure(configure, None)
    whole, found = proto.AnalyzeStackRequest(), []
    for number, made in enumerate(stack):
        properties = Struct()
        properties.update(made.props)
        about = {"type": made.token, "properties": properties, "urn": f"urn::{number}", "name": f"it-{number}"}
        options = proto.AnalyzerResourceOptions(protect=made.protected)
        found += servicer.Analyze(proto.AnalyzeRequest(**about, options=options), None).diagnostics
        whole.resources.append(proto.AnalyzerResource(**about, options=options))
    found += servicer.AnalyzeStack(whole, None).diagnostics
    return [(one.enforcementLevel == proto.MANDATORY, one.message) for one in found]


@pytest.mark.parametrize("rule", FIXTURES)
def test_a_rule_says_what_it_has_always_said(rule: str):
    """A change of words is a change of `said.json`, written by `python -m tests.unit.policies.test_each_rule`."""
    assert said(rule) == json.loads(SAID.read_text())[rule]


def test_every_rule_has_fixtures_of_each_kind():
    assert set(FIXTURES) == set(RULES)
    assert all(one.allowed and one.refused and one.bypasses for one in FIXTURES.values())


@pytest.mark.parametrize("rule, stack", cases("allowed"))
def test_what_is_good_passes_without_a_word(rule: str, stack: tuple[Made, ...]):
    assert judged(rule, stack) == []


@pytest.mark.parametrize("rule, stack", cases("refused"))
def test_what_is_bad_is_refused(rule: str, stack: tuple[Made, ...]):
    found = judged(rule, stack)
    assert found and all(mandatory and BROKEN not in message for mandatory, message in found)


@pytest.mark.parametrize("rule, stack", cases("bypasses"))
def test_an_attempt_to_get_around_a_rule_is_refused(rule: str, stack: tuple[Made, ...]):
    found = judged(rule, stack)
    assert any(mandatory for mandatory, _ in found) and all(BROKEN not in message for _, message in found)


@pytest.mark.parametrize("rule, stack", cases("allowed"))
def test_what_is_good_is_not_refused_because_a_part_is_not_known_yet(rule: str, stack: tuple[Made, ...]):
    for path, changed in each_part(stack, UNKNOWN):
        assert not any(mandatory for mandatory, _ in judged(rule, changed)), path


@pytest.mark.parametrize("rule, stack", [*cases("refused"), *cases("bypasses")])
def test_what_is_bad_does_not_pass_in_silence_because_a_part_is_not_known_yet(rule: str, stack: tuple[Made, ...]):
    for path, changed in each_part(stack, UNKNOWN):
        found = judged(rule, changed)
        assert all(BROKEN not in message for _, message in found), path
        assert found or not TELLS.fullmatch(path) or rule in ON_TEXTS, path


# Values that decide, and that programs make of outputs. What a thing is called is known, and so is what holds it.
TELLS = re.compile(r"(?!.*\.(?:name|namespace|args|kind|apiVersion|annotations|data|binaryData)\b).*[A-Za-z\]]")
# Any text may hold a secret: those that are one by their name are announced, as another test has it.
ON_TEXTS = {"no-secrets-in-the-clear"}

NONSENSE = st.sampled_from([None, True, 0, -1.5, "", "nonsense", [], [None], [[]], {}, {"a": None}, ["a", 1], UNKNOWN])


@given(st.data())
def test_no_nonsense_in_a_resource_makes_a_rule_crash(data: st.DataObject):
    kind = data.draw(st.sampled_from(["allowed", "refused", "bypasses"]))
    rule, stack = data.draw(st.sampled_from([case.values for case in cases(kind)]))
    parts = list(each_part(stack, data.draw(NONSENSE)))
    _, changed = data.draw(st.sampled_from(parts)) if parts else (None, stack)
    assert all(message for _, message in judged(rule, changed))


def each_part(stack: tuple[Made, ...], value: Any) -> Iterator[tuple[str, tuple[Made, ...]]]:
    """The stack once for each value in its resources that is no object and no list, with `value` in its place."""
    for number, made in enumerate(stack):
        for path, props in _each(made.props, value, ""):
            if path:
                yield path, (*stack[:number], made._replace(props=props), *stack[number + 1 :])


def _each(node: Any, value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key in node:
            yield from ((where, {**node, key: other}) for where, other in _each(node[key], value, f"{path}.{key}"))
    elif isinstance(node, list):
        for index, one in enumerate(node):
            for where, other in _each(one, value, f"{path}[{index}]"):
                yield where, [*node[:index], other, *node[index + 1 :]]
    else:
        yield path, value


def said(rule: str) -> dict[str, list[str]]:
    """By case: each refusal, and what is announced when parts of the case are not known yet."""
    spoken = {}
    for case in (*cases("refused"), *cases("bypasses")):
        about, stack = case.values
        if about == rule:
            refusals = [message.partition("\n")[2] for _, message in judged(rule, stack)]
            unknown = [judged(rule, changed) for _, changed in each_part(stack, UNKNOWN)]
            notices = {message for found in unknown for mandatory, message in found if not mandatory}
            spoken[case.id] = [*refusals, *sorted(notice.partition("preview: ")[2] for notice in notices)]
    return spoken


if __name__ == "__main__":
    SAID.write_text(json.dumps({rule: said(rule) for rule in FIXTURES}, indent=1) + "\n")
