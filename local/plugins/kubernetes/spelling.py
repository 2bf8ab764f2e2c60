"""Fields that the SDKs spell with underscores, as their languages have no dashes in names: `x_kubernetes_list_type`."""

from typing import Any

_DEFINITION = "CustomResourceDefinition"
_SERVER, _PROGRAM = "x-kubernetes-", "x_kubernetes_"


def for_the_server(document: Any) -> Any:
    """A definition as the API server has it; any other document as it is."""
    return _spelled(document, _PROGRAM, "_", "-") if _is_definition(document) else document


def for_the_program(document: Any) -> Any:
    """The way back."""
    return _spelled(document, _SERVER, "-", "_") if _is_definition(document) else document


def _is_definition(document: Any) -> bool:
    return isinstance(document, dict) and document.get("kind") == _DEFINITION


def _spelled(value: Any, start: str, old: str, new: str) -> Any:
    if isinstance(value, list):
        return [_spelled(item, start, old, new) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key.replace(old, new) if key.startswith(start) else key: _spelled(item, start, old, new)
        for key, item in value.items()
    }
