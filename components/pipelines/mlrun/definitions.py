"""Nuclio's kinds of objects: one set of them in a cluster, shared by all installations there."""

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.apiextensions.v1 import (
    CustomResourceDefinition,
    CustomResourceDefinitionNamesArgs,
    CustomResourceDefinitionSpecArgs,
    CustomResourceDefinitionVersionArgs,
    CustomResourceValidationArgs,
    JSONSchemaPropsArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...base import Args
from ...k8s.labels import PART_OF
from .grants import NUCLIO

VERSION = "v1beta1"
KINDS = ("NuclioFunction", "NuclioProject", "NuclioFunctionEvent", "NuclioAPIGateway")

_OPEN = JSONSchemaPropsArgs(type="object", x_kubernetes_preserve_unknown_fields=True)
"""As Nuclio's own: the controller alone knows what may stand in there."""


class NuclioDefinitionsArgs(Args):
    """Nothing to choose: a cluster has one set of them."""


class NuclioDefinitions(ComponentResource):
    """They stay when a stack goes, for all functions in the cluster would go with them, those of other stacks, too.

    So give it a provider that takes over what is there already.
    """

    def __init__(self, name: str, args: NuclioDefinitionsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:pipelines:NuclioDefinitions", name, None, opts)
        stays = ResourceOptions(parent=self, retain_on_delete=True)
        for kind in KINDS:
            plural = f"{kind.lower()}s"
            place = ObjectMetaArgs(
                name=f"{plural}.{NUCLIO}",
                labels={"app.kubernetes.io/part-of": PART_OF},
                # Where two installations differ in version, the one that was updated last decides.
                annotations={"pulumi.com/patchForce": "true"},
            )
            CustomResourceDefinition(f"{name}-{plural}", metadata=place, spec=_spec(kind, plural), opts=stays)
        self.register_outputs({})


def _spec(kind: str, plural: str) -> CustomResourceDefinitionSpecArgs:
    schema = JSONSchemaPropsArgs(type="object", properties={"spec": _OPEN, "status": _OPEN})
    version = CustomResourceDefinitionVersionArgs(
        name=VERSION, served=True, storage=True, schema=CustomResourceValidationArgs(open_apiv3_schema=schema)
    )
    names = CustomResourceDefinitionNamesArgs(kind=kind, list_kind=f"{kind}List", plural=plural, singular=kind.lower())
    return CustomResourceDefinitionSpecArgs(group=NUCLIO, scope="Namespaced", names=names, versions=[version])
