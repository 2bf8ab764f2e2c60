"""Between the live object and what the engine keeps of it."""

import base64
import copy
from typing import Any

from local.plugins.kubernetes.paths import dig
from local.plugins.values import UNKNOWN, Secret, has_secret, has_unknown, plain

Document = dict[str, Any]

INPUTS = "__inputs"
INITIAL_API_VERSION = "__initialApiVersion"
FIELD_MANAGER = "__fieldManager"
IMPORTED = "__imported"
"""Set on what was imported and never applied by a program."""

_IDENTITY = ("uid", "creationTimestamp")
_VERSIONS = ("resourceVersion", "generation")
_ASSIGNED = (*_IDENTITY, *_VERSIONS, "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields")
"""Metadata that the server assigns."""

_ALLOCATED = {
    "Service": ("clusterIP", "clusterIPs"),
    "PersistentVolumeClaim": ("volumeName",),
    "Pod": ("nodeName",),
}
"""Fields of `spec` that the server or a controller fills in differently each time, where the inputs leave them open."""


def outputs(live: Document, inputs: Document, manager: str, initial_api_version: str) -> Document:
    """The state of an object: its live form, secret wherever the inputs were, and what the provider must remember."""
    shown = copy.deepcopy(live)
    dig(shown, "metadata", default={}).pop("managedFields", None)
    shown = _marked(shown, inputs)
    if shown.get("kind") == "Secret" and shown.get("apiVersion") == "v1":
        shown.update({key: _secret(shown[key]) for key in ("data", "stringData") if shown.get(key)})
    shown[INPUTS] = inputs
    shown[INITIAL_API_VERSION] = initial_api_version
    shown[FIELD_MANAGER] = manager
    return shown


def predicted(inputs: Document, manager: str, initial_api_version: str) -> Document:
    """The state that a preview can promise without asking the server: the inputs, and what it would add as unknown."""
    shown = copy.deepcopy(plain(inputs))
    _unknown_metadata(shown)
    if shown.get("apiVersion") == "v1" and isinstance(shown.get("spec", {}), dict):
        for field in _ALLOCATED.get(shown.get("kind"), ()):
            shown.setdefault("spec", {}).setdefault(field, UNKNOWN)
    _merge_string_data(shown)
    if "status" not in shown:
        shown["status"] = UNKNOWN
    return outputs(shown, inputs, manager, initial_api_version)


def foreseen(dry_run: Document, inputs: Document, old: Document | None) -> Document:
    """A dry run's answer, with everything unknown that may come out differently in earnest.

    Sure is what the inputs say, and what the server had added before and adds again.
    """
    asked = copy.deepcopy(plain(inputs))
    _merge_string_data(asked)
    before = copy.deepcopy(plain(old or {}))
    # Controllers count revisions in there.
    dig(before, "metadata", default={}).pop("annotations", None)
    shown = _sure(dry_run, asked, before)
    shown.setdefault("metadata", {})["name"] = dig(dry_run, "metadata", "name")
    if namespace := dig(dry_run, "metadata", "namespace"):
        shown["metadata"]["namespace"] = namespace
    shown["apiVersion"], shown["kind"] = dry_run.get("apiVersion"), dry_run.get("kind")
    _unknown_metadata(shown, _VERSIONS if old else _IDENTITY + _VERSIONS)
    shown["status"] = UNKNOWN
    return shown


def imported_inputs(live: Document) -> Document:
    """The inputs that would make this object: all that is not the server's own."""
    shown = copy.deepcopy(live)
    shown.pop("status", None)
    metadata = shown.get("metadata", {})
    for key in (*_ASSIGNED, "ownerReferences"):
        metadata.pop(key, None)
    metadata.get("annotations", {}).pop("kubectl.kubernetes.io/last-applied-configuration", None)
    if not metadata.get("annotations", True):
        metadata.pop("annotations")
    if shown.get("kind") == "Secret" and shown.get("data"):
        shown["data"] = _secret(shown["data"])
    return shown


def _secret(value: Any) -> Secret:
    return Secret(plain(value))


def _marked(live: Any, inputs: Any) -> Any:
    """`live` with a secret marker wherever `inputs` has one."""
    if isinstance(inputs, Secret):
        return _secret(live)
    if isinstance(live, dict) and isinstance(inputs, dict) and has_secret(inputs):
        marked = {key: _marked(item, inputs[key]) if key in inputs else item for key, item in live.items()}
        return marked
    if isinstance(live, list) and isinstance(inputs, list) and has_secret(inputs):
        # The server may have put items of its own between ours; then none can be told from the secret one.
        if len(live) != len(inputs):
            return _secret(live)
        return [_marked(item, wanted) for item, wanted in zip(live, inputs, strict=True)]
    return live


def _sure(answer: Any, asked: Any, old: Any) -> Any:
    if isinstance(answer, dict):
        asked, old = asked if isinstance(asked, dict) else {}, old if isinstance(old, dict) else {}
        return {
            key: _sure(item, asked.get(key), old.get(key)) for key, item in answer.items() if key != "managedFields"
        }
    if isinstance(answer, list) and isinstance(asked, list) and len(answer) == len(asked):
        before = old if isinstance(old, list) and len(old) == len(answer) else [None] * len(answer)
        return [_sure(item, wanted, was) for item, wanted, was in zip(answer, asked, before, strict=True)]
    return answer if asked is not None or (old is not None and answer == old) else UNKNOWN


def _unknown_metadata(shown: Document, fields: tuple[str, ...] = _IDENTITY + _VERSIONS) -> None:
    metadata = shown.setdefault("metadata", {})
    if isinstance(metadata, dict):
        metadata.update(dict.fromkeys(fields, UNKNOWN))


def _merge_string_data(shown: Document) -> None:
    """What the server makes of a Secret's `stringData`: it is never shown, only what it adds to `data`."""
    if shown.get("kind") != "Secret" or "stringData" not in shown:
        return
    texts, data = shown.pop("stringData"), shown.get("data") or {}
    if isinstance(texts, dict) and isinstance(data, dict):
        shown["data"] = {**data, **{key: _base64(text) for key, text in texts.items()}}
    else:
        shown["data"] = UNKNOWN


def _base64(text: Any) -> Any:
    return UNKNOWN if has_unknown(text) else base64.b64encode(str(text).encode()).decode()
