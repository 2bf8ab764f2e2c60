"""A database with standbys and all that it needs in a cluster that has nothing of it yet."""

from pulumi import ProviderResource, ResourceOptions

from ...base import Text
from ..contracts import Bucket
from .cluster import PostgresCluster, PostgresClusterArgs
from .definitions import CloudNativePgDefinitions, CloudNativePgDefinitionsArgs
from .operator import CloudNativePg, CloudNativePgArgs
from .settings import OperatedDatabaseSettings


def operated(
    name: str,
    settings: OperatedDatabaseSettings,
    *,
    namespace: Text,
    home: Text,
    backups: Bucket | None,
    shared: ProviderResource,
    opts: ResourceOptions,
) -> PostgresCluster:
    """`home` is the operator's own namespace; `shared` is a provider that takes over kinds which are there already."""
    kinds = CloudNativePgDefinitions(
        f"{name}-kinds",
        CloudNativePgDefinitionsArgs(keep=settings.operator.keep_definitions),
        ResourceOptions(provider=shared),
    )
    operator = CloudNativePg(
        f"{name}-operator",
        CloudNativePgArgs(settings=settings.operator, namespace=home, namespaces=(namespace,)),
        ResourceOptions.merge(opts, ResourceOptions(depends_on=[kinds])),
    ).operator
    args = PostgresClusterArgs(settings=settings, namespace=namespace, operator=operator, backups=backups)
    return PostgresCluster(name, args, opts)
