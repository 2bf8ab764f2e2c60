"""The `random` provider's answers to the engine."""

from typing import Any

from google.protobuf.empty_pb2 import Empty

from local.plugins.language.packages import sdk_version
from local.plugins.planned import sdk
from local.plugins.planned.checking import problems
from local.plugins.protocol import provider_pb2, provider_pb2_grpc
from local.plugins.provider import PluginProvider, ProviderError, reported
from local.plugins.random.kinds import KINDS, Kind
from local.plugins.server import serve
from local.plugins.values import UNKNOWN, Secret, decode, encode, has_secret, has_unknown, plain


class RandomProvider(PluginProvider):
    """Makes a value at `create` and never touches it again; every changed input makes a new resource."""

    name = "random"

    def __init__(self, engine_address: str) -> None:
        super().__init__(engine_address)
        self.version = sdk_version(self.name)

    @reported
    def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        kind, inputs = _kind(request.urn), decode(request.news)
        known = kind.complete(plain(inputs))
        wrong = list(problems(sdk.arguments(self.name, _type(request.urn)), plain(inputs)))
        if not wrong and not has_unknown(known):
            wrong += kind.check(known)
        failures = [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in wrong]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @reported
    def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        kind = _kind(request.urn)
        old, new = kind.complete(plain(decode(request.olds))), kind.complete(plain(decode(request.news)))
        ignored = {path.split(".")[0].split("[")[0] for path in request.ignoreChanges}
        changed = [name for name in kind.inputs if name not in ignored and (old[name] != new[name])]
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        replace = provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.UPDATE_REPLACE, inputDiff=True)
        return provider_pb2.DiffResponse(
            changes=some if changed else none,
            replaces=changed,
            diffs=changed,
            detailedDiff={name: replace for name in changed},
            hasDetailedDiff=True,
        )

    @reported
    def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:
        kind, inputs = _kind(request.urn), decode(request.properties)
        if request.preview:
            outputs = dict.fromkeys(_outputs(request.urn), UNKNOWN)
            return provider_pb2.CreateResponse(properties=encode(_state(kind, inputs, outputs)))
        id, outputs = kind.make(kind.complete(plain(inputs)))
        return provider_pb2.CreateResponse(id=id, properties=encode(_state(kind, inputs, outputs)))

    @reported
    def Read(self, request: provider_pb2.ReadRequest, context: Any) -> provider_pb2.ReadResponse:
        if request.properties.fields:
            return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
        kind = _kind(request.urn)
        if kind.adopt is None:
            raise ProviderError(f"{_type(request.urn)} cannot be imported here")
        try:
            inputs, outputs = kind.adopt(request.id)
        except ValueError as malformed:
            raise ProviderError(f"{request.id!r} is not the id of a {_type(request.urn)}: {malformed}") from malformed
        id = "none" if "bcryptHash" in outputs else request.id
        state = encode(_state(kind, inputs, outputs))
        return provider_pb2.ReadResponse(id=id, properties=state, inputs=encode(inputs))

    @reported
    def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:
        raise ProviderError(f"{_type(request.urn)} cannot be updated, only replaced")

    @reported
    def Delete(self, request: provider_pb2.DeleteRequest, context: Any) -> Empty:
        return Empty()

    @reported
    def Invoke(self, request: provider_pb2.InvokeRequest, context: Any) -> provider_pb2.InvokeResponse:
        raise ProviderError(f"the random provider has no function {request.tok}")


def _type(urn: str) -> str:
    return urn.split("::")[2].split("$")[-1]


def _kind(urn: str) -> Kind:
    try:
        return KINDS[_type(urn)]
    except KeyError:
        raise ProviderError(f"the random provider has no resource {_type(urn)}; it has {', '.join(KINDS)}") from None


def _outputs(urn: str) -> tuple[str, ...]:
    """The names of what `make` gives, for a preview that must not make anything."""
    by_type = {
        "RandomPassword": ("result", "bcryptHash"),
        "RandomId": ("b64Std", "b64Url", "hex", "dec"),
        "RandomBytes": ("base64", "hex"),
        "RandomShuffle": ("results",),
        "RandomPet": (),
    }
    return by_type.get(_type(urn).rsplit(":", 1)[-1], ("result",))


def _state(kind: Kind, inputs: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
    """Inputs with defaults, and outputs; an input that came in as a secret stays one."""
    complete = kind.complete({name: plain(value) for name, value in inputs.items()})
    state = {name: value for name, value in complete.items() if value is not None}
    state.update({name: inputs[name] for name in state if has_secret(inputs.get(name))})
    made = {name: value for name, value in outputs.items() if value is not None}
    return state | {name: Secret(value) if name in kind.secret else value for name, value in made.items()}


def main(arguments: list[str]) -> None:
    """Serve the provider to the engine whose address is the first argument."""
    provider = RandomProvider(arguments[0] if arguments else "")
    serve(
        lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server),
        provider.cancelled.set,
    )
