"""What the data layer hands to those above it, in the cluster or in any cloud: the address, and how to get in."""

from pulumi import Output

from ..base import Args, Secret, Text
from ..k8s.network import Peer


class Cache(Args):
    """A server that speaks Redis' protocol, not in cluster mode, and the password of its default user."""

    host: Text
    port: int = 6379
    password: Secret
    peer: Peer | None = None
    """The pods that serve it, where it is served by pods."""

    @property
    def url(self) -> Output[str]:
        """With the password inside: for a Secret that a client reads as its environment."""
        return Output.concat("redis://:", self.password, "@", self.host, f":{self.port}/0")
