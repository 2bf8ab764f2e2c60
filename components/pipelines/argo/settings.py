"""What a stack file may say of Argo Workflows."""

from pydantic import Field

from ...base import Settings
from ...k8s.resources import Resources
from ...types import Count, Name

_DAY = 24 * 3600


class PartSettings(Settings):
    """The controller or the server."""

    replicas: Count = 2
    """Of several controllers one works; the next one takes over when it is gone."""
    resources: Resources = Resources(cpu="100m", memory="256Mi", memory_limit="1Gi")


class SingleSignOn(Settings):
    """Logging in by OpenID Connect, besides tokens of the cluster."""

    issuer: str = Field(pattern=r"^https://")
    redirect_url: str = Field(pattern=r"^https://.*/oauth2/callback$")
    """As it is registered with the issuer."""
    secret: Name
    """A Secret of the servers' namespace with the keys `client-id` and `client-secret`."""
    scopes: tuple[str, ...] = ("groups", "email")
    rule: str = Field(min_length=1)
    """Who may work with workflows: an expression over the login's claims, such as `"research" in groups`."""


class ArgoSettings(Settings):
    """One installation, whose controller sees the workflows of one namespace."""

    namespace: Name = "argo"
    runs_namespace: Name = "argo-runs"
    controller: PartSettings = PartSettings()
    server: PartSettings = PartSettings()
    executor: Resources = Resources(cpu="10m", memory="64Mi", memory_limit="512Mi")
    """What Argo's own containers ask for in the pod of each step."""
    takeover: int = Field(default=15, ge=6, le=300)
    """Seconds without a sign of life after which another controller takes over. A busy machine needs more of them."""
    parallelism: int = Field(default=50, ge=1, le=10_000)
    """Workflows that run at the same time; the others wait."""
    timeout: int = Field(default=7 * _DAY, ge=60)
    """Seconds that a workflow may take which names no limit of its own."""
    keep_succeeded: int = Field(default=_DAY, ge=0)
    keep_failed: int = Field(default=7 * _DAY, ge=0)
    """Seconds that a finished workflow stays in the cluster; from then on only the archive has it."""
    archive_days: int = Field(default=180, ge=1)
    certificate: Name | None = None
    """A TLS Secret of the servers' namespace. Without one each server signs a certificate for itself."""
    single_sign_on: SingleSignOn | None = None
    keep_definitions: bool = True
    """Leave Argo's kinds of objects, and so the workflows of other installations, in the cluster for good."""
