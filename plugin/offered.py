"""Which components other languages get, and how the types of their models are read."""

import asyncio
import inspect
import re
from collections.abc import Mapping, Sequence, Set
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeGuard, Union, get_args, get_origin

from pulumi import ComponentResource, Output, Resource
from pulumi.output import _OutputData
from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

import components
from components.k8s.network import Outside, Peer
from components.pipelines.space import Space
from components.storage.contracts import Bucket

PACKAGE = "mlops"
VERSION = re.sub(r"\.dev(\d+)$", r"-dev.\1", components.__version__)
"""The package's, spelled as semantic versioning does, which the engine asks for."""
NOT_OFFERED = {
    "GivenCluster": "a program in another language has a provider of its own to pass on",
    "AwsCluster": "what it gives to others, a provider and rights in the cloud, can't leave this process",
    "S3Store": "it stands on what AwsCluster gives",
    "Route53Zone": "it stands on what AwsCluster gives",
    "GcpCluster": "what it gives to others, a provider and rights in the cloud, can't leave this process",
    "GcsStore": "it stands on what GcpCluster gives",
    "CloudDnsZone": "it stands on what GcpCluster gives",
}
"""Public component -> why only Python programs get it."""

HANDLES = (Space,)
"""What one component of this plugin hands to another as it is: outside, it is the name that it is kept under."""

_SCALARS = (str, int, float, bool, Path)


class Component(NamedTuple):
    """One of those offered."""

    kind: type[ComponentResource]
    args: type[BaseModel]
    outputs: Mapping[str, Any]
    """Attribute -> its type."""


@cache
def offered() -> dict[str, Component]:
    """Token -> component. A token is the type that the component registers itself under, whoever makes it."""
    public = (getattr(components, name) for name in dir(components) if name not in ("__version__", *NOT_OFFERED))
    made = (one for one in public if inspect.isclass(one) and issubclass(one, ComponentResource))
    return {token(one): _component(one) for one in made}


def token(owner: type, name: str = "") -> str:
    """The layer's folder is the module, in the schema as in the types of resources."""
    layer = owner.__module__.split(".")[1]
    return f"{PACKAGE}:{layer}:{name or owner.__name__}"


def _component(kind: type[ComponentResource]) -> Component:
    outputs = {name: hint for name, hint in inspect.get_annotations(kind).items() if can_cross(hint)}
    if hasattr(kind, "bucket"):
        outputs["buckets"] = Mapping[str, Bucket]
    return Component(kind, inspect.signature(kind).parameters["args"].annotation, outputs)


def choices(annotation: Any) -> list[Any]:
    """The types that a value may have, None left out."""
    if get_origin(annotation) is Annotated:
        return choices(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [choice for inner in get_args(annotation) for choice in choices(inner)]
    return [] if annotation in (None, NoneType) else [annotation]


def fields(record: type) -> dict[str, FieldInfo]:
    """Name outside -> field, of a model or of a dataclass that is read from a map, less those that can't cross."""
    found = record.model_fields if issubclass(record, BaseModel) else _dataclass_fields(record)
    return {spelled(name, field): field for name, field in found.items() if can_cross(field.annotation)}


def names(record: type) -> dict[str, str]:
    """Name outside -> name here."""
    found = record.model_fields if issubclass(record, BaseModel) else _dataclass_fields(record)
    return {spelled(name, field): name for name, field in found.items()}


def spelled(name: str, field: FieldInfo | None = None) -> str:
    return (field.alias if field else None) or to_camel(name)


def _dataclass_fields(record: type) -> dict[str, FieldInfo]:
    parameters = inspect.signature(record).parameters.values()
    return {
        one.name: FieldInfo(annotation=one.annotation, **({} if one.default is one.empty else {"default": one.default}))
        for one in parameters
    }


def is_record(kind: Any) -> TypeGuard[type]:
    return inspect.isclass(kind) and (issubclass(kind, BaseModel) or kind in (Peer, Outside))


def is_list(kind: Any) -> bool:
    return get_origin(kind) in (tuple, list, Sequence)


def is_map(kind: Any) -> bool:
    return get_origin(kind) in (dict, Mapping)


def element(kind: Any) -> Any:
    """What is in a list or a map; of a tuple of several types, any of these."""
    inner = get_args(kind)[1:] if is_map(kind) else [one for one in get_args(kind) if one is not Ellipsis]
    return Union[tuple(inner)]  # noqa: UP007


def is_later(kind: Any) -> bool:
    """Whether it may be a value that is known only while resources are made."""
    return get_origin(kind) is Output or kind is Output


def later(value: Any, known: bool, secret: bool = False, resources: Set[Resource] = frozenset()) -> Output[Any]:
    """An Output with all that the engine knows of a value."""
    data: asyncio.Future[_OutputData[Any]] = asyncio.Future()
    data.set_result(_OutputData(set(resources), value, known, secret))
    return Output._from_data(data)


def can_cross(annotation: Any) -> bool:
    """Whether a value of some of these types can be written down in another process."""
    return any(_can_cross(kind) for kind in choices(annotation))


def _can_cross(kind: Any) -> bool:
    if is_map(kind) or is_list(kind):
        return can_cross(element(kind))
    if kind is Any or is_later(kind) or get_origin(kind) is Literal or is_record(kind):
        return True
    return kind in _SCALARS or kind in HANDLES
