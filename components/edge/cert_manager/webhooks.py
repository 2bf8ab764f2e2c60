"""What the API server asks cert-manager before it stores one of its objects: who asks for it, and whether it can be."""

from typing import Any

from pulumi import Input, Output, ResourceOptions
from pulumi_kubernetes.admissionregistration.v1 import (
    MutatingWebhookArgs,
    MutatingWebhookConfiguration,
    RuleWithOperationsArgs,
    ValidatingWebhookArgs,
    ValidatingWebhookConfiguration,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...k8s.labels import Identity
from ...k8s.webhooks import PORT, TERMS, client
from .definitions import ACME_GROUP, GROUP

_NAME = "webhook.cert-manager.io"
"""By which cert-manager's own check knows it."""
_TERMS: dict[str, Any] = {**TERMS, "match_policy": "Equivalent"}


def register(
    name: str, service: str, authority: str, namespace: Input[str], opts: ResourceOptions
) -> tuple[Output[str], Output[str]]:
    """The names of both, known once they are there.

    The annotation tells the injector which Secret has the webhook's authority. What it writes is a field that is not in
    here, and so is no difference at the next run. Until then, and while no webhook answers, cert-manager's kinds of
    objects can't be made or changed; all else in the cluster does not notice.
    """
    place = ObjectMetaArgs(
        labels=Identity("cert-manager", name, "webhook").labels,
        annotations={f"{GROUP}/inject-ca-from-secret": Output.concat(namespace, "/", authority)},
    )
    changes = MutatingWebhookConfiguration(
        f"{name}-changes",
        metadata=place,
        webhooks=[
            MutatingWebhookArgs(
                name=_NAME,
                client_config=client(service, namespace, "/mutate", PORT),
                rules=[_rule([GROUP], ["CREATE"], "certificaterequests")],
                **_TERMS,
            )
        ],
        opts=opts,
    )
    checks = ValidatingWebhookConfiguration(
        f"{name}-checks",
        metadata=place,
        webhooks=[
            ValidatingWebhookArgs(
                name=_NAME,
                client_config=client(service, namespace, "/validate", PORT),
                rules=[_rule([GROUP, ACME_GROUP], ["CREATE", "UPDATE"], "*/*")],
                **_TERMS,
            )
        ],
        opts=opts,
    )
    return changes.metadata.name, checks.metadata.name


def _rule(groups: list[str], operations: list[str], resources: str) -> RuleWithOperationsArgs:
    return RuleWithOperationsArgs(api_groups=groups, api_versions=["v1"], operations=operations, resources=[resources])
