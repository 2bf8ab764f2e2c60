"""What a client of a database outside the cluster knows its server by."""

from pulumi import Input, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ..k8s.volumes import Mount, config_files
from .contracts import AUTHORITY, AUTHORITY_FILE, Tls


def trusted(name: str, tls: Tls, namespace: Input[str], opts: ResourceOptions) -> list[Mount]:
    """The authority's certificates, for the container that opens the database; nothing where there are none."""
    if tls.authority is None:
        return []
    place = ObjectMetaArgs(namespace=namespace)
    made = ConfigMap(f"{name}-authority", metadata=place, data={AUTHORITY_FILE: tls.authority}, opts=opts)
    return [config_files("database-authority", AUTHORITY, made.metadata.name)]
