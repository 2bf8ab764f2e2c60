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


class EventLog(Args):
    """Kafka brokers: SASL's PLAIN login, without TLS inside the cluster's own network."""

    bootstrap: Text
    """host:port of one broker or several, comma-separated."""
    brokers: int = 1
    """How many copies of a topic there can be."""
    username: str
    password: Secret
    peer: Peer | None = None
    """The pods that serve it, where it is served by pods."""


class Search(Args):
    """An OpenSearch cluster over HTTPS, and a user that may make indices."""

    host: Text
    port: int = 9200
    username: str
    password: Secret
    authority: Secret | None = None
    """PEM of who signed the server's certificate, where that isn't a public one."""
    peer: Peer | None = None

    @property
    def url(self) -> Output[str]:
        return Output.concat("https://", self.host, f":{self.port}")


class FileCache(Args):
    """Alluxio in front of a bucket, for its own clients; who wants plain files takes a Dataset."""

    masters: Text
    """host:port of one or several, comma-separated."""
    master_peer: Peer | None = None
    worker_peer: Peer | None = None
    """A client asks the masters where data is, and reads it from the workers."""

    @property
    def url(self) -> Output[str]:
        return Output.concat("alluxio://", self.masters, "/")
