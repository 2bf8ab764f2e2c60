"""What the API server asks CloudNativePG before it stores one of its objects: to complete it, and whether it can be."""

from typing import Any

from pulumi import Input, Output, ResourceOptions
from pulumi_kubernetes.admissionregistration.v1 import (
    MutatingWebhookArgs,
    MutatingWebhookConfiguration,
    RuleWithOperationsArgs,
    ValidatingWebhookArgs,
    ValidatingWebhookConfiguration,
)
from pulumi_kubernetes.core.v1 import Service, ServicePortArgs, ServiceSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...k8s.labels import Identity
from ...k8s.webhooks import PORT, TERMS, client
from .definitions import GROUP

# Names that are part of CloudNativePG: it looks these objects up, and its certificate is for this Service.
CHANGES, CHECKS = "cnpg-mutating-webhook-configuration", "cnpg-validating-webhook-configuration"
SERVICE = "cnpg-webhook-service"

_CHANGED = ("backup", "cluster", "database", "scheduledbackup")
_CHECKED = (*_CHANGED, "pooler")


def register(name: str, identity: Identity, namespace: Input[str], opts: ResourceOptions) -> Output[Any]:
    """Known once all is there. While the operator does not answer, its kinds of objects can't be made or changed; what
    is there stays, and whatever else there is in the cluster does not notice."""
    place = ObjectMetaArgs(name=SERVICE, namespace=namespace, labels=identity.labels)
    port = ServicePortArgs(name="https", port=PORT, target_port="https")
    spec = ServiceSpecArgs(selector=identity.selector, ports=[port])
    service = Service(f"{name}-webhooks", metadata=place, spec=spec, opts=opts)
    changes = MutatingWebhookConfiguration(
        f"{name}-changes",
        metadata=ObjectMetaArgs(name=CHANGES),
        webhooks=[
            MutatingWebhookArgs(name=f"m{kind}.cnpg.io", **_asked("mutate", kind, namespace)) for kind in _CHANGED
        ],
        opts=opts,
    )
    checks = ValidatingWebhookConfiguration(
        f"{name}-checks",
        metadata=ObjectMetaArgs(name=CHECKS),
        webhooks=[
            ValidatingWebhookArgs(name=f"v{kind}.cnpg.io", **_asked("validate", kind, namespace)) for kind in _CHECKED
        ],
        opts=opts,
    )
    return Output.all(*(one.metadata.name for one in (service, changes, checks)))


def _asked(verb: str, kind: str, namespace: Input[str]) -> dict[str, Any]:
    path = f"/{verb}-{GROUP.replace('.', '-')}-v1-{kind}"
    rule = RuleWithOperationsArgs(
        api_groups=[GROUP], api_versions=["v1"], operations=["CREATE", "UPDATE"], resources=[f"{kind}s"]
    )
    return {"client_config": client(SERVICE, namespace, path, PORT), "rules": [rule], **TERMS}
