"""What the guard rails say, through the SDK's own servicer."""

from collections.abc import Mapping
from typing import Any

from policies.guardrails.pack import POLICIES
from tests.unit.policies.analysis import DEPLOYMENT, Finding, analyze

POD = "kubernetes:core/v1:Pod"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SECRET = "kubernetes:core/v1:Secret"

__all__ = ["CONFIG_MAP", "DEPLOYMENT", "POD", "SECRET", "container", "findings", "pod", "refused"]


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
    return analyze(token, props, config, POLICIES, name)


def refused(
    props: Mapping[str, Any], token: str = POD, config: Mapping[str, Any] | None = None, name: str = "it"
) -> list[str]:
    """Names of the rules that refuse it."""
    return [found.policy for found in findings(props, token, config, name) if found.mandatory]
