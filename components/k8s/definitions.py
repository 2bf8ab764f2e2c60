"""Kinds of objects that a system adds to a cluster: one set of them there, shared by all its installations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Resource, ResourceOptions
from pulumi_kubernetes.apiextensions.v1 import (
    CustomResourceColumnDefinitionArgs,
    CustomResourceDefinition,
    CustomResourceDefinitionNamesArgs,
    CustomResourceDefinitionSpecArgs,
    CustomResourceDefinitionVersionArgs,
    CustomResourceSubresourcesArgs,
    CustomResourceSubresourceScaleArgs,
    CustomResourceValidationArgs,
    JSONSchemaPropsArgs,
    SelectableFieldArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs, OwnerReferenceArgs
from pulumi_kubernetes.rbac.v1 import ClusterRole

from .labels import PART_OF

ATOMIC = JSONSchemaPropsArgs(type="object", x_kubernetes_preserve_unknown_fields=True, x_kubernetes_map_type="atomic")
"""Open, and written as a whole: for a part that the system itself checks field by field."""

OPEN = JSONSchemaPropsArgs(type="object", x_kubernetes_preserve_unknown_fields=True)
"""Open, and merged field by field: for a part that the system completes after whoever made it."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One kind, of one version."""

    group: str
    version: str
    kind: str
    parts: tuple[str, ...] = ("spec",)
    """Its fields beside metadata. The first one is obligatory; a kind without any is open altogether."""
    part: JSONSchemaPropsArgs = ATOMIC
    schemas: Mapping[str, JSONSchemaPropsArgs] = field(default_factory=dict)
    """Parts that are not like the others."""
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    columns: tuple[CustomResourceColumnDefinitionArgs, ...] = ()
    """What `kubectl get` shows besides the name."""
    selectable: tuple[str, ...] = ()
    """Fields that the API server lists by, such as `.spec.issuerRef.name`; each has to be in its part's schema."""
    scope: str = "Namespaced"
    own_status: bool = False
    """Whether the status is written apart from the rest, under rights of its own."""
    scale: CustomResourceSubresourceScaleArgs | None = None

    @property
    def plural(self) -> str:
        return f"{self.kind.lower()}es" if self.kind.endswith("s") else f"{self.kind.lower()}s"

    def args(self) -> CustomResourceDefinitionSpecArgs:
        names = CustomResourceDefinitionNamesArgs(
            kind=self.kind,
            list_kind=f"{self.kind}List",
            plural=self.plural,
            singular=self.kind.lower(),
            short_names=list(self.short) or None,
            categories=list(self.categories) or None,
        )
        version = CustomResourceDefinitionVersionArgs(
            name=self.version,
            served=True,
            storage=True,
            schema=CustomResourceValidationArgs(open_apiv3_schema=self._schema()),
            subresources=self._subresources(),
            additional_printer_columns=list(self.columns) or None,
            selectable_fields=[SelectableFieldArgs(json_path=path) for path in self.selectable] or None,
        )
        return CustomResourceDefinitionSpecArgs(group=self.group, scope=self.scope, names=names, versions=[version])

    def _subresources(self) -> CustomResourceSubresourcesArgs | None:
        if not self.own_status:
            return None
        return CustomResourceSubresourcesArgs(status={}, scale=self.scale)

    def _schema(self) -> JSONSchemaPropsArgs:
        return JSONSchemaPropsArgs(
            type="object",
            required=["metadata", *self.parts[:1]],
            properties={
                **{field: JSONSchemaPropsArgs(type="string") for field in ("apiVersion", "kind")},
                "metadata": JSONSchemaPropsArgs(type="object"),
                **{part: self.schemas.get(part, self.part) for part in self.parts},
            },
            x_kubernetes_preserve_unknown_fields=None if self.parts else True,
        )


def column(name: str, path: str, kind: str = "string", priority: int = 0) -> CustomResourceColumnDefinitionArgs:
    """Shown by `kubectl get`; one of a priority above 0 only by `-o wide`."""
    return CustomResourceColumnDefinitionArgs(name=name, type=kind, json_path=path, priority=priority or None)


def define(name: str, definitions: Sequence[Definition], *, keep: bool, parent: Resource) -> None:
    """Register them for one installation. Give the parent a provider that takes over what is there already.

    The cluster itself counts who still needs a definition: each installation owns it through an object of its own, and
    the garbage collector removes it after the last owner. Pulumi alone never deletes one. With `keep` they stay for
    good, for with the definitions would go all objects of these kinds in the cluster.
    """
    labels = {"app.kubernetes.io/part-of": PART_OF}
    # Pulumi waits for what it owns to go, so that a destroyed stack leaves nothing half-removed.
    patient = {"pulumi.com/deletionPropagationPolicy": "foreground"}
    owner = ClusterRole(
        f"{name}-owner",
        metadata=ObjectMetaArgs(labels=labels, annotations=patient),
        rules=[],
        opts=ResourceOptions(parent=parent, retain_on_delete=keep),
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
    for definition in definitions:
        CustomResourceDefinition(
            f"{name}-{definition.plural}",
            metadata=ObjectMetaArgs(
                name=f"{definition.plural}.{definition.group}",
                labels=labels,
                # Where two installations differ in version, the one that was updated last decides.
                annotations={"pulumi.com/patchForce": "true"},
                owner_references=owners,
            ),
            spec=definition.args(),
            opts=ResourceOptions(parent=parent, retain_on_delete=True),
        )
