"""What the API server asks Kueue before it stores something: whether it must wait, and whether it makes sense."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import Input, ResourceOptions
from pulumi_kubernetes.admissionregistration.v1 import (
    MutatingWebhookArgs,
    MutatingWebhookConfiguration,
    RuleWithOperationsArgs,
    ValidatingWebhookArgs,
    ValidatingWebhookConfiguration,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, LabelSelectorRequirementArgs, ObjectMetaArgs

from ...base import Text
from ...k8s.webhooks import PORT, TERMS, client
from .configuration import among
from .contracts import QUEUE
from .definitions import GROUP

# Names that are part of Kueue: it looks these objects up, to tell the API server of its certificate.
CHANGES, CHECKS = "kueue-mutating-webhook-configuration", "kueue-validating-webhook-configuration"


@dataclass(frozen=True)
class _Judged:
    """A kind of object that Kueue is asked about."""

    group: str
    version: str
    plural: str
    kind: str
    changed: bool = True
    """Whether it is completed, too."""
    work: bool = False
    """Whether it is other people's: then only what names a queue, and only where teams have some."""
    further: tuple[str, ...] = ()
    """Parts of it that are judged apart."""

    @property
    def path(self) -> str:
        return f"{self.group.replace('.', '-')}-{self.version}-{self.kind.lower()}"


_JUDGED = (
    _Judged("", "v1", "pods", "Pod", work=True),
    _Judged("batch", "v1", "jobs", "Job", work=True),
    _Judged(GROUP, "v1beta1", "clusterqueues", "ClusterQueue"),
    _Judged(GROUP, "v1beta1", "resourceflavors", "ResourceFlavor"),
    _Judged(GROUP, "v1beta1", "workloads", "Workload", further=("workloads/status",)),
    _Judged(GROUP, "v1alpha1", "cohorts", "Cohort", changed=False),
)


def register(
    name: str, service: str, namespace: Input[str], namespaces: Sequence[Text], opts: ResourceOptions
) -> tuple[Input[str], Input[str]]:
    """The names of both, known once they are there.

    While Kueue does not answer, what names a queue is refused, rather than started without its quota; all else, and
    all other namespaces, do not notice.
    """
    where = LabelSelectorArgs(
        match_expressions=[LabelSelectorRequirementArgs(**one) for one in among(namespaces)["matchExpressions"]]
    )
    queued = LabelSelectorArgs(match_expressions=[LabelSelectorRequirementArgs(key=QUEUE, operator="Exists")])
    heeds_queues = {"namespace_selector": where, "object_selector": queued}
    changes = MutatingWebhookConfiguration(
        f"{name}-changes",
        metadata=ObjectMetaArgs(name=CHANGES),
        webhooks=[
            MutatingWebhookArgs(
                name=f"m{one.kind.lower()}.kb.io",
                rules=[_rule(one, ["CREATE"], ())],
                client_config=client(service, namespace, f"/mutate-{one.path}", PORT),
                **(heeds_queues if one.work else {}),
                **TERMS,
            )
            for one in _JUDGED
            if one.changed
        ],
        opts=opts,
    )
    checks = ValidatingWebhookConfiguration(
        f"{name}-checks",
        metadata=ObjectMetaArgs(name=CHECKS),
        webhooks=[
            ValidatingWebhookArgs(
                name=f"v{one.kind.lower()}.kb.io",
                rules=[_rule(one, ["CREATE", "UPDATE"], one.further)],
                client_config=client(service, namespace, f"/validate-{one.path}", PORT),
                **(heeds_queues if one.work else {}),
                **TERMS,
            )
            for one in _JUDGED
        ],
        opts=opts,
    )
    return changes.metadata.name, checks.metadata.name


def _rule(one: _Judged, operations: Sequence[str], further: Sequence[str]) -> RuleWithOperationsArgs:
    return RuleWithOperationsArgs(
        api_groups=[one.group],
        api_versions=[one.version],
        operations=list(operations),
        resources=[one.plural, *further],
    )
