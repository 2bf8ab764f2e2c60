"""Typed objects as plain data, for the systems that keep a pod's specification as text and make the pod themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Output
from pulumi._types import (
    input_type_to_dict,
    is_input_type,
)  # the SDK has no public way from an input type to its fields


def plain(value: Any) -> Any:
    """Nested dicts and lists under Kubernetes' own names, without what is not set. Outputs stay as they are."""
    if is_input_type(type(value)):
        value = input_type_to_dict(value)
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(inner) for inner in value]
    return value


def as_json(value: Any) -> Output[str]:
    """The same as a JSON text, with its keys in order, so that only a change of content changes it."""
    return Output.json_dumps(plain(value), indent=1, sort_keys=True)
