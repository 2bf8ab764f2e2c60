"""One resource at one moment of an update: which object it is, and the means to work on it."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.plugins.kubernetes import naming, state
from local.plugins.kubernetes.api import ApiError, Unreachable
from local.plugins.kubernetes.apply import PATCH_FORCE, Applier, explain
from local.plugins.kubernetes.cluster import Cluster
from local.plugins.kubernetes.discovery import Kind
from local.plugins.kubernetes.identity import Place, Token
from local.plugins.kubernetes.kubeconfig import KubeconfigError
from local.plugins.kubernetes.ownership import applied_by
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.waits.wait import DEFAULT_SECONDS
from local.plugins.provider import EngineLog, OutcomeUnknown, ProviderError
from local.plugins.values import UNKNOWN, plain

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A resource. `old` is its state, {} where it has none."""

    urn: str
    old: Document
    cluster: Cluster
    log: EngineLog
    cancelled: threading.Event
    timeout: float = 0.0

    @property
    def token(self) -> Token:
        return Token.of(self.urn)

    @property
    def seconds(self) -> float:
        """How long to wait for it: what customTimeouts say, or the usual."""
        return self.timeout or DEFAULT_SECONDS

    @property
    def manager(self) -> str:
        """Its field manager; a resource of the official plugin keeps the one that it has."""
        return str(plain(self.old.get(state.FIELD_MANAGER)) or naming.field_manager(self.urn))

    def initial_api_version(self, inputs: Document) -> str:
        return str(plain(self.old.get(state.INITIAL_API_VERSION)) or inputs.get("apiVersion"))

    def outputs(self, live: Document, inputs: Document) -> Document:
        """The resource's state, from the live object."""
        return state.outputs(live, inputs, self.manager, self.initial_api_version(inputs))

    def say(self, message: str) -> None:
        self.log.status(self.urn, message)

    def warn(self, message: str) -> None:
        self.log.warning(self.urn, message)

    def kind(self, document: Document) -> Kind | None:
        """The kind of `document` as the cluster has it, None where it does not."""
        return self.cluster.kind(str(plain(document["apiVersion"])), str(plain(document["kind"])))

    def namespace(self, document: Document, kind: Kind) -> str:
        return (document["metadata"].get("namespace") or self.cluster.default_namespace) if kind.namespaced else ""

    def path_of(self, id: str, kind: Kind) -> str:
        """Where the object with this id is."""
        place = Place.of_id(id)
        namespace = place.namespace or (self.cluster.default_namespace if kind.namespaced else "")
        return kind.path(namespace, place.name)

    def document(self, inputs: Document, id: str = "") -> Document:
        """What to send: the inputs without marks and nulls. One with a `generateName` has its name only in its id."""
        document = _without_nulls({key: value for key, value in plain(inputs).items() if not key.startswith("__")})
        metadata = document["metadata"]
        if id and not metadata.get("name"):
            metadata.pop("generateName", None)
            metadata["name"] = Place.of_id(id).name
        return document

    def is_forced(self, document: Document) -> bool:
        """Whether the program may take the object over from whoever has it."""
        return self.cluster.settings.patch_force or dig(document, "metadata", "annotations", PATCH_FORCE) == "true"

    def owns(self, live: Document) -> bool:
        """Whether this resource has applied the live object before."""
        return applied_by(live, self.manager)

    def refuse_foreign(self, document: Document, id: str) -> None:
        """Raise, for an object of that name is there already, unless the program may take it over."""
        if self.cluster.settings.upsert or self.is_forced(document):
            return
        raise ProviderError(
            f"{self.called(document)} already exists and is not this program's. Give it another name, import it "
            f'(ResourceOptions(import_="{id}")), delete it, or set the annotation {PATCH_FORCE}: "true" to take it over'
        )

    def applier(self, document: Document, quiet: bool = False) -> Applier:
        return Applier(
            api=self.cluster.api,
            manager=self.manager,
            warn=(lambda remark: None) if quiet else self._remark,
            force=self.is_forced(document),
        )

    def called(self, document: Document) -> str:
        """How messages name the object."""
        name = dig(document, "metadata", "name")
        return f"{document.get('kind')} {name!r}" if name and name is not UNKNOWN else str(document.get("kind"))

    @contextlib.contextmanager
    def explained(self, what: str) -> Iterator[None]:
        """Turns the API server's refusals and silence into errors that say what to do."""
        try:
            yield
        except ApiError as refused:
            raise ProviderError(explain(refused, what)) from refused
        except Unreachable as unreachable:
            kind = OutcomeUnknown if unreachable.sent else ProviderError
            raise kind(f"{what}: {unreachable}") from unreachable
        except KubeconfigError as unusable:
            raise ProviderError(str(unusable)) from unusable

    def _remark(self, remark: str) -> None:
        if "deprecated" not in remark or not self.cluster.settings.suppress_deprecation_warnings:
            self.warn(remark)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
