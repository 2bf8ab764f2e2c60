"""What a stack file may say of Fluid."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ...base import Settings
from ...k8s.resources import Resources
from ...types import Bytes, Count, Folder, Name


def _mount_root(value: str) -> str:
    """Fluid's own rule for names in this path; its controllers end themselves on any other."""
    if not all(part.replace("-", "").replace("_", "").isalnum() for part in value[1:].split("/")):
        raise ValueError("write a path of letters, digits, '-' and '_', for example /runtime-mnt")
    return value


MountRoot = Annotated[Folder, AfterValidator(_mount_root)]


class PartSettings(Settings):
    """One of the controllers, or the webhook."""

    replicas: Count = 2
    """Of several controllers one works; the next one takes over when it is gone."""
    resources: Resources = Resources(cpu="100m", memory="256Mi", memory_limit="512Mi")


class NodeAuthorization(Settings):
    """Where the kubelet keeps its own login: with it the node plugin labels its own node, and may label no other."""

    kubeconfig: Folder = "/etc/kubernetes/kubelet.conf"
    certificates: Folder = "/var/lib/kubelet/pki"


class NodeRoom(Settings):
    """What one node of the pool gives to caches, and how many such nodes there are."""

    memory: Bytes = "16Gi"
    disk: Bytes = "100Gi"
    count: Count = 1


class FluidSettings(Settings):
    """One in a cluster: the names by which Fluid's driver and webhook are known there are fixed."""

    namespace: Name = "fluid"
    node_namespace: Name = "fluid-nodes"
    datasets_namespace: Name = "datasets"
    datasets: PartSettings = PartSettings()
    runtimes: PartSettings = PartSettings()
    webhook: PartSettings = PartSettings()
    node: Resources = Resources(cpu="50m", memory="128Mi", memory_limit="512Mi")
    """Of the plugin on each node."""
    mount_root: MountRoot = "/runtime-mnt"
    """Where file systems appear on a node. Like the kubelet's root it must lie on a mount that is shared, as all are
    where systemd has started the node; on nodes with a read-only root, name a folder that can be written to."""
    node_authorization: NodeAuthorization | None = NodeAuthorization()
    """Null where nodes have no such file, as on EKS: the plugin's account then may label every node."""
    nodes: NodeRoom = NodeRoom()
    keep_definitions: bool = True
    """Leave Fluid's kinds of objects, and so all data sets of the cluster, there for good."""

    @model_validator(mode="after")
    def _keeps_namespaces_apart(self) -> Self:
        if len({self.namespace, self.node_namespace, self.datasets_namespace}) < 3:
            raise ValueError(
                "`namespace`, `nodeNamespace` and `datasetsNamespace` must differ: the last two admit privileged pods, "
                "which the first one must not"
            )
        return self


class CacheSettings(Settings):
    """How much of a data set is kept near those that read it, and where."""

    replicas: Count = 1
    """Workers, each on a node of its own."""
    quota: Bytes = "10Gi"
    """Of each worker."""
    medium: Literal["MEM", "SSD", "HDD"] = "SSD"
    heap: Bytes = "1Gi"
    """Of each of Alluxio's four servers: a gigabyte knows about a million files."""
    fuse_heap: Bytes = "1Gi"
    """Of what shows the data set as a file system, on each node that reads."""
    sync_seconds: Annotated[int, Field(ge=1, le=86400)] = 60
    """A change in the bucket is noticed after twice that at most: by the servers, and by what shows the files."""
