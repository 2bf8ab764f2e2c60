"""Creating, changing, reading and deleting one object, each to its end."""

import time
from typing import Any

from local.plugins.kubernetes import state
from local.plugins.kubernetes.api import ApiError, Unreachable
from local.plugins.kubernetes.apply import without_ignored
from local.plugins.kubernetes.deletion import delete_and_wait
from local.plugins.kubernetes.discovery import Kind
from local.plugins.kubernetes.drift import refreshed_inputs
from local.plugins.kubernetes.identity import Place
from local.plugins.kubernetes.paths import dig, parsed
from local.plugins.kubernetes.subject import Subject
from local.plugins.kubernetes.waits.wait import NotReady, readiness, until_ready
from local.plugins.provider import InitFailed, ProviderError
from local.plugins.values import plain

Document = dict[str, Any]

_PATIENCE_SECONDS = 15.0
"""For what follows a moment after another object: a kind after its definition, an account after its namespace."""


def create(subject: Subject, inputs: Document) -> tuple[str, Document]:
    """Make the object and wait for it: (id, state)."""
    document = subject.document(inputs)
    with subject.explained(subject.called(document)):
        kind = _kind_soon(subject, document)
        namespace = subject.namespace(document, kind)
        if document["metadata"].get("name"):
            _refuse_if_taken(subject, kind, namespace, document)
            live = _apply_soon(subject, kind, namespace, document)
        else:
            live = subject.applier(document).create_named_by_server(kind, namespace, document)
    return Place.of(live).id, _waited(subject, live, kind, inputs)


def update(subject: Subject, id: str, inputs: Document, ignored: list[str]) -> Document:
    """Bring the object to the new inputs and wait for it: its state."""
    document = subject.document(inputs, id)
    try:
        with subject.explained(subject.called(document)):
            kind = _kind_soon(subject, document)
            if ignored:
                live = subject.cluster.api.find(subject.path_of(id, kind)) or {}
                document = without_ignored(document, [parsed(path) for path in ignored], live)
            live = subject.applier(document).apply(kind, subject.namespace(document, kind), document)
    except ProviderError as failed:
        if subject.cluster.settings.skip_update_unreachable and isinstance(failed.__cause__, Unreachable):
            subject.warn(f"left as it is: {failed}")
            return subject.old
        raise
    return _waited(subject, live, kind, inputs)


def read(subject: Subject, id: str, inputs: Document) -> tuple[str, Document, Document] | None:
    """The live object: (id, state, the inputs that would give it); None where it is gone. No `inputs`: an import.

    One that is being deleted can't be kept, so it is waited for until it is gone.
    """
    token = subject.token
    shown = inputs or {"apiVersion": token.api_version, "kind": token.kind.removesuffix("Patch")}
    with subject.explained(f"{shown.get('kind')} {id!r}"):
        kind = subject.kind(shown)
        live = _settled(subject, subject.path_of(id, kind), subject.called(shown)) if kind else None
    if live is None or kind is None:
        return None
    live = {"apiVersion": kind.api_version, "kind": kind.name, **live}
    id = Place.of(live).id
    if not inputs:
        inputs = state.imported_inputs(live)
        return id, subject.outputs(live, inputs) | {state.IMPORTED: True}, inputs
    inputs = refreshed_inputs(inputs, subject.old, live)
    outputs = subject.outputs(live, inputs)
    if state.IMPORTED in subject.old:
        outputs[state.IMPORTED] = True
    with subject.explained(f"{shown.get('kind')} {id!r}"):
        reasons = [] if token.is_patch(inputs) else readiness(live, subject.cluster.api)
    if reasons:
        raise InitFailed(reasons, id, outputs, inputs)
    return id, outputs, inputs


def delete(subject: Subject, id: str) -> None:
    """Delete the object, or give up a patch of it, and wait until that is done."""
    inputs = plain(subject.old.get(state.INPUTS) or {})
    shown = {
        "apiVersion": plain(subject.old.get("apiVersion")) or subject.token.api_version,
        "kind": inputs.get("kind") or plain(subject.old.get("kind")) or subject.token.kind,
    }
    what = f"{shown['kind']} {id!r}"
    try:
        with subject.explained(what):
            api, kind = subject.cluster.api, subject.kind(shown)
            if kind is None:
                return  # Its definition is gone, and with it all objects of the kind.
            path = subject.path_of(id, kind)
            if not subject.token.is_patch(inputs):
                delete_and_wait(path, plain(subject.old), api, subject.say, subject.cancelled, subject.seconds)
            elif api.find(path):
                place = Place.of_id(id)
                subject.applier({}).relinquish(kind, place.namespace, place.name)
    except NotReady as held:
        raise ProviderError(f"{what} is not gone: {held}") from held
    except ProviderError as failed:
        if not (subject.cluster.settings.delete_unreachable and isinstance(failed.__cause__, Unreachable)):
            raise
        subject.warn(f"taken out of the state without being deleted: {failed}")


def _waited(subject: Subject, live: Document, kind: Kind, inputs: Document) -> Document:
    """The state once the object is ready. What was made is kept in it whatever the wait ends with."""
    place = Place.of(live)
    what = f"{subject.called(inputs)} ({place.id})"
    if subject.token.is_patch(inputs):
        return subject.outputs(live, inputs)
    path = kind.path(place.namespace, place.name)
    try:
        live = until_ready(live, path, subject.cluster.api, subject.say, subject.cancelled, subject.seconds)
    except NotReady as failed:
        if failed.live is None:
            raise ProviderError(f"{what}: {failed}") from failed
        reasons = [f"{what} is not ready: {failed.reasons[0]}", *failed.reasons[1:]]
        raise InitFailed(reasons, place.id, subject.outputs(failed.live, inputs), inputs) from failed
    except (ApiError, Unreachable) as failed:
        reasons = [f"{what} was applied, but not seen ready: {failed}"]
        raise InitFailed(reasons, place.id, subject.outputs(live, inputs), inputs) from failed
    return subject.outputs(live, inputs)


def _refuse_if_taken(subject: Subject, kind: Kind, namespace: str, document: Document) -> None:
    """An object of that name is someone else's, unless an update of ours made it and did not come to note it."""
    what, name = subject.called(document), document["metadata"]["name"]
    path = kind.path(namespace, name)
    if subject.token.is_patch(document):
        if subject.cluster.api.find(path) is None:
            raise ProviderError(f"{what}: there is no such object to patch")
        return
    found = _settled(subject, path, what)
    if found is None:
        return
    if subject.owns(found):
        subject.log.info(subject.urn, "taken over from an update of this stack that was interrupted")
    else:
        subject.refuse_foreign(document, Place(namespace, name).id)


def _settled(subject: Subject, path: str, what: str) -> Document | None:
    """What is there, once nothing is there that is being deleted."""
    ends, waits = time.monotonic() + subject.seconds, False
    while (found := subject.cluster.api.find(path)) and dig(found, "metadata", "deletionTimestamp"):
        if not waits:
            subject.say("waiting for the object of the same name to be deleted")
            waits = True
        if time.monotonic() > ends or subject.cancelled.wait(0.5):
            raise ProviderError(f"another {what} is still being deleted: run the update again when it is gone")
    return found


def _apply_soon(subject: Subject, kind: Kind, namespace: str, document: Document) -> Document:
    ends = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return subject.applier(document).apply(kind, namespace, document)
        except ApiError as refused:
            passing = refused.code == 403 and "serviceaccount" in refused.message and "not found" in refused.message
            if not passing or time.monotonic() > ends or subject.cancelled.wait(0.3):
                raise


def _kind_soon(subject: Subject, document: Document) -> Kind:
    ends = time.monotonic() + _PATIENCE_SECONDS
    while (kind := subject.kind(document)) is None:
        if time.monotonic() > ends or subject.cancelled.wait(0.5):
            raise ProviderError(
                f"{subject.called(document)}: the cluster has no kind {document['kind']} in "
                f"{document['apiVersion']}. Install its CustomResourceDefinition first (depends_on), or correct "
                "apiVersion and kind"
            )
    return kind
