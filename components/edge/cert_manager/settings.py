"""What a stack file says of cert-manager."""

from ...base import Settings
from ...k8s.resources import Resources
from ...types import Count, Name


class CertManagerSettings(Settings):
    """One in a cluster: it looks after the certificates of all namespaces. Leave it out where the cluster has one."""

    namespace: Name = "cert-manager"
    replicas: Count = 2
    """Of each of its three programs. Of controllers one works, of webhooks all answer the API server: with none, what
    is certified stays so, and no certificate can be asked for."""
    resources: Resources = Resources(cpu="50m", memory="128Mi", memory_limit="256Mi")
    """Of a controller, which remembers all certificates, and the names of all Secrets."""
    webhook: Resources = Resources(cpu="10m", memory="64Mi", memory_limit="128Mi")
    injector: Resources = Resources(cpu="10m", memory="64Mi", memory_limit="128Mi")
    """Of who tells the API server whom to trust as the webhook."""
    keep_definitions: bool = True
    """Leave the kinds of objects behind when it goes: with them would go all certificates in the cluster."""
