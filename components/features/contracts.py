"""What the feature layer hands to whatever trains or serves with features."""

from collections.abc import Mapping

from pulumi import Output
from pydantic import Field

from ..base import Args, Text
from ..k8s.network import Peer


class FeatureStoreClient(Args):
    """Where each of the store's servers answers. Who asks shows the token of a service account that may read."""

    project: str
    online: Text
    """URL of the newest values, by HTTP."""
    registry: Text
    """host:port of what features there are, by gRPC."""
    offline_host: Text
    """Of the values at any time, by Arrow Flight."""
    offline_port: int
    peers: Mapping[str, Peer] = Field(default_factory=dict)
    """The pods of each server, where they are known."""

    @property
    def configuration(self) -> Output[str]:
        """A feature_store.yaml for Feast's SDK, in a pod that gets its account's token. JSON is YAML, too."""
        return Output.json_dumps(
            {
                "project": self.project,
                "provider": "local",
                "registry": {"registry_type": "remote", "path": self.registry},
                "online_store": {"type": "remote", "path": self.online},
                "offline_store": {"type": "remote", "host": self.offline_host, "port": self.offline_port},
                "auth": {"type": "oidc"},
                "entity_key_serialization_version": 3,
            },
            indent=1,
        )
