"""The disks that claims of a cloud's cluster get."""

from collections.abc import Mapping

from pulumi import Input, ResourceOptions
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.storage.v1 import StorageClass


def default_storage_class(
    name: str, called: str, provisioner: str, parameters: Mapping[str, Input[str]], keep: bool, opts: ResourceOptions
) -> None:
    """The one that a claim gets which names none: of several defaults, Kubernetes takes the youngest.

    `keep` leaves the disk of a claim behind when that is deleted.
    """
    StorageClass(
        name,
        metadata=ObjectMetaArgs(name=called, annotations={"storageclass.kubernetes.io/is-default-class": "true"}),
        provisioner=provisioner,
        parameters=parameters,
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        reclaim_policy="Retain" if keep else "Delete",
        opts=opts,
    )
