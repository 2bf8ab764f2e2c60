"""What each layer hands to the metadata catalogue: how its content is read. A layer that is off hands over nothing."""

from collections.abc import Mapping
from typing import Any

from pulumi import Output
from pydantic import Field

from ..base import Args
from ..k8s.network import Peer


class Recipe(Args):
    """The source half of a DataHub ingestion recipe, made by the layer that knows its system best."""

    source: str
    """The type that DataHub's ingestion knows it by, such as `mlflow`."""
    config: Mapping[str, Any] = Field(default_factory=dict)
    """As DataHub documents that source, with Outputs inside; ${NAME} stands for a key of `secrets`."""
    secrets: Mapping[str, Output[str]] = Field(default_factory=dict)
    """Environment variables of the ingestion's pod that are kept in a Secret."""
    peers: tuple[Peer, ...] = ()
    """The pods that it reads from."""
    schedule: str = "17 * * * *"
    """When, as cron writes it, in UTC."""
