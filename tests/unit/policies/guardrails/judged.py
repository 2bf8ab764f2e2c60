"""What the guard rails say, through the SDK's own servicer."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import proto
from pulumi_policy import Policy

from policies.guardrails.pack import POLICIES
from policies.serving import Servicer
from tests.unit.policies.analysis import DEPLOYMENT, Finding, analyze

POD = "kubernetes:core/v1:Pod"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SECRET = "kubernetes:core/v1:Secret"

__all__ = [
    "CONFIG_MAP",
    "DEPLOYMENT",
    "POD",
    "SECRET",
    "container",
    "findings",
    "of_stack",
    "pod",
    "refused",
    "stack_said",
]


def container(**fields: Any) -> dict[str, Any]:
    """One that breaks no rule, but for what `fields` change."""
    security = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
        **fields.pop("securityContext", {}),
    }
    resources = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}}
    return {"name": "main", "image": "nginx:1.27", "securityContext": security, "resources": resources, **fields}


def pod(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": list(containers or (container(),)), **spec}}


def findings(
    props: Mapping[str, Any], token: str = POD, config: Mapping[str, Any] | None = None, name: str = "it"
) -> list[Finding]:
    found = analyze(token, props, config, POLICIES, name)
    assert not any("could not judge" in one.message for one in found), found
    return found


def refused(
    props: Mapping[str, Any], token: str = POD, config: Mapping[str, Any] | None = None, name: str = "it"
) -> list[str]:
    """Names of the rules that refuse it."""
    return [found.policy for found in findings(props, token, config, name) if found.mandatory]


def of_stack(
    rule: str,
    settings: Mapping[str, Any],
    *resources: tuple[Any, ...],
    uses: Mapping[tuple[str, str], Sequence[str]] | None = None,
) -> Sequence[tuple[str, bool]]:
    """What one rule on the whole stack says, and whether it refuses: of resources as type, name, properties, parent.

    `uses` has the URNs that a property, told by its resource's name and its own, is made of.
    """
    (made,) = (one for one in POLICIES if one.name == rule)
    return stack_said(made, settings, *resources, uses=uses)


def stack_said(
    made: Policy,
    settings: Mapping[str, Any],
    *resources: tuple[Any, ...],
    protect: bool = False,
    uses: Mapping[tuple[str, str], Sequence[str]] | None = None,
) -> Sequence[tuple[str, bool]]:
    request = proto.AnalyzeStackRequest()
    for token, name, props, *parent in resources:
        struct = Struct()
        struct.update(props)
        one = proto.AnalyzerResource(
            type=token,
            name=name,
            urn=f"{token}::{name}",
            properties=struct,
            parent="".join(parent),
            options=proto.AnalyzerResourceOptions(protect=protect),
        )
        for (whose, key), urns in (uses or {}).items():
            if whose == name:
                one.propertyDependencies[key].urns.extend(urns)
        request.resources.append(one)
    servicer = Servicer("guardrails", [made])
    configure = proto.ConfigureAnalyzerRequest()
    configure.policyConfig[made.name].enforcementLevel = proto.MANDATORY
    configure.policyConfig[made.name].properties.update(settings)
    servicer.Configure(configure, None)
    found = servicer.AnalyzeStack(request, None).diagnostics
    return [(one.message.partition("\n")[2] or one.message, one.enforcementLevel == proto.MANDATORY) for one in found]
