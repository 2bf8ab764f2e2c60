"""How an account of the cluster gets at what lies in a cloud: by who it is, and never by a key."""

from abc import ABC, abstractmethod
from typing import Self

from pulumi import Input, Output, ResourceOptions

from .order import after


class CloudIdentity(ABC):
    """Rights in a cloud that any account of the cluster can be given. An account has room for one of these."""

    @abstractmethod
    def admit(self, name: str, account: Input[str], namespace: Input[str], opts: ResourceOptions) -> Output[str]:
        """Give the rights to that account; `name` is for what it takes in the cloud. Known once they hold."""

    @abstractmethod
    def read_only(self) -> Self:
        """The same without whatever changes something."""

    def seeing(self) -> Self:
        """The same for a client that asks whether what it opens is there, where that takes a right of its own."""
        return self


def admitted(
    name: str, identity: CloudIdentity | None, account: Output[str], namespace: Input[str], opts: ResourceOptions
) -> Output[str]:
    """The account's name, known once the cloud lets it in: a pod that starts earlier would never get in."""
    return after(identity.admit(name, account, namespace, opts), account) if identity else account
