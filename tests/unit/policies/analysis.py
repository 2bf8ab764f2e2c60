"""Drives the rules as the engine does: real requests to what serves the packs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import proto
from pulumi_policy import Policy
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.open_source.pack import NAME, POLICIES
from policies.serving import Servicer

UNKNOWN = UNKNOWN_STRING_VALUE


@dataclass(frozen=True)
class Finding:
    policy: str
    message: str
    mandatory: bool


def analyze(
    token: str,
    props: Mapping[str, Any],
    config: Mapping[str, Mapping[str, Any]] | None = None,
    rules: Sequence[Policy] = POLICIES,
    name: str = "it",
) -> list[Finding]:
    """What these rules say of one resource; `config` is per rule, as in a file for --policy-pack-config."""
    servicer = Servicer(NAME, rules)
    if config:
        request = proto.ConfigureAnalyzerRequest()
        for rule, properties in config.items():
            request.policyConfig[rule].enforcementLevel = proto.MANDATORY
            request.policyConfig[rule].properties.update(properties)
        servicer.Configure(request, None)
    struct = Struct()
    struct.update(props)
    urn = f"urn:pulumi:test::test::{token}::{name}"
    response = servicer.Analyze(proto.AnalyzeRequest(type=token, properties=struct, urn=urn, name=name), None)
    return [
        Finding(found.policyName, found.message, found.enforcementLevel == proto.MANDATORY)
        for found in response.diagnostics
    ]


def refusals(rule: str, token: str, props: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> list[str]:
    """The messages of one rule's mandatory findings."""
    found = analyze(token, props, {rule: config} if config else None)
    return [finding.message for finding in found if finding.mandatory and finding.policy == rule]


def notices(token: str, props: Mapping[str, Any]) -> list[Finding]:
    return [finding for finding in analyze(token, props) if not finding.mandatory]


def pod(image: str, **spec: Any) -> dict[str, Any]:
    """The spec of a pod with one container."""
    return {"containers": [{"name": "main", "image": image}], **spec}


def deployment(image: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": pod(image, **spec)}}}


DEPLOYMENT = "kubernetes:apps/v1:Deployment"
