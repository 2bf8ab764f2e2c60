"""The `aws` and `gcp` providers' answers to the engine: a preview, checked against the SDK, and nothing else."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from google.protobuf.empty_pb2 import Empty

from local.plugins.language.packages import sdk_version
from local.plugins.planned import sdk
from local.plugins.planned.checking import Problem, problems
from local.plugins.planned.outputs import planned
from local.plugins.protocol import provider_pb2, provider_pb2_grpc
from local.plugins.provider import PluginProvider, ProviderError, reported
from local.plugins.server import serve
from local.plugins.values import UNKNOWN, decode, encode, plain

_OFFICIAL = "install Pulumi (https://www.pulumi.com/docs/iac/download-install/), which brings the plugin that does"


class PlannedProvider(PluginProvider):
    """Knows every resource of the installed SDK, and no account: it needs no credentials, and can't use any."""

    def __init__(self, name: str, engine_address: str) -> None:
        super().__init__(engine_address)
        self.name, self.version = name, sdk_version(name)

    @reported
    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        given = {key: value for key, value in plain(decode(request.news)).items() if key not in _OF_THE_ENGINE}
        block = sdk.settings(self.name)
        found = problems(block, {key: _unwrapped(sdk.fields(block).get(key), value) for key, value in given.items()})
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(found))

    @reported
    def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        found = problems(self._kind(request.urn).arguments, plain(decode(request.news)))
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(found))

    @reported
    def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        """Whether anything changes; whether that replaces the resource, no SDK tells."""
        old, new = decode(request.old_inputs), decode(request.news)
        changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=some if changed else none, diffs=changed)

    @reported
    def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:
        if not request.preview:
            self._refuse("make")
        made = planned(self._kind(request.urn), decode(request.properties))
        return provider_pb2.CreateResponse(properties=encode(made))

    @reported
    def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:
        if not request.preview:
            self._refuse("change")
        made = planned(self._kind(request.urn), decode(request.news), decode(request.olds))
        return provider_pb2.UpdateResponse(properties=encode(made))

    @reported
    def Delete(self, request: provider_pb2.DeleteRequest, context: Any) -> Empty:
        self._refuse("delete")

    @reported
    def Read(self, request: provider_pb2.ReadRequest, context: Any) -> provider_pb2.ReadResponse:
        self._refuse("read")

    @reported
    def Invoke(self, request: provider_pb2.InvokeRequest, context: Any) -> provider_pb2.InvokeResponse:
        raise ProviderError(
            f"{request.tok} asks {self.name}, and this stand-in of its provider reaches no cloud: say what it should "
            "find out in the stack file"
        )

    def _kind(self, urn: str) -> sdk.Kind:
        try:
            return sdk.kind(self.name, urn.split("::")[2].split("$")[-1])
        except sdk.UnknownToken as unknown:
            raise ProviderError(f"{unknown} in pulumi-{self.name} {self.version}") from unknown

    def _refuse(self, verb: str) -> NoReturn:
        raise ProviderError(
            f"this stand-in of the {self.name} provider plans and can't {verb} anything; nothing was changed in the "
            f"cloud: {_OFFICIAL}"
        )


_OF_THE_ENGINE = {"version", "pluginDownloadURL"}


def _unwrapped(wanted: Any, value: Any) -> Any:
    """The engine hands a provider's settings over as text, and whatever is no text as JSON in it."""
    if wanted is str or not isinstance(value, str):
        return value
    try:
        return _unknown_within(json.loads(value))
    except ValueError:
        return value


def _unknown_within(value: Any) -> Any:
    """Unknown values in that JSON are lost on the way, so null stands for them."""
    if isinstance(value, Mapping):
        return {key: _unknown_within(item) for key, item in value.items()}
    return UNKNOWN if value is None else value


def _failures(found: Any) -> list[provider_pb2.CheckFailure]:
    def failure(problem: Problem) -> provider_pb2.CheckFailure:
        return provider_pb2.CheckFailure(property=problem[0], reason=problem[1])

    return [failure(problem) for problem in found]


def main(name: str, arguments: list[str]) -> None:
    """Serve the provider of that name to the engine whose address is the first argument."""
    provider = PlannedProvider(name, arguments[0] if arguments else "")
    serve(
        lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server),
        provider.cancelled.set,
    )
