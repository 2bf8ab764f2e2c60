"""What the provider plugins have in common: the handshake, logging to the engine, and errors as the engine reads them.

They implement `ResourceProviderServicer` itself rather than `pulumi.provider.experimental.Provider`, because that class
runs all handlers on one event loop (a wait for a rollout would hold up every other resource), hands no old inputs to
`diff`, and has no way to return a resource that was created but did not become ready.
"""

import contextlib
import functools
import threading
import traceback
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.empty_pb2 import Empty

from local.plugins import values
from local.plugins.protocol import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)
from local.plugins.server import CHANNEL_OPTIONS


class ProviderError(Exception):
    """An operation failed and changed nothing that the state should know of."""


class OutcomeUnknown(ProviderError):
    """The connection broke after a write was sent, so that the engine has to keep the operation as pending."""


class InitFailed(ProviderError):
    """The object exists but is not what was asked for; its state is kept, and the next update goes on from it."""

    def __init__(self, reasons: list[str], id: str, state: dict[str, Any], inputs: dict[str, Any]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons, self.id, self.state, self.inputs = reasons, id, state, inputs


class EngineLog:
    """Messages beside a resource in the engine's display. A failing log call never fails an operation."""

    def __init__(self, address: str) -> None:
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, options=CHANNEL_OPTIONS))

    def status(self, urn: str, message: str) -> None:
        """Progress: the display shows the latest one and forgets it at the end."""
        self._send(engine_pb2.INFO, urn, message, ephemeral=True)

    def info(self, urn: str, message: str) -> None:
        self._send(engine_pb2.INFO, urn, message)

    def warning(self, urn: str, message: str) -> None:
        self._send(engine_pb2.WARNING, urn, message)

    def _send(self, severity: Any, urn: str, message: str, ephemeral: bool = False) -> None:
        with contextlib.suppress(grpc.RpcError):
            self._stub.Log(engine_pb2.LogRequest(severity=severity, urn=urn, message=message, ephemeral=ephemeral))


class MuteLog(EngineLog):
    """For calls outside an engine."""

    def __init__(self) -> None:
        pass

    def _send(self, severity: Any, urn: str, message: str, ephemeral: bool = False) -> None:
        pass


def reported(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Turns what a handler raises into the gRPC status that the engine expects for it."""

    @functools.wraps(handler)
    def wrapped(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return handler(self, request, context)
        except InitFailed as failed:
            detail = provider_pb2.ErrorResourceInitFailed(
                id=failed.id,
                properties=values.encode(failed.state),
                inputs=values.encode(failed.inputs),
                reasons=failed.reasons,
            )
            packed = AnyMessage()
            packed.Pack(detail)
            status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(failed), details=[packed])
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            context.abort(grpc.StatusCode.UNKNOWN, str(failed))
        except OutcomeUnknown as failed:
            context.abort(grpc.StatusCode.UNKNOWN, str(failed))
        except ProviderError as failed:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(failed))
        except Exception:
            # A defect of the plugin. `context.abort` raises a bare Exception too, but never inside this try block.
            context.abort(grpc.StatusCode.UNKNOWN, "the provider failed unexpectedly:\n" + traceback.format_exc())

    return wrapped


class PluginProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The calls that every provider answers the same way; a subclass adds what concerns resources."""

    name: str
    version: str

    def __init__(self, engine_address: str) -> None:
        self.log = EngineLog(engine_address) if engine_address else MuteLog()
        self.cancelled = threading.Event()

    def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=False, accept_outputs=False, supports_autonaming_configuration=True
        )

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.version)

    def Attach(self, request: plugin_pb2.PluginAttach, context: Any) -> Empty:
        self.log = EngineLog(request.address)
        return Empty()

    def GetSchema(self, request: Any, context: Any) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema=f'{{"name": "{self.name}", "version": "{self.version}"}}')

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_UNKNOWN)

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Any) -> provider_pb2.ConfigureResponse:
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Cancel(self, request: Any, context: Any) -> Empty:
        """Ctrl-C in the engine: what waits must end at once and keep what it has."""
        self.cancelled.set()
        return Empty()
