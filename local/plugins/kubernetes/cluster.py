"""The cluster of one provider: its settings, and a connection made on first use."""

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

from local.plugins.kubernetes import kubeconfig
from local.plugins.kubernetes.api import Api
from local.plugins.kubernetes.discovery import Discovery, Kind
from local.plugins.kubernetes.settings import Settings


class Cluster:
    """What a resource needs of its cluster. Nothing is read or connected before it is needed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.RLock()
        self._api: Api | None = None
        self._said = False

    @property
    def target(self) -> kubeconfig.Target:
        return self.api.target

    @property
    def api(self) -> Api:
        """The connection. Raises KubeconfigError where there is none to be had."""
        with self._lock:
            if self._api is None:
                document, source = kubeconfig.load(self.settings.kubeconfig)
                target = kubeconfig.target(document, source, self.settings.context, self.settings.cluster)
                self._api = Api(target, self.settings.timeout)
            return self._api

    @cached_property
    def _discovery(self) -> Discovery:
        return Discovery(self.api)

    def kind(self, api_version: str, name: str) -> Kind | None:
        """The kind as the cluster serves it; None where it does not (yet)."""
        return self._discovery.find(api_version, name)

    @property
    def default_namespace(self) -> str:
        """Where an object goes that names no namespace."""
        return self.settings.namespace or self.target.namespace or "default"

    def say_once(self, say: Callable[[], None]) -> None:
        """For what concerns the cluster and not one resource: the first call says it, later ones do not."""
        with self._lock:
            first, self._said = not self._said, True
        if first:
            say()


def identity(given: dict[str, Any]) -> str | None:
    """Which cluster these provider arguments mean, as far as that can be told without asking it."""
    if given.get("clusterIdentifier"):
        return str(given["clusterIdentifier"])
    try:
        document, source = kubeconfig.load(given.get("kubeconfig") or None)
        found = kubeconfig.target(document, source, given.get("context"), given.get("cluster"))
    except kubeconfig.KubeconfigError:
        return None
    return found.server
