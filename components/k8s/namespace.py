"""A namespace that enforces Pod Security and denies all traffic until a wire admits it."""

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import Namespace as KubernetesNamespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ..base import Args
from ..types import Name
from .labels import PART_OF
from .network import deny_all


class NamespaceArgs(Args):
    """Its physical name is given, not generated: people and network policies refer to it."""

    name: Name
    level: str = "restricted"
    """Pod Security level. Anything below `restricted` needs a reason where it is set."""


class Namespace(ComponentResource):
    """Where the pods of one layer live."""

    name: Output[str]

    def __init__(self, name: str, args: NamespaceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:k8s:Namespace", name, None, opts)
        child = ResourceOptions(parent=self)
        levels = {f"pod-security.kubernetes.io/{mode}": args.level for mode in ("enforce", "audit", "warn")}
        labels = {"app.kubernetes.io/part-of": PART_OF, **levels}
        namespace = KubernetesNamespace(name, metadata=ObjectMetaArgs(name=args.name, labels=labels), opts=child)
        self.name = namespace.metadata.name
        deny_all(f"{name}-default-deny", self.name, child)
        self.register_outputs({"name": self.name})
