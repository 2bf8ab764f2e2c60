"""What a resource's inputs must have, and what the provider completes in them."""

import copy
import re
from typing import Any

from local.plugins.kubernetes import naming
from local.plugins.kubernetes.api import Unreachable
from local.plugins.kubernetes.cluster import Cluster
from local.plugins.kubernetes.identity import Token
from local.plugins.kubernetes.kubeconfig import KubeconfigError
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.waits.wanted import WaitForError, wanted
from local.plugins.values import UNKNOWN, Secret, plain

Document = dict[str, Any]
Problem = tuple[str, str]

_UNSUPPORTED = re.compile(r"kubernetes:(helm\.sh|kustomize|yaml)[/:]")


def problems(token: Token, inputs: Document) -> list[Problem]:
    """(property, what is wrong with it and what to write instead)."""
    if _UNSUPPORTED.match(token.text):
        return [("", f"{token.text} is not supported here: write its objects as resources of their own")]
    wrong: list[Problem] = []
    for name in ("apiVersion", "kind"):
        if inputs.get(name) is not UNKNOWN and not isinstance(inputs.get(name), str):
            wrong.append((name, f"must be given, as a string: {token.text} has {getattr(token, _SNAKE[name])!r}"))
    metadata: Any = plain(inputs.get("metadata") or {})
    if metadata is not UNKNOWN and not isinstance(metadata, dict):
        return [*wrong, ("metadata", "must be a map of name, namespace, labels, annotations")]
    if str(inputs.get("kind", "")).endswith("List") and "items" in inputs:
        wrong.append(("items", "a list is no object of its own: make each item a resource"))
    if metadata is UNKNOWN:
        return wrong
    for name in ("labels", "annotations"):
        values = dig(metadata, name)
        if values is None or values is UNKNOWN:
            continue
        if not isinstance(values, dict):
            wrong.append((f"metadata.{name}", "must be a map of strings"))
            continue
        for key, value in values.items():
            if value is not UNKNOWN and value is not None and not isinstance(value, str):
                wrong.append((f'metadata.{name}["{key}"]', f"must be a string: write {str(value).lower()!r}"))
    if token.is_patch(inputs) and not dig(metadata, "name"):
        wrong.append(("metadata.name", "must be given: a patch is for an object that exists"))
    try:
        if not wrong:
            wanted({"metadata": metadata})
    except WaitForError as malformed:
        wrong.append(("metadata.annotations", str(malformed)))
    return wrong


_SNAKE = {"apiVersion": "api_version", "kind": "kind"}


def completed(token: Token, inputs: Document, old: Document, proposed: str | None, cluster: Cluster) -> Document:
    """`inputs` with namespace, name and label: from the old inputs where there are any, else anew."""
    result = copy.deepcopy(inputs)
    metadata = result.get("metadata")
    if metadata is None:
        metadata = result["metadata"] = {}
    if isinstance(metadata, Secret):
        metadata = metadata.value
    if not isinstance(metadata, dict) or token.is_patch(inputs):
        if isinstance(metadata, dict):
            _set_namespace(result, metadata, cluster)
        return result
    _set_namespace(result, metadata, cluster)
    if not old:
        if proposed and not naming.has_name(metadata):
            naming.set_autoname(metadata, proposed)
        naming.set_managed_by(metadata)
        return result
    if not naming.has_name(metadata) and naming.is_autonamed(old):
        naming.set_autoname(metadata, str(dig(old, "metadata", "name")))
    elif not naming.has_name(metadata) and dig(old, "metadata", "name"):
        # Named by the program so far and no longer: the object gets a name of ours, which makes a new one of it.
        naming.set_autoname(metadata, proposed or str(dig(old, "metadata", "name")))
    # An imported object has no such label; adding it would be a difference that the program cannot take away.
    if dig(old, "metadata", "labels", naming.MANAGED_BY) is not None:
        naming.set_managed_by(metadata)
    return result


def _set_namespace(inputs: Document, metadata: Document, cluster: Cluster) -> None:
    """Write the provider's default namespace into an object of a namespaced kind that names none."""
    if not cluster.settings.namespace or metadata.get("namespace") is UNKNOWN or metadata.get("namespace"):
        return
    try:
        kind = cluster.kind(str(inputs.get("apiVersion")), str(inputs.get("kind")))
    except (Unreachable, KubeconfigError):
        return
    if kind is not None and kind.namespaced:
        metadata["namespace"] = cluster.settings.namespace
