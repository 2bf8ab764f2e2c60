"""The `kubernetes` provider's answers to the engine."""

from typing import Any

from google.protobuf.empty_pb2 import Empty

from local.plugins.kubernetes import check, naming, operation, state
from local.plugins.kubernetes.cluster import Cluster, identity
from local.plugins.kubernetes.comparison import difference
from local.plugins.kubernetes.diff import What
from local.plugins.kubernetes.functions import invoke
from local.plugins.kubernetes.identity import Token
from local.plugins.kubernetes.paths import written
from local.plugins.kubernetes.preview import preview
from local.plugins.kubernetes.settings import Settings, problems, settings
from local.plugins.kubernetes.subject import Subject
from local.plugins.language.packages import sdk_version
from local.plugins.protocol import provider_pb2, provider_pb2_grpc
from local.plugins.provider import PluginProvider, ProviderError, reported
from local.plugins.server import serve
from local.plugins.values import UNKNOWN, decode, encode, plain

_DIFF = provider_pb2.PropertyDiff
_KINDS = {
    What.ADD: (_DIFF.ADD, _DIFF.ADD_REPLACE),
    What.DELETE: (_DIFF.DELETE, _DIFF.DELETE_REPLACE),
    What.UPDATE: (_DIFF.UPDATE, _DIFF.UPDATE_REPLACE),
}
_AUTONAMING = provider_pb2.CheckRequest.AutonamingOptions


class KubernetesProvider(PluginProvider):
    """One configured cluster. What it does with one object is in `operation`."""

    name = "kubernetes"

    def __init__(self, engine_address: str) -> None:
        super().__init__(engine_address)
        self.version = sdk_version(self.name)
        self.cluster = Cluster(Settings())
        # Resources that the state has: a second check without old inputs is for their replacement.
        self._in_state: set[str] = set()
        # Resources whose old object goes before the new one comes, for their names are the same.
        self._deleted_first: set[str] = set()

    @reported
    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        wrong = [
            provider_pb2.CheckFailure(property=name, reason=reason)
            for name, reason in problems(plain(decode(request.news)))
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=wrong)

    @reported
    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        """Another cluster replaces all that is on it; new credentials for the same one do not."""
        old, new = plain(decode(request.olds)), plain(decode(request.news))
        changed = [
            name for name in sorted(old.keys() | new.keys()) if name != "version" and old.get(name) != new.get(name)
        ]
        if not changed:
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
        relevant = {"kubeconfig", "context", "cluster", "clusterIdentifier"} & set(changed)
        unknown = any(new.get(name) is UNKNOWN for name in relevant)
        before, after = (None, None) if unknown or not relevant else (identity(old), identity(new))
        elsewhere = sorted(relevant) if before and after and before != after else []
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_SOME, diffs=changed, replaces=elsewhere)

    @reported
    def Configure(self, request: provider_pb2.ConfigureRequest, context: Any) -> provider_pb2.ConfigureResponse:
        given = decode(request.args) if request.args.fields else {}
        given = plain(given) or {name.rpartition(":")[2]: value for name, value in request.variables.items()}
        self.cluster = Cluster(settings(given))
        return super().Configure(request, context)

    @reported
    def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        token, old, new = Token.of(request.urn), decode(request.olds), decode(request.news)
        wrong = check.problems(token, new)
        if not wrong:
            proposed = self._proposed_name(request, token, bool(old))
            new = check.completed(token, new, old, proposed, self.cluster)
            if not token.is_patch(new) and isinstance(new["metadata"], dict) and not naming.has_name(new["metadata"]):
                wrong.append(("metadata.name", "must be given: naming by itself is switched off"))
        if old:
            self._in_state.add(request.urn)
        failures = [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in wrong]
        return provider_pb2.CheckResponse(inputs=encode(new), failures=failures)

    def _proposed_name(self, request: provider_pb2.CheckRequest, token: Token, in_state: bool) -> str | None:
        """The name for an object that the program does not name; None where the engine forbids to make one up.

        The first object of a URN always gets the same name, so that an update that was killed before the state was
        written finds it again. Its replacement exists beside it and takes the engine's seed.
        """
        if request.HasField("autonaming"):
            if request.autonaming.mode == _AUTONAMING.DISABLE:
                return None
            return request.autonaming.proposed_name
        seed = request.randomSeed if request.urn in self._in_state or in_state else b""
        return naming.autoname(token.kind, request.urn.rsplit("::", 1)[1], naming.digest("name", request.urn, seed))

    @reported
    def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        subject, new = self._subject(request.urn, decode(request.olds)), decode(request.news)
        old = decode(request.old_inputs) if request.old_inputs.fields else subject.old.get(state.INPUTS, {})
        found = difference(subject, request.id, old, new)
        if found.delete_first:
            self._deleted_first.add(request.urn)
        detailed = {
            written(change.path): _DIFF(kind=_KINDS[change.what][change.path in found.replaced], inputDiff=True)
            for change in found.changes
        }
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if detailed else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=[written(path) for path in found.replaced],
            diffs=sorted({str(change.path[0]) for change in found.changes}),
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=found.delete_first,
        )

    @reported
    def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:
        subject, inputs = self._subject(request.urn, {}, request.timeout), decode(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(
                properties=encode(preview(subject, inputs, in_the_way=request.urn in self._deleted_first))
            )
        id, outputs = operation.create(subject, inputs)
        return provider_pb2.CreateResponse(id=id, properties=encode(outputs))

    @reported
    def Read(self, request: provider_pb2.ReadRequest, context: Any) -> provider_pb2.ReadResponse:
        old_state, inputs = decode(request.properties), decode(request.inputs)
        found = operation.read(self._subject(request.urn, old_state), request.id, inputs)
        if found is None:
            return provider_pb2.ReadResponse()
        id, outputs, inputs = found
        return provider_pb2.ReadResponse(id=id, properties=encode(outputs), inputs=encode(inputs))

    @reported
    def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:
        subject, inputs = self._subject(request.urn, decode(request.olds), request.timeout), decode(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=encode(preview(subject, inputs, request.id)))
        outputs = operation.update(subject, request.id, inputs, list(request.ignoreChanges))
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    @reported
    def Delete(self, request: provider_pb2.DeleteRequest, context: Any) -> Empty:
        operation.delete(self._subject(request.urn, decode(request.properties), request.timeout), request.id)
        return Empty()

    @reported
    def Invoke(self, request: provider_pb2.InvokeRequest, context: Any) -> provider_pb2.InvokeResponse:
        found = invoke(request.tok, plain(decode(request.args)), self.cluster.settings.namespace)
        return provider_pb2.InvokeResponse(**{"return": encode(found)})

    @reported
    def Construct(self, request: provider_pb2.ConstructRequest, context: Any) -> provider_pb2.ConstructResponse:
        raise ProviderError(
            f"the kubernetes provider has no component {request.type} here: write its objects as resources"
        )

    def _subject(self, urn: str, old_state: dict[str, Any], timeout: float = 0.0) -> Subject:
        return Subject(
            urn=urn, old=old_state, cluster=self.cluster, log=self.log, cancelled=self.cancelled, timeout=timeout
        )


def main(arguments: list[str]) -> None:
    """Serve the provider to the engine whose address is the first argument."""
    provider = KubernetesProvider(arguments[0] if arguments else "")
    serve(
        lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server),
        provider.cancelled.set,
    )
