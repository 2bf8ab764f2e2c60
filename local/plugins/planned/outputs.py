"""What a preview knows of a resource: what was said, and that the cloud will add the rest."""

import collections.abc
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pulumi import _types

from local.plugins.planned import sdk
from local.plugins.values import UNKNOWN, Secret


def planned(kind: sdk.Kind, inputs: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The outputs: inputs as they are, what the cloud fills in as unknown, or as it was if the resource is there."""
    made = {name: _completed(kind.outputs.get(name), value) for name, value in inputs.items() if value is not None}
    return {**dict.fromkeys(kind.computed, UNKNOWN), **(old or {}), **made}


def _completed(wanted: Any, value: Any) -> Any:
    """A block with the fields that were left out: the SDK doesn't say which of them the cloud fills in."""
    if isinstance(value, Secret):
        return Secret(_completed(wanted, value.value))
    if get_origin(wanted) is collections.abc.Sequence and isinstance(value, list):
        return [_completed(get_args(wanted)[0], item) for item in value]
    if isinstance(wanted, type) and _types.is_output_type(wanted) and isinstance(value, Mapping):
        known = sdk.given_back(wanted)
        return {
            **dict.fromkeys(known, UNKNOWN),
            **{name: _completed(known.get(name), it) for name, it in value.items()},
        }
    return value
