"""What each rule is, as the engine shows it, and what a rule does that can't go on."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel, Policy, Severity
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policies.all.pack import POLICIES
from policies.guardrails.findings import Problem, Resource, Unknown
from policies.guardrails.rule import rule
from policies.guardrails.stack import stack_rule
from policies.open_source.references import parse
from policies.open_source.rule import image_policy, judge, policy
from policies.serving import Servicer
from tests.unit.policies.analysis import UNKNOWN, analyze
from tests.unit.policies.guardrails.judged import POD, stack_said

RULES = Path(__file__).with_name("fixtures") / "rules.json"
EXEMPTION = {"resource": "it", "reason": "some good reason", "owner": "data team"}
YESTERDAY = (date.today() - timedelta(days=1)).isoformat()
CONFIG = {"most": {"type": "number", "description": "At most.", "default": 0}}


def what_they_are() -> list[dict[str, Any]]:
    """By the SDK's own servicer, for whatever level of a pack."""
    servicer = _PolicyAnalyzerServicer("all", "0.0.1", POLICIES, EnforcementLevel.ADVISORY)
    return MessageToDict(servicer.GetAnalyzerInfo(Empty(), None))["policies"]


def test_a_rule_is_what_it_has_always_been():
    """Of levels, settings, descriptions: `python -m tests.unit.policies.test_rules` writes `rules.json`."""
    assert what_they_are() == json.loads(RULES.read_text())


def raises(*_: Any) -> Any:
    raise ValueError("hunter2")


def of_images(check: Callable[..., Any] = raises, **more: Any) -> Policy:
    return image_policy("a-rule", "It judges.", check, Severity.LOW, **more)


def of_resources(check: Callable[..., Any] = raises, **more: Any) -> Policy:
    return rule("a-rule", "It judges.", check, Severity.LOW, **more)


def of_stacks(check: Callable[..., Any] = raises, wants: Callable[[str], bool] = lambda _: True) -> Policy:
    return stack_rule("a-rule", "It judges.", check, wants, Severity.LOW, CONFIG)


def said(
    made: Policy, settings: Mapping[str, Any] | None = None, props: Mapping[str, Any] | None = None
) -> list[tuple[str, bool]]:
    """By the rule about one pod, without the description."""
    props = {"spec": {"containers": [{"image": "valkey/valkey:9.1.1"}]}} if props is None else props
    found = analyze(POD, props, {"a-rule": settings} if settings else None, [made])
    return [(one.message.removeprefix("It judges.\n"), one.mandatory) for one in found]


@pytest.mark.parametrize("made", [of_images(), policy("a-rule", "It judges.", raises, Severity.LOW)])
def test_a_rule_on_images_that_breaks_refuses_with_the_place_and_tells_no_value(made: Policy):
    ((message, mandatory),) = said(made)
    line = raises.__code__.co_firstlineno + 1
    assert mandatory
    assert message == f"The rule could not judge this resource and refuses it: ValueError in raises, line {line}."


def test_a_guard_rail_that_breaks_refuses_and_tells_no_value():
    assert said(of_resources()) == [("The rule could not judge this and refuses it: ValueError.", True)]
    found = stack_said(of_stacks(), {}, (POD, "it", {}))
    assert found == [("The rule could not judge this and refuses it: ValueError.", True)]


@pytest.mark.parametrize("made", [of_images(), of_resources(lambda _: [Problem("spec", "is bad.")])])
def test_an_exemption_with_a_day_that_is_none_is_told_and_refuses(made: Policy):
    found = said(made, {"exemptions": [{**EXEMPTION, "until": "2027-02-30"}]})
    wrong = "exemptions, until: '2027-02-30' is no day; write it as 2027-01-31"
    assert found == [(f"The configuration of this rule is wrong: {wrong}.", True)]


def test_a_rule_on_images_says_of_each_what_is_wrong_with_it_and_when_its_exemption_ended():
    made = of_images(lambda subject, settings: f"is bad, at {settings.get('most')}.", config=CONFIG)
    image = "docker.io/valkey/valkey:9.1.1 (spec.containers[0].image)"
    assert said(made, {"most": 7.5}) == [(f"{image} is bad, at 7.5.", True)]
    ended = {"exemptions": [{**EXEMPTION, "until": YESTERDAY}]}
    (found,) = said(made, {"most": 7.5, **ended})
    assert found == (f"{image} is bad, at 7.5. The exemption ended on {YESTERDAY}; ask data team.", True)
    assert said(made, {"exemptions": [{**EXEMPTION, "until": date.today().isoformat()}]}) == []


def test_a_rule_on_images_announces_each_place_once_that_is_not_known_yet():
    good = of_images(lambda *_: None)
    container = {"image": UNKNOWN, "env": [{"name": "A_IMAGE", "value": UNKNOWN}]}
    ((message, mandatory),) = said(good, props={"spec": {"containers": [container], "image": UNKNOWN}})
    places = "spec.containers[0].env[A_IMAGE], spec.containers[0].image, spec.image"
    assert not mandatory
    assert message.endswith(f"during preview: no image is known yet at {places}; it is judged during the update")


def test_a_guard_rail_says_each_problem_once_and_announces_what_it_does_not_know():
    found = [Problem("spec", "is bad."), Unknown("a"), Problem("spec", "is bad."), Unknown("b"), Unknown("a")]
    first, second = said(of_resources(lambda _: found))
    assert first == ("spec: is bad.", True)
    assert second[0].endswith("not known yet: a, b; judged during the update") and not second[1]


def test_a_guard_rail_is_told_the_resource_and_the_settings_of_the_stack():
    seen: list[Resource] = []
    said(of_resources(lambda one: seen.append(one) or (), config=CONFIG), {"most": 7}, {"spec": {}})
    assert [(one.token, one.name, one.props, one.protected, dict(one.settings)) for one in seen] == [
        (POD, "it", {"spec": {}}, False, {"most": 7})
    ]


def test_a_rule_on_stacks_is_told_what_it_wants_but_not_what_is_exempt():
    seen: list[Any] = []
    exempt = {"exemptions": [{**EXEMPTION, "until": "2999-01-31"}]}
    made = of_stacks(lambda resources, settings: seen.extend([*resources, settings]) or (), lambda token: token == POD)
    resources = [
        (POD, "it", {}),
        (POD, "other", {"a": "b"}, "up"),
        ("aws:s3/bucket:Bucket", "no", {}),
        ("x:y:Z", "up", {}),
    ]
    assert stack_said(made, {"most": 7, **exempt}, *resources) == []
    one, settings = seen
    assert (one.token, one.name, one.props, one.protected) == (POD, "other", {"a": "b"}, False)
    assert one.urn == f"{POD}::other" and one.settings == settings and settings["most"] == 7


def test_a_rule_on_stacks_says_of_which_resource_it_speaks_or_of_all():
    def check(resources: Any, _: Any) -> Any:
        yield resources[0], Problem("spec", "is bad.")
        yield None, Problem("sum", "is too large.")
        yield resources[0], Unknown("spec.size")
        yield None, Unknown("the size")

    ended = {"exemptions": [{**EXEMPTION, "until": YESTERDAY}]}
    first, second, third = stack_said(of_stacks(check), ended, (POD, "it", {}))
    assert first == (f"it: spec: is bad. The exemption ended on {YESTERDAY}; ask data team.", True)
    assert second == ("sum: is too large.", True)
    assert third[0].endswith("not known yet: it: spec.size, the size; judged during the update") and not third[1]


def test_a_rule_on_stacks_reports_to_the_resource_that_it_speaks_of():
    def check(resources: Any, _: Any) -> Any:
        yield resources[0], Problem("spec", "is bad.")
        yield None, Problem("sum", "is too large.")

    request = proto.AnalyzeStackRequest(resources=[proto.AnalyzerResource(type=POD, name="it", urn="its urn")])
    found = Servicer("one", [of_stacks(check)]).AnalyzeStack(request, None).diagnostics
    assert [one.urn for one in found] == ["its urn", ""]


def test_a_configuration_may_be_any_mapping():
    added = {"repository": "team/train", "licence": "MIT", "source": "git.example.org"}
    mirrors = MappingProxyType({"registry.example.org": "docker.io"})
    assert judge({"mirrors": mirrors, "additions": [added]}).problem(parse("registry.example.org/team/train:1")) is None


def test_a_rule_on_stacks_knows_what_is_protected_and_whose_part_it_is():
    seen: list[Resource] = []
    made = of_stacks(lambda resources, _: seen.extend(resources) or ())
    stack_said(made, {}, ("x:y:Up", "up", {}), (POD, "it", {}, "x:y:Up::up"), protect=True)
    assert [(one.name, one.parent, one.protected) for one in seen] == [("up", "", True), ("it", "x:y:Up::up", True)]


if __name__ == "__main__":
    RULES.write_text(json.dumps(what_they_are(), indent=1) + "\n")
