"""How a step gets at the feature store: addresses, the SDK's configuration, and a token that says whose pod it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import Output, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ..base import Text
from ..features.contracts import FeatureStoreClient
from ..k8s.network import Peer, connect
from ..k8s.volumes import Mount, account_token, config_files

_CONFIGURATION = "/features"
_FILE = "feature_store.yaml"
_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"  # where Feast's SDK looks for one
_TOKEN_LIFE = 3600  # seconds, and renewed before they are over


@dataclass(frozen=True)
class FeatureAccess:
    """For the steps of one space that ask for it."""

    store: FeatureStoreClient
    configuration: Output[str]
    """Name of the ConfigMap with the SDK's configuration."""

    @property
    def environment(self) -> dict[str, Text]:
        return {
            "FEATURES_URL": self.store.online,
            "FEATURES_TOKEN_FILE": f"{_TOKEN}/token",
            # Of Feast's own, so that `FeatureStore()` finds it.
            "FEAST_FS_YAML_FILE_PATH": f"{_CONFIGURATION}/{_FILE}",
        }

    @property
    def mounts(self) -> Sequence[Mount]:
        files = config_files("features", _CONFIGURATION, self.configuration)
        return files, account_token("token", _TOKEN, _TOKEN_LIFE)


def feature_access(name: str, store: FeatureStoreClient, steps: Peer, opts: ResourceOptions) -> FeatureAccess:
    """Made in the steps' namespace, with the wires from there to the store's servers."""
    place = ObjectMetaArgs(namespace=steps.namespace)
    files = ConfigMap(f"{name}-features", metadata=place, data={_FILE: store.configuration}, opts=opts)
    for server, peer in store.peers.items():
        connect(f"{name}-features-{server}", steps, peer, opts)
    return FeatureAccess(store, files.metadata.name)
