"""One step with one object: create, read, update, delete, and their previews."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.plugins.kubernetes import naming, state
from local.plugins.kubernetes.api import ApiError, Unreachable
from local.plugins.kubernetes.apply import PATCH_FORCE, Applier, explain, immutable_fields, owned_by, without_ignored
from local.plugins.kubernetes.cluster import Cluster
from local.plugins.kubernetes.deletion import delete
from local.plugins.kubernetes.discovery import Kind
from local.plugins.kubernetes.drift import refreshed_inputs
from local.plugins.kubernetes.identity import Place, Token
from local.plugins.kubernetes.kubeconfig import KubeconfigError
from local.plugins.kubernetes.paths import dig, parsed
from local.plugins.kubernetes.waits.wait import DEFAULT_SECONDS, NotReady, readiness, until_ready
from local.plugins.provider import EngineLog, InitFailed, OutcomeUnknown, ProviderError
from local.plugins.values import UNKNOWN, has_unknown, plain

Document = dict[str, Any]

_KIND_PATIENCE_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A resource at one moment of an update. `old` is its state, {} where it has none."""

    urn: str
    old: Document
    cluster: Cluster
    log: EngineLog
    cancelled: threading.Event
    timeout: float = 0.0

    @property
    def seconds(self) -> float:
        return self.timeout or DEFAULT_SECONDS

    @property
    def manager(self) -> str:
        return str(plain(self.old.get(state.FIELD_MANAGER)) or naming.field_manager(self.urn))

    def preview_create(self, inputs: Document) -> Document:
        """What `create` will give, as far as that is sure. Refuses what the API server would refuse."""
        blind = state.predicted(inputs, self.manager, str(inputs.get("apiVersion")))
        if has_unknown(inputs) or not dig(inputs, "metadata", "name"):
            return blind
        try:
            kind = self._kind_now(inputs)
            if kind is None:
                return blind
            document = plain(inputs)
            live = self._applier().apply(kind, self._namespace(document, kind), document, dry_run=True)
        except (Unreachable, KubeconfigError) as unreachable:
            self.log.warning("", f"the preview is less exact: {unreachable}")
            return blind
        except ApiError as refused:
            if refused.code in (400, 409, 422):
                raise ProviderError(explain(refused, self._called(inputs))) from refused
            # A namespace that the same update makes; a quota or webhook that may answer otherwise by then.
            if refused.code != 404:
                self.log.warning(self.urn, f"the API server would refuse this now: {refused.message}")
            return blind
        foreseen = state.foreseen(live, inputs, None)
        return state.outputs(foreseen, inputs, self.manager, str(inputs["apiVersion"]))

    def create(self, inputs: Document) -> tuple[str, Document]:
        """Make the object and wait for it: (id, state)."""
        document = plain(inputs)
        with self._explained(document):
            kind = self._kind_soon(document)
            namespace = self._namespace(document, kind)
            if document["metadata"].get("name"):
                self._refuse_if_taken(kind, namespace, document)
                live = self._patient_apply(kind, namespace, document)
            else:
                live = self._applier().create_named_by_server(kind, namespace, document)
        return Place.of(live).id, self._waited(live, kind, inputs)

    def preview_update(self, id: str, inputs: Document) -> Document:
        """What `update` will give, as far as that is sure."""
        initial = self._initial_api_version(inputs)
        blind = state.predicted(inputs, self.manager, initial)
        if has_unknown(inputs):
            return blind
        document = self._named(plain(inputs), id)
        try:
            kind = self._kind_now(inputs)
            if kind is None:
                return blind
            live = self._applier().apply(kind, self._namespace(document, kind), document, dry_run=True)
        except (Unreachable, KubeconfigError) as unreachable:
            self.log.warning("", f"the preview is less exact: {unreachable}")
            return blind
        except ApiError as refused:
            if refused.code in (403, 404, 500, 503):
                self.log.warning(self.urn, f"the API server would refuse this now: {refused.message}")
                return blind
            raise ProviderError(explain(refused, self._called(inputs))) from refused
        return state.outputs(state.foreseen(live, inputs, self.old), inputs, self.manager, initial)

    def update(self, id: str, inputs: Document, ignored: list[str]) -> Document:
        """Bring the object to the new inputs and wait for it: its state."""
        document = self._named(plain(inputs), id)
        try:
            with self._explained(document):
                kind = self._kind_soon(document)
                namespace = self._namespace(document, kind)
                if ignored:
                    now = self.cluster.api.find(kind.path(namespace, document["metadata"]["name"])) or {}
                    document = without_ignored(document, [parsed(path) for path in ignored], now)
                live = self._applier().apply(kind, namespace, document)
        except OutcomeUnknown:
            raise
        except ProviderError as failed:
            if self.cluster.settings.skip_update_unreachable and isinstance(failed.__cause__, Unreachable):
                self.log.warning(self.urn, f"left as it is: {failed}")
                return self.old
            raise
        return self._waited(live, kind, inputs)

    def read(self, id: str, inputs: Document) -> tuple[str, Document, Document] | None:
        """The live object: (id, state, inputs that would give it), None where it is gone."""
        token, known = Token.of(self.urn), bool(inputs)
        shown = inputs if known else {"apiVersion": token.api_version, "kind": token.kind}
        with self._explained(shown, lambda: f"{self._called(shown)} {id!r}"):
            kind = self._kind_now(shown)
            place = Place.of_id(id)
            if kind is None:
                return None
            namespace = place.namespace or (self.cluster.default_namespace if kind.namespaced else "")
            live = self.cluster.api.find(kind.path(namespace, place.name))
        if live is None:
            return None
        live.setdefault("apiVersion", kind.api_version)
        live.setdefault("kind", kind.name)
        if known:
            inputs = refreshed_inputs(inputs, self.old, live)
            outputs = state.outputs(live, inputs, self.manager, self._initial_api_version(inputs))
        else:
            inputs = state.imported_inputs(live)
            outputs = state.outputs(live, inputs, self.manager, kind.api_version) | {state.IMPORTED: True}
        place = Place.of(live)
        reasons = readiness(live, self.cluster.api) if known and not token.is_patch(inputs) else []
        if reasons:
            raise InitFailed(reasons, place.id, outputs, inputs)
        return place.id, outputs, inputs

    def delete(self, id: str) -> None:
        """Delete the object, or give up a patch of it, and wait until that is done."""
        token = Token.of(self.urn)
        inputs = plain(self.old.get(state.INPUTS) or {})
        shown = {"apiVersion": plain(self.old.get("apiVersion")) or token.api_version}
        shown["kind"] = inputs.get("kind") or plain(self.old.get("kind")) or token.kind
        place = Place.of_id(id)
        say = lambda message: self.log.status(self.urn, message)  # noqa: E731
        try:
            with self._explained(shown, lambda: f"{self._called(shown)} {id!r}"):
                kind = self._kind_now(shown)
                if kind is None:
                    return  # Its definition is gone, and with it all objects of the kind.
                namespace = place.namespace or (self.cluster.default_namespace if kind.namespaced else "")
                if token.is_patch(inputs):
                    if self.cluster.api.find(kind.path(namespace, place.name)):
                        self._applier().relinquish(kind, namespace, place.name)
                    return
                path = kind.path(namespace, place.name)
                delete(path, plain(self.old), self.cluster.api, say, self.cancelled, self.seconds)
        except NotReady as held:
            raise ProviderError(f"{self._called(shown)} {id!r} is not gone: {held}") from held
        except ProviderError as failed:
            if self.cluster.settings.delete_unreachable and isinstance(failed.__cause__, Unreachable):
                self.log.warning(self.urn, f"taken out of the state without being deleted: {failed}")
                return
            raise

    def refused_as_immutable(self, inputs: Document, id: str) -> list[str]:
        """The fields for which the API server refuses the update in place, so that only a new object can have them."""
        if has_unknown(inputs):
            return []
        document = self._named(plain(inputs), id)
        try:
            kind = self._kind_now(inputs)
            if kind is not None:
                self._applier().apply(kind, self._namespace(document, kind), document, dry_run=True)
        except ApiError as refused:
            return immutable_fields(refused)
        except (Unreachable, KubeconfigError):
            pass
        return []

    def _waited(self, live: Document, kind: Kind, inputs: Document) -> Document:
        """The state once the object is ready. What was made is kept in it whatever the wait ends with."""
        place, initial = Place.of(live), self._initial_api_version(inputs)
        path = kind.path(place.namespace, place.name)
        say = lambda message: self.log.status(self.urn, message)  # noqa: E731
        try:
            if not Token.of(self.urn).is_patch(inputs):
                live = until_ready(live, path, self.cluster.api, say, self.cancelled, self.seconds)
        except NotReady as failed:
            if failed.live is None:
                raise ProviderError(f"{self._called(inputs)} {place.id!r}: {failed}") from failed
            outputs = state.outputs(failed.live, inputs, self.manager, initial)
            reasons = [f"{self._called(inputs)} {place.id!r} is not ready: {failed.reasons[0]}", *failed.reasons[1:]]
            raise InitFailed(reasons, place.id, outputs, inputs) from failed
        except (ApiError, Unreachable) as failed:
            outputs = state.outputs(live, inputs, self.manager, initial)
            reasons = [f"{self._called(inputs)} {place.id!r} was applied, but not seen ready: {failed}"]
            raise InitFailed(reasons, place.id, outputs, inputs) from failed
        return state.outputs(live, inputs, self.manager, initial)

    def _refuse_if_taken(self, kind: Kind, namespace: str, document: Document) -> None:
        """An object of that name is someone else's, unless an update of ours made it and did not come to note it."""
        metadata = document["metadata"]
        found = self.cluster.api.find(kind.path(namespace, metadata["name"]))
        if Token.of(self.urn).is_patch(document):
            if found is None:
                raise ProviderError(f"{self._called(document)}: there is no such object to patch")
            return
        if found is None or self.cluster.settings.upsert or self._forced(document):
            return
        if dig(found, "metadata", "deletionTimestamp"):
            self._wait_until_gone(kind, namespace, metadata["name"])
            return
        if owned_by(found, self.manager):
            self.log.info(self.urn, "taken over from an update of this stack that was interrupted")
            return
        raise ProviderError(
            f"{self._called(document)} already exists and is not this program's. Give it another name, import it "
            f'(ResourceOptions(import_="{Place(namespace, metadata["name"]).id}")), delete it, or set the annotation '
            f'{PATCH_FORCE}: "true" to take it over'
        )

    def _wait_until_gone(self, kind: Kind, namespace: str, name: str) -> None:
        ends = time.monotonic() + self.seconds
        while self.cluster.api.find(kind.path(namespace, name)) is not None:
            self.log.status(self.urn, "waiting for the object of the same name to be deleted")
            if time.monotonic() > ends or self.cancelled.wait(0.5):
                raise ProviderError(
                    f"{kind.name} {name!r} of the same name is still being deleted: run the update again"
                )

    def _patient_apply(self, kind: Kind, namespace: str, document: Document) -> Document:
        """Apply; a new namespace's service account comes a moment after it."""
        ends = time.monotonic() + _KIND_PATIENCE_SECONDS
        while True:
            try:
                return self._applier(self._forced(document)).apply(kind, namespace, document)
            except ApiError as refused:
                passing = refused.code == 403 and "serviceaccount" in refused.message and "not found" in refused.message
                if not passing or time.monotonic() > ends or self.cancelled.wait(0.3):
                    raise

    def _kind_now(self, inputs: Document) -> Kind | None:
        return self.cluster.kind(str(plain(inputs["apiVersion"])), str(plain(inputs["kind"])))

    def _kind_soon(self, document: Document) -> Kind:
        """The kind, which discovery shows a moment after its definition is established."""
        ends = time.monotonic() + _KIND_PATIENCE_SECONDS
        while (kind := self._kind_now(document)) is None:
            if time.monotonic() > ends or self.cancelled.wait(0.5):
                raise ProviderError(
                    f"{self._called(document)}: the cluster has no kind {document['kind']} in {document['apiVersion']}. "
                    "Install its CustomResourceDefinition first (depends_on), or correct apiVersion and kind"
                )
        return kind

    def _namespace(self, document: Document, kind: Kind) -> str:
        if not kind.namespaced:
            return ""
        return document["metadata"].get("namespace") or self.cluster.default_namespace

    def _named(self, document: Document, id: str) -> Document:
        """`document` under the name that the object has; one with a `generateName` knows it only by its id."""
        if not document["metadata"].get("name"):
            metadata = {key: value for key, value in document["metadata"].items() if key != "generateName"}
            return document | {"metadata": metadata | {"name": Place.of_id(id).name}}
        return document

    def _initial_api_version(self, inputs: Document) -> str:
        return str(plain(self.old.get(state.INITIAL_API_VERSION)) or inputs.get("apiVersion"))

    def _applier(self, force: bool = False) -> Applier:
        warn = lambda remark: self.log.warning(self.urn, remark)  # noqa: E731
        return Applier(
            api=self.cluster.api, manager=self.manager, warn=warn, force=force or self.cluster.settings.patch_force
        )

    def _forced(self, document: Document) -> bool:
        return dig(document, "metadata", "annotations", PATCH_FORCE) == "true" or self.cluster.settings.patch_force

    def _called(self, document: Document) -> str:
        """How messages name the object."""
        name = dig(document, "metadata", "name")
        return f"{document.get('kind')} {name!r}" if name and name is not UNKNOWN else str(document.get("kind"))

    @contextlib.contextmanager
    def _explained(self, document: Document, what: Any = None) -> Iterator[None]:
        """Turns the API server's refusals and silence into errors that say what to do."""
        called = what or (lambda: self._called(document))
        try:
            yield
        except ApiError as refused:
            raise ProviderError(explain(refused, called())) from refused
        except Unreachable as unreachable:
            kind = OutcomeUnknown if unreachable.sent else ProviderError
            raise kind(f"{called()}: {unreachable}") from unreachable
        except KubeconfigError as unusable:
            raise ProviderError(str(unusable)) from unusable
