"""Functions that SDK classes call: reading manifests, so that their objects become resources."""

from typing import Any

import yaml

from local.plugins.provider import ProviderError

Document = dict[str, Any]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def invoke(token: str, arguments: Document, namespace: str | None) -> Document:
    """What the function `token` gives. Of the official plugin's, charts and kustomizations need tools of their own."""
    if token != "kubernetes:yaml:decode":
        raise ProviderError(f"the function {token} is not supported here: only manifests can be read")
    return {"result": _objects(arguments.get("text") or "", arguments.get("defaultNamespace") or namespace)}


def _objects(text: str, namespace: str | None) -> list[Document]:
    """All objects of a YAML stream; a list stands for its items."""
    try:
        documents = [document for document in yaml.load_all(text, Loader=_LOADER) if document]
    except yaml.YAMLError as malformed:
        raise ProviderError(f"the manifest is no YAML: {malformed}") from malformed
    found: list[Document] = []
    for document in documents:
        found += document["items"] if str(document.get("kind", "")).endswith("List") else [document]
    for item in found:
        if namespace and isinstance(item.get("metadata"), dict):
            item["metadata"].setdefault("namespace", namespace)
    return found
