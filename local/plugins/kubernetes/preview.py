"""What an update will make of an object: asked of the API server with a dry run, promised only where it is sure."""

from typing import Any

from local.plugins.kubernetes import state
from local.plugins.kubernetes.api import ApiError, Unreachable
from local.plugins.kubernetes.apply import explain, immutable_fields
from local.plugins.kubernetes.identity import Place
from local.plugins.kubernetes.kubeconfig import KubeconfigError
from local.plugins.kubernetes.ownership import managers
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.subject import Subject
from local.plugins.provider import ProviderError
from local.plugins.values import has_unknown

Document = dict[str, Any]

_WRONG_WHENEVER = {400, 401, 409, 422}
"""Refusals that the update would meet as well. Others may pass: the same update makes the namespace or the role."""


def preview(subject: Subject, inputs: Document, id: str = "", in_the_way: bool = False) -> Document:
    """The state that creating (no `id`) or updating the object will give; what is not sure in it is unknown.

    `in_the_way`: the update first deletes an object of the same name, which a dry run would take for the new one.
    """
    blind = state.predicted(inputs, subject.manager, subject.initial_api_version(inputs))
    if in_the_way or has_unknown(inputs) or not (id or dig(inputs, "metadata", "name")):
        return blind
    document = subject.document(inputs, id)
    try:
        live = _dry_run(subject, document, quiet=False)
        if live is not None and not id:
            _refuse_if_taken(subject, document, live)
    except (Unreachable, KubeconfigError) as unreachable:
        message = f"the preview is less exact: {unreachable}"
        subject.cluster.say_once(lambda: subject.log.warning("", message))
        return blind
    except ApiError as refused:
        if refused.code in _WRONG_WHENEVER:
            raise ProviderError(explain(refused, subject.called(inputs))) from refused
        if refused.code != 404:
            subject.warn(f"the API server would refuse this now: {refused.message}")
        return blind
    if live is None:
        return blind
    return subject.outputs(state.foreseen(live, inputs, subject.old if id else None), inputs)


def refused_as_immutable(subject: Subject, inputs: Document, id: str) -> list[str]:
    """The fields for which the API server refuses the update in place, so that only a new object can have them."""
    if has_unknown(inputs):
        return []
    try:
        _dry_run(subject, subject.document(inputs, id), quiet=True)
    except ApiError as refused:
        return immutable_fields(refused)
    except (Unreachable, KubeconfigError):
        pass
    return []


def _refuse_if_taken(subject: Subject, document: Document, answer: Document) -> None:
    """A new object has no manager but us. Where there is another, look whether the object is someone else's."""
    if managers(answer) <= {subject.manager} or subject.token.is_patch(document):
        return
    place = Place.of(answer)
    kind = subject.kind(document)
    live = subject.cluster.api.find(kind.path(place.namespace, place.name)) if kind else None
    if live is not None and not subject.owns(live):
        subject.refuse_foreign(document, place.id)


def _dry_run(subject: Subject, document: Document, quiet: bool) -> Document | None:
    kind = subject.kind(document)
    if kind is None:
        return None
    applier = subject.applier(document, quiet)
    return applier.apply(kind, subject.namespace(document, kind), document, dry_run=True)
