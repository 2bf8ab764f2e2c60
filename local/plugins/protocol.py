"""The SDK's protocol messages without the SDK: importing `pulumi` itself takes longer than a plugin needs to start."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        language_pb2,
        language_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        status_pb2,
    )

_PACKAGE = f"{__name__}_messages"


def _messages() -> ModuleType:
    """The folder of generated modules as a package of its own, so that its parents are not imported."""
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("the Pulumi SDK is not installed in this Python environment")
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(Path(spec.submodule_search_locations[0], "runtime", "proto"))]
    return package


def __getattr__(name: str) -> Any:
    if name.endswith(("_pb2", "_pb2_grpc")):
        return importlib.import_module(f"{_PACKAGE}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


sys.modules.setdefault(_PACKAGE, _messages())

__all__ = [
    "engine_pb2",
    "engine_pb2_grpc",
    "language_pb2",
    "language_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "status_pb2",
]
