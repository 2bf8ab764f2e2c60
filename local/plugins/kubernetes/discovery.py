"""Which kinds the API server has, and where their objects are. Asked once for each group version, on first use."""

import threading
import time
from dataclasses import dataclass

from local.plugins.kubernetes.api import Api, ApiError

_AGAIN_AFTER_SECONDS = 0.5


@dataclass(frozen=True)
class Kind:
    """One kind of object, as served."""

    api_version: str
    name: str
    plural: str
    namespaced: bool

    @property
    def group(self) -> str:
        return group_of(self.api_version)

    def path(self, namespace: str, name: str = "") -> str:
        """Where the objects of `namespace` are, or the one called `name`."""
        root = f"/api/{self.api_version}" if "/" not in self.api_version else f"/apis/{self.api_version}"
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{scope}/{self.plural}" + (f"/{name}" if name else "")


def group_of(api_version: str) -> str:
    """The group of an apiVersion; "" for the core."""
    return api_version.rpartition("/")[0]


class Discovery:
    """The kinds of one API server. A miss is asked for again: a definition may have been made since."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Lock] = {}
        self._known: dict[str, tuple[float, dict[str, Kind]]] = {}

    def find(self, api_version: str, kind: str) -> Kind | None:
        """The kind, or None where the server has no such (yet)."""
        with self._lock:
            asking = self._asking.setdefault(api_version, threading.Lock())
        with asking:
            asked, kinds = self._known.get(api_version, (float("-inf"), {}))
            if kind not in kinds and time.monotonic() - asked > _AGAIN_AFTER_SECONDS:
                kinds = self._ask(api_version)
                self._known[api_version] = (time.monotonic(), kinds)
            return kinds.get(kind)

    def _ask(self, api_version: str) -> dict[str, Kind]:
        root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        try:
            resources = self._api.get(root)["resources"]
        except ApiError as refused:
            if refused.code == 404:
                return {}
            raise
        served = [item for item in resources if "/" not in item["name"]]
        return {item["kind"]: Kind(api_version, item["kind"], item["name"], item["namespaced"]) for item in served}
