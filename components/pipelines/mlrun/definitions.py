"""Nuclio's kinds of objects: one set of them in a cluster, shared by all installations there."""

from functools import partial

from pulumi import ComponentResource, ResourceOptions

from ...base import Args
from ...k8s import definitions
from ...k8s.definitions import OPEN, define

GROUP, VERSION = "nuclio.io", "v1beta1"

# Their parts are as open as Nuclio's own: the controller alone knows what may stand in there.
Definition = partial(definitions.Definition, group=GROUP, version=VERSION, parts=("spec", "status"), part=OPEN)

DEFINITIONS = (
    Definition(kind="NuclioFunction"),
    Definition(kind="NuclioProject"),
    Definition(kind="NuclioFunctionEvent"),
    Definition(kind="NuclioAPIGateway"),
)


class NuclioDefinitionsArgs(Args):
    """Only whether they stay."""

    keep: bool = True
    """Leave the definitions behind when the last installation goes: with them would go all functions in the cluster."""


class NuclioDefinitions(ComponentResource):
    """Give it a provider that takes over what is there already, for another stack may have brought the same."""

    def __init__(self, name: str, args: NuclioDefinitionsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:pipelines:NuclioDefinitions", name, None, opts)
        define(name, DEFINITIONS, keep=args.keep, parent=self)
        self.register_outputs({})
