"""A data set in the namespace of those that read it, whose pods need no right for that but the claim's name."""

from pulumi import Output, ResourceOptions
from pulumi_kubernetes.core.v1 import (
    CSIPersistentVolumeSourceArgs,
    ObjectReferenceArgs,
    PersistentVolume,
    PersistentVolumeClaim,
    PersistentVolumeClaimSpecArgs,
    PersistentVolumeSpecArgs,
    VolumeResourceRequirementsArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ..base import Text
from .fluid.contracts import Volume
from .fluid.node import DRIVER

# A claim stays as long as any pod of it is known, one that has ended too, and engines keep some of those for people to
# look at. So nobody waits for claim and volume to be gone: they go with the namespace, or with the last such pod.
_IN_ITS_TIME = {"pulumi.com/skipAwait": "true"}

_SIZE = "1Pi"  # obligatory, and without a meaning here: a bucket has no end


def claim_in(name: str, volume: Volume, namespace: Text, opts: ResourceOptions) -> Output[str]:
    """A claim on a volume of its own, which leads to the same place on the node as the one that Fluid has made.

    Fluid's own claim lies beside the data set, where pods are privileged. What comes back is the claim's name.
    """
    # By order alone: servers that are made anew, by the same name, leave volume and claim as they are.
    order = [volume.servers] if volume.servers else []
    replaced = ResourceOptions.merge(opts, ResourceOptions(delete_before_replace=True, depends_on=order))
    key = Output.concat(namespace, "-", volume.name)
    made = PersistentVolume(
        f"{name}-volume",
        metadata=ObjectMetaArgs(annotations=_IN_ITS_TIME),
        spec=PersistentVolumeSpecArgs(
            access_modes=["ReadOnlyMany"],
            capacity={"storage": _SIZE},
            claim_ref=ObjectReferenceArgs(name=volume.name, namespace=namespace),
            csi=CSIPersistentVolumeSourceArgs(
                driver=DRIVER,
                volume_handle=key,
                read_only=True,
                volume_attributes={
                    "fluid_path": volume.source,
                    "fluid_sub_path": volume.folder,
                    "mount_type": "fuse.alluxio-fuse",
                    "runtime_name": volume.name,
                    "runtime_namespace": volume.namespace,
                },
            ),
            persistent_volume_reclaim_policy="Retain",
            storage_class_name="",
        ),
        opts=replaced,
    )
    claim = PersistentVolumeClaim(
        f"{name}-claim",
        metadata=ObjectMetaArgs(name=volume.name, namespace=namespace, annotations=_IN_ITS_TIME),
        spec=PersistentVolumeClaimSpecArgs(
            access_modes=["ReadOnlyMany"],
            resources=VolumeResourceRequirementsArgs(requests={"storage": _SIZE}),
            storage_class_name="",
            volume_name=made.metadata.name,
        ),
        opts=replaced,
    )
    return claim.metadata.name
