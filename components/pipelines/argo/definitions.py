"""Argo's kinds of objects: one set of them in a cluster, shared by all installations there."""

from dataclasses import dataclass

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.apiextensions.v1 import (
    CustomResourceColumnDefinitionArgs,
    CustomResourceDefinition,
    CustomResourceDefinitionNamesArgs,
    CustomResourceDefinitionSpecArgs,
    CustomResourceDefinitionVersionArgs,
    CustomResourceSubresourcesArgs,
    CustomResourceValidationArgs,
    JSONSchemaPropsArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs, OwnerReferenceArgs
from pulumi_kubernetes.rbac.v1 import ClusterRole

from ...base import Args
from ...k8s.labels import PART_OF

GROUP, VERSION = "argoproj.io", "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

_PART = JSONSchemaPropsArgs(type="object", x_kubernetes_preserve_unknown_fields=True, x_kubernetes_map_type="atomic")
"""Open: the full schemas make a megabyte for each kind, and Argo's server and controller check every field anyway."""


@dataclass(frozen=True)
class Definition:
    """One row of the table below."""

    kind: str
    parts: tuple[str, ...] = ("spec",)
    """Its fields beside metadata. The first one is obligatory; a kind without any is open altogether."""
    short: tuple[str, ...] = ()
    columns: tuple[CustomResourceColumnDefinitionArgs, ...] = ()
    """What `kubectl get` shows besides the name."""
    scope: str = "Namespaced"
    own_status: bool = False
    """Whether the status is written apart from the rest, under rights of its own."""

    @property
    def plural(self) -> str:
        return f"{self.kind.lower()}s"

    def args(self) -> CustomResourceDefinitionSpecArgs:
        names = CustomResourceDefinitionNamesArgs(
            kind=self.kind,
            list_kind=f"{self.kind}List",
            plural=self.plural,
            singular=self.kind.lower(),
            short_names=list(self.short) or None,
        )
        version = CustomResourceDefinitionVersionArgs(
            name=VERSION,
            served=True,
            storage=True,
            schema=CustomResourceValidationArgs(open_apiv3_schema=self._schema()),
            subresources=CustomResourceSubresourcesArgs(status={}) if self.own_status else None,
            additional_printer_columns=list(self.columns) or None,
        )
        return CustomResourceDefinitionSpecArgs(group=GROUP, scope=self.scope, names=names, versions=[version])

    def _schema(self) -> JSONSchemaPropsArgs:
        return JSONSchemaPropsArgs(
            type="object",
            required=["metadata", *self.parts[:1]],
            properties={
                **{field: JSONSchemaPropsArgs(type="string") for field in ("apiVersion", "kind")},
                "metadata": JSONSchemaPropsArgs(type="object"),
                **{part: _PART for part in self.parts},
            },
            x_kubernetes_preserve_unknown_fields=None if self.parts else True,
        )


DEFINITIONS = (
    Definition(
        "Workflow",
        ("spec", "status"),
        ("wf",),
        (
            CustomResourceColumnDefinitionArgs(name="Status", type="string", json_path=".status.phase"),
            CustomResourceColumnDefinitionArgs(name="Age", type="date", json_path=".status.startedAt"),
            CustomResourceColumnDefinitionArgs(name="Message", type="string", json_path=".status.message"),
        ),
    ),
    Definition("WorkflowTemplate", short=("wftmpl",)),
    Definition("ClusterWorkflowTemplate", short=("clusterwftmpl", "cwft"), scope="Cluster"),
    Definition("CronWorkflow", ("spec", "status"), ("cwf", "cronwf")),
    Definition("WorkflowEventBinding", short=("wfeb",)),
    Definition("WorkflowTaskSet", ("spec", "status"), ("wfts",), own_status=True),
    Definition("WorkflowTaskResult", parts=()),
    Definition("WorkflowArtifactGCTask", ("spec", "status"), ("wfat",), own_status=True),
)


class ArgoDefinitionsArgs(Args):
    keep: bool = True
    """Leave the definitions behind when the last installation goes: with them would go all workflows in the cluster."""


class ArgoDefinitions(ComponentResource):
    """Give it a provider that takes over what is there already, for another stack may have brought the same.

    The cluster itself counts who still needs a definition: each installation owns it through an object of its own, and
    the garbage collector removes it after the last owner. Pulumi alone never deletes one.
    """

    def __init__(self, name: str, args: ArgoDefinitionsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:pipelines:ArgoDefinitions", name, None, opts)
        labels = {"app.kubernetes.io/part-of": PART_OF}
        # Pulumi waits for what it owns to go, so that a destroyed stack leaves nothing half-removed.
        patient = {"pulumi.com/deletionPropagationPolicy": "foreground"}
        owner = ClusterRole(
            f"{name}-owner",
            metadata=ObjectMetaArgs(labels=labels, annotations=patient),
            rules=[],
            opts=ResourceOptions(parent=self, retain_on_delete=args.keep),
        )
        owners = [
            OwnerReferenceArgs(
                api_version="rbac.authorization.k8s.io/v1",
                kind="ClusterRole",
                name=owner.metadata.name,
                uid=owner.metadata.uid,
                block_owner_deletion=True,
            )
        ]
        for definition in DEFINITIONS:
            CustomResourceDefinition(
                f"{name}-{definition.plural}",
                metadata=ObjectMetaArgs(
                    name=f"{definition.plural}.{GROUP}",
                    labels=labels,
                    # Where two installations differ in version, the one that was updated last decides.
                    annotations={"pulumi.com/patchForce": "true"},
                    owner_references=owners,
                ),
                spec=definition.args(),
                opts=ResourceOptions(parent=self, retain_on_delete=True),
            )
        self.register_outputs({})
