"""A Kubernetes cluster that is already there: one's own racks, a laptop, the embedded one."""

from functools import cached_property

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes import Provider

from ..base import Args, Settings
from ..types import Folder


class GivenClusterSettings(Settings):
    """Which cluster. The credentials stay in the kubeconfig; neither the stack file nor the state ever holds them."""

    context: str | None = None
    """A context of the kubeconfig that KUBECONFIG names; by default its current one."""
    kubelet_root: Folder = "/var/lib/kubelet"
    """`--root-dir` of its kubelets, for what mounts file systems into pods. The embedded cluster fills in its own."""


class GivenClusterArgs(Args):
    settings: GivenClusterSettings = GivenClusterSettings()


class GivenCluster(ComponentResource):
    """The contract that every cluster hands to the layers above: a provider for objects inside it."""

    kubernetes: Provider

    def __init__(self, name: str, args: GivenClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:GivenCluster", name, None, opts)
        self._name, self._context = name, args.settings.context
        self.kubernetes = Provider(f"{name}-objects", context=self._context, opts=ResourceOptions(parent=self))
        self.register_outputs({})

    @cached_property
    def shared(self) -> Provider:
        """For what a cluster has once, and several stacks bring alike: it takes over what it finds."""
        own = ResourceOptions(parent=self)
        return Provider(f"{self._name}-shared", context=self._context, upsert_existing_objects=True, opts=own)
