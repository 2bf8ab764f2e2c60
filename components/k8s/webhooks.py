"""What all webhooks have in common that the API server asks about an object before it stores it."""

from typing import Any

from pulumi import Input
from pulumi_kubernetes.admissionregistration.v1 import ServiceReferenceArgs, WebhookClientConfigArgs

PORT = 10250
"""Where pods answer it. The firewall that GKE sets up lets its API server in to 443 and to this, the kubelet's, alone,
and for the one a program would need a right more."""

TERMS: dict[str, Any] = {"failure_policy": "Fail", "side_effects": "None", "admission_review_versions": ["v1"]}
"""Who does not answer has not agreed, and an answer changes nothing else."""


def client(service: Input[str], namespace: Input[str], path: str, port: int) -> WebhookClientConfigArgs:
    """Whom it asks. By what certificate that is known, it is told by whoever answers there."""
    return WebhookClientConfigArgs(
        service=ServiceReferenceArgs(namespace=namespace, name=service, path=path, port=port)
    )
