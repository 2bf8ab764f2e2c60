"""What an environment stands on. The SDK of a cloud is loaded by those alone who stand there."""

from typing import TypeAlias

from .aws.settings import AwsSettings
from .cluster import GivenCluster, GivenClusterArgs, GivenClusterSettings
from .contracts import Cluster
from .gcp.settings import GcpSettings

GroundSettings: TypeAlias = GivenClusterSettings | AwsSettings | GcpSettings


def ground(name: str, settings: GroundSettings) -> Cluster:
    """The cluster that the settings speak of, made or found."""
    if isinstance(settings, AwsSettings):
        from .aws.cluster import AwsCluster, AwsClusterArgs

        return AwsCluster(name, AwsClusterArgs(settings=settings))
    if isinstance(settings, GcpSettings):
        from .gcp.cluster import GcpCluster, GcpClusterArgs

        return GcpCluster(name, GcpClusterArgs(settings=settings))
    return GivenCluster(name, GivenClusterArgs(settings=settings))
