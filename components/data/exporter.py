"""A small program beside a backing service that tells Prometheus of it, logged in as a user who reads figures alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input, ResourceOptions
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ..access import Access
from ..base import Settings, Text
from ..catalog import image
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect, open_to_namespaces
from ..k8s.probes import Probes
from ..k8s.resources import Resources
from ..k8s.server import serve
from ..k8s.volumes import Mount
from ..k8s.workload import Workload
from ..types import Name

USER = "metrics"
"""Who logs in, in each of the services."""


class MetricsSettings(Settings):
    """Figures for Prometheus, from a pod whose port is called `metrics`."""

    scraped_from: tuple[Name, ...] = ()
    """Namespaces whose pods may read them; no other is let in by network policy."""
    resources: Resources = Resources(cpu="10m", memory="32Mi", memory_limit="128Mi")


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """The program, and how it gets in."""

    image: str
    """In the catalogue."""
    user: int
    port: int
    health: str
    """Path that answers as long as the program runs, whatever the service does."""
    login: Mapping[str, Input[str]]
    """Environment variables that are kept in a Secret."""
    args: Sequence[Input[str]] = ()
    env: Mapping[str, Input[str]] = field(default_factory=dict)
    mounts: Sequence[Mount] = ()


def export(
    name: str, exporter: Exporter, server: Peer, settings: MetricsSettings, namespace: Text, opts: ResourceOptions
) -> None:
    """Run the exporter of the service `name`, behind a Service `<name>-exporter`, with a wire to `server`."""
    made_as, identity = f"{name}-exporter", Identity(exporter.image, name, "exporter")
    login = Secret(
        f"{made_as}-login",
        metadata=ObjectMetaArgs(namespace=namespace, labels=identity.labels),
        string_data=dict(exporter.login),
        opts=opts,
    )
    workload = Workload(
        identity=identity,
        image=image(exporter.image).reference,
        user=exporter.user,
        args=exporter.args or None,
        ports={"metrics": exporter.port},
        env=exporter.env,
        secrets=[login.metadata.name],
        mounts=exporter.mounts,
        probes=Probes(port=exporter.port, path=exporter.health),
        resources=settings.resources,
    )
    pods = serve(made_as, workload, namespace, Access(), opts).peer
    connect(f"{made_as}-to-server", pods, server, opts)
    if settings.scraped_from:
        open_to_namespaces(f"{made_as}-readers", pods, settings.scraped_from, opts)
