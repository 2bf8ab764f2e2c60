"""The SDK's protocol messages without the SDK: importing `pulumi` itself takes longer than a plugin needs to start."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def _messages() -> ModuleType:
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("the Pulumi SDK is not installed in this Python environment")
    name = f"{__name__}_messages"
    folder = Path(spec.submodule_search_locations[0], "runtime", "proto")
    package = ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    return package


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{_PACKAGE.__name__}.{name}")


_PACKAGE = _messages()

engine_pb2, engine_pb2_grpc = _module("engine_pb2"), _module("engine_pb2_grpc")
language_pb2, language_pb2_grpc = _module("language_pb2"), _module("language_pb2_grpc")
plugin_pb2, status_pb2 = _module("plugin_pb2"), _module("status_pb2")
provider_pb2, provider_pb2_grpc = _module("provider_pb2"), _module("provider_pb2_grpc")
