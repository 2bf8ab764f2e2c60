"""Schemas of fields, for definitions of kinds that say which fields they have.

What nobody lists is dropped by the API server, so a closed block has all the fields of the version that its controller
is of. A part that is Kubernetes' own, such as a pod's, stays open: in full it is larger than all the rest.
"""

from collections.abc import Mapping, Sequence

from pulumi_kubernetes.apiextensions.v1 import JSONSchemaPropsArgs as Schema

from .definitions import OPEN

TEXT = Schema(type="string")
WHOLE = Schema(type="integer")
SWITCH = Schema(type="boolean")
QUANTITY = Schema(x_kubernetes_int_or_string=True)
"""A number, or a text such as 16Gi."""


def words(*allowed: str) -> Schema:
    """A text that is one of these."""
    return Schema(type="string", enum=list(allowed))


def block(*, required: Sequence[str] = (), **fields: Schema) -> Schema:
    """These fields and no others."""
    return Schema(type="object", properties=fields, required=list(required) or None)


def open_but(**fields: Schema) -> Schema:
    """Open, and these fields are as they are said to be."""
    return Schema(type="object", properties=fields, x_kubernetes_preserve_unknown_fields=True)


def keyed(key: str, inner: Mapping[str, Schema] | None = None) -> Schema:
    """A list whose items are told apart by a key. A controller's parts write into it side by side, each its own."""
    item = Schema(
        type="object",
        required=[key],
        properties={key: TEXT, **(inner or {})},
        x_kubernetes_preserve_unknown_fields=True,
    )
    return Schema(type="array", items=item, x_kubernetes_list_type="map", x_kubernetes_list_map_keys=[key])


def several(item: Schema, least: int | None = None) -> Schema:
    """A list."""
    return Schema(type="array", items=item, min_items=least)


def table(value: Schema) -> Schema:
    """Any keys, and values of one kind."""
    return Schema(type="object", additional_properties=value)


TEXTS = several(TEXT)
LABELS = table(TEXT)
BLOCKS = several(OPEN)
TOLERATION = block(key=TEXT, operator=TEXT, value=TEXT, effect=TEXT, tolerationSeconds=WHOLE)
