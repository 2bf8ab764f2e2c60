"""How the packs are served. The SDK reads a resource anew for each rule, which is most of what rules cost; here it is
read when the first rule asks, and once for all of them. What the engine sees is the same."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from pulumi.runtime import proto
from pulumi.runtime.proto.analyzer_pb2_grpc import add_AnalyzerServicer_to_server
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyResource,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.policy import _PolicyAnalyzerServicer
from pulumi_policy.proxy import UnknownValueError

from .open_source.reading import Properties

# The engine's number, and only for a pack without one in its PulumiPolicy.yaml.
_VERSION = "0.0.1"
# A stack's rule gets all of its resources in one message.
_OPTIONS = [("grpc.max_receive_message_length", 400 * 1024 * 1024)]


def serve(name: str, policies: Sequence[Policy]) -> None:
    """Serve the rules to the engine; returns when the engine is done with them."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4), options=_OPTIONS)
    add_AnalyzerServicer_to_server(Servicer(name, policies), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # what the engine waits for
    server.wait_for_termination()


class Servicer(_PolicyAnalyzerServicer):
    """The SDK's, but for the reading. It isn't public, so the SDK is pinned, and tests go through it."""

    def __init__(self, name: str, policies: Sequence[Policy]) -> None:
        super().__init__(name, _VERSION, list(policies), EnforcementLevel.MANDATORY)
        self._name = name
        self._policies = policies

    def Analyze(self, request: Any, _context: Any) -> Any:
        response = proto.AnalyzeResponse()
        props, options = Properties(request.properties), self._get_resource_options(request)
        for policy in self._policies:
            if isinstance(policy, ResourceValidationPolicy):
                config = self._get_policy_config(policy.name)
                args = ResourceValidationArgs(request.type, props, request.urn, request.name, options, None, config)
                self._run(policy, args, response)
        return response

    def AnalyzeStack(self, request: Any, _context: Any) -> Any:
        response = proto.AnalyzeResponse()
        resources = [self._resource(one) for one in request.resources]
        by_urn = {one.urn: one for one in resources}
        for one, sent in zip(resources, request.resources, strict=True):
            one.parent = by_urn.get(sent.parent)
            one.property_dependencies = {
                key: [by_urn[urn] for urn in what.urns if urn in by_urn]
                for key, what in sent.propertyDependencies.items()
            }
        for policy in self._policies:
            if isinstance(policy, StackValidationPolicy):
                self._run(policy, StackValidationArgs(resources, self._get_policy_config(policy.name)), response)
        return response

    def Remediate(self, request: Any, context: Any) -> Any:
        """Nearly all stacks have no rule that changes anything, and need not have their resources read for that."""
        levels = (self._get_enforcement_level(policy) for policy in self._policies)
        if EnforcementLevel.REMEDIATE in levels:
            return super().Remediate(request, context)
        return proto.RemediateResponse()

    def _run(self, policy: Any, args: ResourceValidationArgs | StackValidationArgs, response: Any) -> None:
        level = self._get_enforcement_level(policy)
        if level == EnforcementLevel.DISABLED:
            return
        if level == EnforcementLevel.REMEDIATE:  # what is still wrong after that is refused
            level = EnforcementLevel.MANDATORY
        try:
            policy.validate(
                args,
                self._create_report_violation(response, policy.name, policy.description, level, policy.severity),
            )
        except UnknownValueError as unknown:
            response.diagnostics.append(self._notice(policy, unknown.message))

    def _notice(self, policy: Policy, message: str) -> Any:
        return proto.AnalyzeDiagnostic(
            policyName=policy.name,
            policyPackName=self._name,
            policyPackVersion=_VERSION,
            message=f"can't run policy '{policy.name}' during preview: {message}",
            description=policy.description,
            enforcementLevel=proto.ADVISORY,
        )

    def _resource(self, one: Any) -> PolicyResource:
        options = self._get_resource_options(one)
        return PolicyResource(one.type, Properties(one.properties), one.urn, one.name, options, None, None, [], {})
