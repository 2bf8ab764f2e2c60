"""What a provider takes and gives, read from its SDK: the classes there are generated from its schema.

So every resource of the installed version is known, and there is no second copy of a schema that could fall behind.
"""

import importlib
import inspect
import keyword
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from pulumi import _types

# The SDKs load their modules lazily, which two threads must not do at once.
_LOADING = threading.RLock()


class UnknownToken(Exception):
    """The provider has no resource of that type, as far as its SDK knows."""


@dataclass(frozen=True)
class Kind:
    """One resource type, its names as the engine writes them."""

    arguments: type
    """An input type, as nested blocks have one."""
    outputs: dict[str, Any]
    """Output -> its type, nested ones as output types."""
    computed: frozenset[str]
    """Those that the cloud fills in where the program says nothing."""


@cache
def kind(provider: str, token: str) -> Kind:
    """`aws:eks/cluster:Cluster` is `pulumi_aws.eks.Cluster` with `pulumi_aws.eks.ClusterArgs`. Raises UnknownToken."""
    with _LOADING:
        resource, arguments = _classes(provider, token)
        return Kind(arguments, _types.resource_types(resource), frozenset(_computed(resource)))


@cache
def arguments(provider: str, token: str) -> type:
    """What the resource takes, alone. Raises UnknownToken."""
    with _LOADING:
        return _classes(provider, token)[1]


@cache
def settings(provider: str) -> type:
    """What may be said of the provider itself."""
    with _LOADING:
        return importlib.import_module(f"pulumi_{provider}").ProviderArgs


@cache
def fields(block: type) -> dict[str, Any]:
    """Input -> its type, for the arguments of a resource or of a block in it."""
    with _LOADING:
        return _types.input_type_types(block)


@cache
def required(block: type) -> frozenset[str]:
    names = _types.input_type_py_to_pulumi_names(block)
    parameters = inspect.signature(block.__init__).parameters
    return frozenset(
        names.get(name, name)
        for name, parameter in parameters.items()
        if name not in ("self", "__self__") and parameter.default is inspect.Parameter.empty
    )


@cache
def given_back(block: type) -> dict[str, Any]:
    """Field -> its type, for a block of a resource's outputs."""
    with _LOADING:
        return _types.output_type_types(block)


def _classes(provider: str, token: str) -> tuple[type, type]:
    try:
        module, name = _place(provider, token)
        return getattr(module, name), getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")
    except ImportError as missing:
        raise UnknownToken(f"{token} is not known without the SDK: `make clouds`") from missing
    except (AttributeError, ValueError) as missing:
        raise UnknownToken(f"the {provider} provider has no resource {token}") from missing


def _place(provider: str, token: str) -> tuple[Any, str]:
    package, path, name = token.split(":")
    if package != provider:
        raise ValueError(token)
    module = importlib.import_module(f"pulumi_{provider}")
    # The last part repeats the name (`eks/cluster`), but in Kubernetes, where it is a version (`apps/v1`).
    group, _, version = path.partition("/")
    for part in (group.partition(".")[0], version) if provider == "kubernetes" else (group,):
        if part not in ("", "index"):
            module = getattr(module, f"{part}_" if keyword.iskeyword(part) else part.replace("-", "_"))
    return module, name


def _computed(resource: type) -> list[str]:
    """An output that is optional is what was said, or nothing; any other one has a value in any case."""
    names = _types.resource_pulumi_to_py_names(resource)
    hints = {wire: get_type_hints(getattr(resource, name).fget)["return"] for wire, name in names.items()}
    return [wire for wire, hint in hints.items() if type(None) not in get_args(get_args(hint)[0])]
