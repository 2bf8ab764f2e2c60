"""Whether the names that a stack file gives are free: a namespace for each layer, and those of systems."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from .environment import Environment

SYSTEMS = (
    "object-store",
    "opensearch",
    "mlflow",
    "feast",
    "feast-registry",
    "feast-offline",
    "feast-page",
    "argo",
    "prefect",
    "luigi",
    "airflow",
    "mlrun",
    "mlrun-ui",
    "datahub",
)
"""What the program calls its own systems, where it tells their addresses."""

_OF_MANY = {"projects_namespace": "projects", "serving_namespace": "model_servers"}
"""Made only where something is to be in there."""


def taken(environment: Environment) -> Iterator[str]:
    """One line for each name that is another's."""
    yield from _namespaces(environment)
    for name in environment.model_servers:
        if name in SYSTEMS:
            yield f"modelServers.{name}: a system of the platform is called so; write another, such as {name}-model"


def _namespaces(environment: Environment) -> Iterator[str]:
    """None is shared: each has an owner that makes it, and its Secrets are open to whoever may start pods there."""
    owners: dict[str, str] = {}
    for path, name in _made(environment):
        if name == "default" or name.startswith("kube-"):
            yield f"{path}: `{name}` is Kubernetes' own; write a name that is neither `default` nor begins with `kube-`"
        elif name in owners:
            yield f"{path}: `{name}` is `{owners[name]}` already; write a name of its own, for no namespace is shared"
        owners.setdefault(name, path)


def _made(settings: BaseModel, path: str = "") -> Iterator[tuple[str, str]]:
    """The path of each setting, of all that are on, which names a namespace that the program makes; and that name."""
    for key, field in type(settings).model_fields.items():
        value, here = getattr(settings, key), f"{path}{field.alias or key}"
        if isinstance(value, BaseModel):
            yield from _made(value, f"{here}.")
        elif key == "namespace" or (key.endswith("_namespace") and getattr(settings, _OF_MANY.get(key, key))):
            yield here, value
