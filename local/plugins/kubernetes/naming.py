"""What the provider adds to an object's metadata before it is applied: a name, and whose it is."""

import hashlib
from typing import Any

from local.plugins.kubernetes.paths import dig
from local.plugins.values import UNKNOWN

AUTONAMED = "pulumi.com/autonamed"
MANAGED_BY = "app.kubernetes.io/managed-by"
_LONGEST = 253
_LONGEST_LABEL = 63
_AS_LABEL = {"Service", "Namespace"}
"""Kinds whose names are DNS labels."""


def digest(*parts: bytes | str) -> str:
    """Eight hex digits that the same parts always give."""
    joined = b"\0".join(part.encode() if isinstance(part, str) else part for part in parts)
    return hashlib.sha256(joined).hexdigest()[:8]


def field_manager(urn: str) -> str:
    """The name under which the server records what this resource owns: one per resource, the same at every attempt."""
    return f"pulumi-kubernetes-{digest('manager', urn)}"


def autoname(kind: str, logical: str, suffix: str) -> str:
    """`<logical>-<suffix>`, cut where the API server would refuse its length."""
    longest = _LONGEST_LABEL if kind in _AS_LABEL else _LONGEST
    base = logical.lower() if kind in _AS_LABEL else logical
    return f"{base[: longest - len(suffix) - 1].rstrip('-.')}-{suffix}"


def is_autonamed(inputs: dict[str, Any]) -> bool:
    return dig(inputs, "metadata", "annotations", AUTONAMED) == "true"


def set_autoname(metadata: dict[str, Any], name: str) -> None:
    """Give the object a name that the next replacement may change."""
    metadata["name"] = name
    annotations = metadata.setdefault("annotations", {})
    if isinstance(annotations, dict):
        annotations[AUTONAMED] = "true"


def set_managed_by(metadata: dict[str, Any]) -> None:
    """Label the object as Pulumi's, as far as its labels are known."""
    labels = metadata.setdefault("labels", {})
    if isinstance(labels, dict):
        labels[MANAGED_BY] = "pulumi"


def has_name(metadata: dict[str, Any]) -> bool:
    """Whether the program names the object itself, now or with a value that is not known yet."""
    return metadata.get("name") is UNKNOWN or bool(metadata.get("name")) or bool(metadata.get("generateName"))
