"""The packs answer the engine as the SDK's own servicer does, and read each resource once."""

from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel, ResourceValidationPolicy, StackValidationPolicy
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policies.all.pack import POLICIES
from policies.open_source import reading
from policies.serving import Servicer
from tests.unit.policies.analysis import DEPLOYMENT, UNKNOWN, deployment

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
POD = "kubernetes:core/v1:Pod"


def request(token: str, props: dict[str, Any]) -> Any:
    struct = Struct()
    struct.update(props)
    return proto.AnalyzeRequest(type=token, properties=struct, urn=f"urn:pulumi:a::b::{token}::it", name="it")


def said(servicer: Any, asked: Any) -> list[tuple[str, str, int]]:
    found = servicer.Analyze(asked, None).diagnostics
    return [(one.policyName, one.message.rpartition("during preview: ")[2], one.enforcementLevel) for one in found]


@pytest.mark.parametrize(
    "token, props",
    [
        (DEPLOYMENT, deployment("redis:7.4.1", hostNetwork=True)),
        (DEPLOYMENT, deployment(UNKNOWN)),
        (DEPLOYMENT, {"spec": {**SECRET, "value": deployment("redis:7.4.1")["spec"]}}),
        (POD, {"spec": {"containers": [{"image": {**SECRET, "value": "redis:7.4.1"}, "env": None, "tty": True}]}}),
        ("aws:ec2/securityGroup:SecurityGroup", {"ingress": [{"fromPort": 22, "cidrBlocks": ["0.0.0.0/0"]}]}),
        (POD, {}),
    ],
)
def test_what_is_said_is_what_the_sdks_own_servicer_says(token: str, props: dict[str, Any]):
    own = _PolicyAnalyzerServicer("all", "0.0.1", POLICIES, EnforcementLevel.MANDATORY)
    assert said(Servicer("all", POLICIES), request(token, props)) == said(own, request(token, props))


def test_a_resource_is_read_once_for_all_rules(monkeypatch: pytest.MonkeyPatch):
    read = []
    fields = reading._fields
    monkeypatch.setattr(reading, "_fields", lambda struct: read.append(struct) or fields(struct))
    Servicer("all", POLICIES).Analyze(request(POD, {"kind": "Pod"}), None)
    assert len(read) == 1


def test_properties_are_a_mapping_of_what_the_engine_sent():
    properties = reading.Properties(request(POD, {"kind": "Pod", "spec": UNKNOWN}).properties)
    assert dict(properties) == {"kind": "Pod", "spec": reading.UNKNOWN} and len(properties) == 2
    assert repr(properties["spec"]) == "UNKNOWN"


def levels(rule: str, level: Any) -> Any:
    configure = proto.ConfigureAnalyzerRequest()
    configure.policyConfig[rule].enforcementLevel = level
    return configure


@pytest.mark.parametrize(
    "level, found",
    [(proto.DISABLED, []), (proto.ADVISORY, [proto.ADVISORY]), (proto.REMEDIATE, [proto.MANDATORY])],
)
def test_a_stack_sets_the_level_of_a_rule(level: Any, found: list[Any]):
    servicer = Servicer("all", POLICIES)
    servicer.Configure(levels("no-host-namespaces", level), None)
    asked = request(POD, {"spec": {"hostPID": True, "containers": [{"image": "valkey/valkey:9.1.1"}]}})
    assert [one[2] for one in said(servicer, asked) if one[0] == "no-host-namespaces"] == found


def test_a_rule_that_mends_is_asked_to_and_no_other():
    def mend(args: Any) -> Any:
        return {**args.props, "mended": True}

    rule = ResourceValidationPolicy("mends", "It mends.", remediate=mend, enforcement_level=EnforcementLevel.REMEDIATE)
    (mended,) = Servicer("one", [rule]).Remediate(request(POD, {"kind": "Pod"}), None).remediations
    assert mended.properties["mended"] is True
    assert not Servicer("all", POLICIES).Remediate(request(POD, {"kind": "Pod"}), None).remediations


def test_a_rule_on_a_whole_stack_gets_all_of_its_resources():
    seen = []
    rule = StackValidationPolicy("all-of-it", "It looks.", lambda args, report: seen.extend(args.resources))
    struct = Struct()
    struct.update({"spec": {"image": UNKNOWN}})
    one = proto.AnalyzerResource(type=POD, properties=struct, urn="urn", name="it")
    Servicer("one", [rule]).AnalyzeStack(proto.AnalyzeStackRequest(resources=[one]), None)
    assert [(each.name, each.props["spec"]["image"]) for each in seen] == [("it", reading.UNKNOWN)]
