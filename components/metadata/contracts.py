"""What each layer hands to the metadata catalogue: how its content is read. A layer that is off hands over nothing."""

from collections.abc import Mapping
from typing import Any

from pulumi import Output
from pydantic import Field

from ..base import Args, Secret, Text
from ..k8s.cloud import CloudIdentity
from ..k8s.network import End, Peer
from ..types import Schedule


class Recipe(Args):
    """The source half of a DataHub ingestion recipe, made by the layer that knows its system best."""

    source: str
    """The type that DataHub's ingestion knows it by, such as `mlflow`, or a class in a module of `sources/` here."""
    config: Mapping[str, Any] = Field(default_factory=dict)
    """As DataHub documents that source, with Outputs inside; ${NAME} stands for a key of `secrets`."""
    secrets: Mapping[str, Output[str]] = Field(default_factory=dict)
    """Environment variables of the ingestion's pod that are kept in a Secret."""
    environment: Mapping[str, Text] = Field(default_factory=dict)
    """Those that need not be."""
    files: Mapping[str, Text] = Field(default_factory=dict)
    """Files that the source reads, put into FILES; none of them may hold a secret."""
    peers: tuple[End, ...] = ()
    """The pods that it reads from, or the ways out to what is no pod."""
    cloud: CloudIdentity | None = None
    """Who the ingestion has to be, where what it reads lies in a cloud."""
    schedule: Schedule = "17 * * * *"
    """When, as cron writes it, in UTC."""


FILES = "/recipe"
"""Where a recipe's files lie in the ingestion's pod."""


class MetadataServer(Args):
    """DataHub's metadata service, and the client that it trusts with everything."""

    url: Text
    client: str
    secret: Secret
    peer: Peer | None = None
