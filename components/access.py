"""How people and programs outside the cluster reach a system in it."""

from typing import Literal

from pulumi import Output
from pulumi_kubernetes.core.v1 import Service
from pydantic import Field

from .base import Args, Secret, Settings, Text
from .k8s.network import Peer
from .types import Domain


class Access(Settings):
    """One answer for the whole environment."""

    through: Literal["cluster", "node-port"] = "cluster"
    """`cluster`: from inside alone, or by `kubectl port-forward`. `node-port`: by a port of the nodes."""
    address: str = "127.0.0.1"
    """Where a node's ports are reached; used with `node-port` alone."""
    domain: Domain | None = None
    """Each system's page is at `https://<system>.<domain>` too: a front door is there, this program's or another."""

    @property
    def outside(self) -> bool:
        return self.through == "node-port"

    @property
    def service_type(self) -> str:
        return "NodePort" if self.outside else "ClusterIP"

    def page(self, system: str) -> str | None:
        """The host by which people reach that system's page through the front door, if there is one."""
        return f"{system}.{self.domain}" if self.domain else None

    def page_url(self, system: str) -> str | None:
        """Where that page is for a browser that comes through the front door."""
        host = self.page(system)
        return host and f"https://{host}"

    def address_of(self, service: Service, port: int = 0) -> Output[str]:
        """`host:port` of the Service's port of that index, as seen from where this access leads."""
        if self.outside:
            return Output.concat(self.address, ":", service.spec.ports[port].node_port.apply(_assigned))
        host = Output.concat(service.metadata.name, ".", service.metadata.namespace)
        return Output.concat(host, ":", service.spec.ports[port].port.apply(str))


def _assigned(node_port: int | None) -> str:
    """The cluster chooses it when it makes the Service; a preview without a cluster can't know."""
    return "<node port>" if node_port is None else str(int(node_port))


class Page(Args):
    """What a browser shows of a system, for a proxy in front of it."""

    host: Text
    """`<service>.<namespace>`, known once it answers."""
    port: int
    peer: Peer
    """Its pods, with the one port that the page is at."""
    tls: bool = False
    """It speaks nothing else. Its certificate is its own."""
    streams: bool = False
    """It tells its news over connections that stay open: websockets, events."""
    upload: int = Field(default=16, ge=1)
    """The biggest file that a browser may send, in MiB."""


class Endpoint(Args):
    """A system's front door, and what a client needs to log in where there is a login."""

    url: Text
    username: Text | None = None
    password: Secret | None = None
    token: Text | None = None
    """Where one logs in with a short-lived token: the command that prints one."""
    page: Page | None = None
    """Where there is something for a browser."""

    def export(self) -> dict[str, Text]:
        """As a stack output; the engine keeps the password secret there."""
        known = {"url": self.url, "username": self.username, "password": self.password, "token": self.token}
        return {key: value for key, value in known.items() if value is not None}
