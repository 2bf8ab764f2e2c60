"""Calls to a plugin as the engine makes them: over gRPC, with dicts in place of messages."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage

from local.plugins.protocol import provider_pb2, provider_pb2_grpc, status_pb2
from local.plugins.provider import PluginProvider
from local.plugins.values import decode, encode

Document = dict[str, Any]


@dataclass
class NotInitialised(Exception):
    """A resource that was made but is not ready, as the engine reads it from the error's details."""

    id: str
    properties: Document
    inputs: Document
    reasons: list[str]


class Refused(Exception):
    """Any other error of a call."""

    def __init__(self, error: grpc.RpcError) -> None:
        super().__init__(error.details())
        self.code = error.code()


@dataclass
class Calls:
    """A provider at the other end of a channel."""

    stub: provider_pb2_grpc.ResourceProviderStub
    provider: PluginProvider

    def check(
        self, urn: str, news: Document, olds: Document | None = None, seed: bytes = b"seed", **autonaming: Any
    ) -> Document:
        """The completed inputs, or {"failures": {property: reason}}."""
        request = provider_pb2.CheckRequest(urn=urn, olds=encode(olds or {}), news=encode(news), randomSeed=seed)
        if autonaming:
            request.autonaming.CopyFrom(provider_pb2.CheckRequest.AutonamingOptions(**autonaming))
        answer = self._call("Check", request)
        if answer.failures:
            return {"failures": {failure.property: failure.reason for failure in answer.failures}}
        return decode(answer.inputs)

    def diff(self, urn: str, id: str, state: Document, old: Document, new: Document) -> Any:
        request = provider_pb2.DiffRequest(urn=urn, id=id, olds=encode(state), old_inputs=encode(old), news=encode(new))
        return self._call("Diff", request)

    def create(self, urn: str, inputs: Document, preview: bool = False, timeout: float = 0.0) -> tuple[str, Document]:
        request = provider_pb2.CreateRequest(urn=urn, properties=encode(inputs), preview=preview, timeout=timeout)
        answer = self._call("Create", request)
        return answer.id, decode(answer.properties)

    def update(
        self, urn: str, id: str, state: Document, inputs: Document, ignored: tuple[str, ...] = (), preview: bool = False
    ) -> Document:
        request = provider_pb2.UpdateRequest(
            urn=urn, id=id, olds=encode(state), news=encode(inputs), ignoreChanges=ignored, preview=preview
        )
        return decode(self._call("Update", request).properties)

    def read(
        self, urn: str, id: str, state: Document | None = None, inputs: Document | None = None
    ) -> tuple[str, Document, Document]:
        request = provider_pb2.ReadRequest(urn=urn, id=id, properties=encode(state or {}), inputs=encode(inputs or {}))
        answer = self._call("Read", request)
        return answer.id, decode(answer.properties), decode(answer.inputs)

    def delete(self, urn: str, id: str, state: Document, timeout: float = 0.0) -> None:
        self._call("Delete", provider_pb2.DeleteRequest(urn=urn, id=id, properties=encode(state), timeout=timeout))

    def check_config(self, news: Document) -> dict[str, str]:
        """{setting: what is wrong with it}."""
        answer = self._call("CheckConfig", provider_pb2.CheckRequest(news=encode(news)))
        return {failure.property: failure.reason for failure in answer.failures}

    def diff_config(self, olds: Document, news: Document) -> Any:
        return self._call("DiffConfig", provider_pb2.DiffRequest(olds=encode(olds), news=encode(news)))

    def configure(self, settings: Document) -> None:
        self._call("Configure", provider_pb2.ConfigureRequest(args=encode(settings), acceptSecrets=True))

    def invoke(self, token: str, arguments: Document) -> Document:
        answer = self._call("Invoke", provider_pb2.InvokeRequest(tok=token, args=encode(arguments)))
        return decode(getattr(answer, "return"))

    def _call(self, name: str, request: Any) -> Any:
        try:
            return getattr(self.stub, name)(request, timeout=60)
        except grpc.RpcError as error:
            raise initialisation_error(error) or Refused(error) from None


@contextmanager
def connect(provider: PluginProvider) -> Iterator[Calls]:
    """Serve `provider` on loopback and connect to it."""
    server = grpc.server(ThreadPoolExecutor(16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # A resource that did not become ready travels in the error's metadata; the engine takes 16 MB of it.
    options = [("grpc.max_metadata_size", 16 << 20), ("grpc.absolute_max_metadata_size", 16 << 20)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        yield Calls(provider_pb2_grpc.ResourceProviderStub(channel), provider)
    server.stop(None)


def initialisation_error(error: Any) -> NotInitialised | None:
    metadata: Mapping[str, Any] = dict(error.trailing_metadata() or ())
    if "grpc-status-details-bin" not in metadata:
        return None
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    detail: AnyMessage = status.details[0]
    found = provider_pb2.ErrorResourceInitFailed()
    assert detail.Unpack(found)
    return NotInitialised(found.id, decode(found.properties), decode(found.inputs), list(found.reasons))
