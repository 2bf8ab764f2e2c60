"""The recording engine of unit tests and of pages of docs: it registers nothing, and remembers everything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import get_root_resource
from pulumi.runtime.mocks import MockMonitor

SECRET_MARK = "4dabf18193072939515e22adb298388d"
"""The key by which a serialised value says that it is secret."""

GIVEN = "-1a2b3c4d"
"""What stands behind a logical name, as the engine would have it."""


_OF_AWS: dict[str, dict[str, Any]] = {
    "aws:eks/cluster:Cluster": {"endpoint": "https://plane.test", "certificateAuthority": {"data": "Q0E="}},
    "aws:eks/nodeGroup:NodeGroup": {"resources": [{"autoscalingGroups": [{"name": "nodes"}]}]},
    "aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 1},
    "aws:rds/parameterGroup:ParameterGroup": {"name": "records-by-tls"},
    "aws:rds/instance:Instance": {"address": "records.test.rds.amazonaws.com"},
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": {"associationId": "a-1"},
}
"""What the cloud adds and the program reads."""

_OF_GCP: dict[str, dict[str, Any]] = {
    "gcp:container/cluster:Cluster": {"endpoint": "192.0.2.1", "masterAuth": {"clusterCaCertificate": "Q0E="}},
    "gcp:serviceaccount/account:Account": {"email": "nodes@test.iam.gserviceaccount.com"},
    "gcp:projects/serviceIdentity:ServiceIdentity": {"member": "serviceAccount:sql@test.iam.gserviceaccount.com"},
    "gcp:sql/databaseInstance:DatabaseInstance": {
        "privateIpAddress": "10.0.192.3",
        "serverCaCerts": [{"cert": "-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----"}],
    },
}


@dataclass(frozen=True)
class Made:
    """One registered resource, with its inputs as the wire has them."""

    type: str
    name: str
    inputs: dict[str, Any]

    @property
    def kind(self) -> str:
        return self.type.rsplit(":", 1)[-1]


@dataclass
class Engine(pulumi.runtime.Mocks):
    """Gives every resource its inputs back as outputs, as a server would, and refuses every call."""

    made: list[Made] = field(default_factory=list)
    nodes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Those of the cluster, by what each has for pods."""
    parents: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """Type and name of a resource -> type and name of what it is a part of."""
    after: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=dict)
    """Type and name of a resource -> those of what is there before it, and until it is gone."""
    ignored: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Type and name of a resource -> the fields that stay as they are once it is there."""
    exports: dict[str, Any] = field(default_factory=dict)
    """What the program says at its end."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ == "kubernetes:core/v1:Node":
            return args.resource_id or "", {
                "metadata": {},
                "status": {"allocatable": self.nodes[args.resource_id or ""]},
            }
        self.made.append(Made(args.typ, args.name, dict(args.inputs)))
        id = args.inputs["metadata"]["name"] if args.typ.endswith("Patch") else f"{args.name}-id"
        return id, self._outputs(args)

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        raise AssertionError(f"the program called {args.token}: a preview must not depend on the world")

    def build(self, program: Callable[[], Any]) -> Any:
        """Run `program`; when this returns, every registration has landed."""
        result: list[Any] = []
        pulumi.runtime.set_mocks(self, project="exquisite-mlops", stack="test", preview=False, monitor=_Monitor(self))
        pulumi.runtime.test(lambda: result.append(self._exporting(program)))()
        return result[0]

    def _exporting(self, program: Callable[[], Any]) -> Any:
        """The root stands for all programs of a process, and so do the exports that it has kept."""
        exports = get_root_resource().outputs
        exports.clear()
        result = program()
        pulumi.Output.all(**exports).apply(self.exports.update)
        return result

    def all(self, kind: str, name: str = "") -> list[Made]:
        """Those of one kind whose logical name starts with `name`."""
        return [made for made in self.made if made.kind == kind and made.name.startswith(name)]

    def within(self, made: Made) -> list[tuple[str, str]]:
        """Type and name of each component that it is a part of, the nearest one first."""
        found, at = [], (made.type, made.name)
        while at in self.parents:
            at = self.parents[at]
            found.append(at)
        return found

    def only(self, kind: str, name: str = "") -> Made:
        found = self.all(kind, name)
        assert len(found) == 1, f"{kind} {name}: {[made.name for made in found]}"
        return found[0]

    @staticmethod
    def _outputs(args: pulumi.runtime.MockResourceArgs) -> dict[str, Any]:
        outputs = dict(args.inputs)
        if args.typ.startswith("kubernetes:"):
            outputs["metadata"] = {"name": args.name + GIVEN, **outputs.get("metadata", {})}
        if args.typ == "kubernetes:core/v1:Service":
            ports = [{**port, "nodePort": 30000 + at} for at, port in enumerate(outputs["spec"].get("ports", []))]
            outputs["spec"] = {**outputs["spec"], "ports": ports}
            if outputs["spec"].get("type") == "LoadBalancer":
                outputs["status"] = {"loadBalancer": {"ingress": [{"hostname": "balancer.test"}]}}
        if args.typ.startswith("random:"):
            outputs |= {key: f"generated-{args.name}" for key in ("result", "b64Url", "bcryptHash")}
        if args.typ.startswith("aws:"):
            outputs = {**_OF_AWS.get(args.typ, {}), "arn": f"arn:aws:test:::{args.name}", **outputs}
        if args.typ == "aws:route53/record:Record":
            outputs["fqdn"] = outputs["name"]
        if args.typ == "aws:iam/role:Role":
            outputs = {"name": args.name, **outputs}
        if args.typ == "aws:eks/cluster:Cluster":
            outputs["vpcConfig"] = {**outputs["vpcConfig"], "clusterSecurityGroupId": "sg-nodes"}
        if args.typ.startswith("gcp:"):
            outputs = {**_OF_GCP.get(args.typ, {}), "name": args.name, **outputs}
        return outputs


class _Monitor(MockMonitor):
    """Tells the engine what mocks aren't told: what a resource is a part of, comes after, and ignores."""

    def RegisterResource(self, request: Any) -> Any:
        if request.parent and (parent := _named(request.parent))[0] != "pulumi:pulumi:Stack":
            self.mocks.parents[request.type, request.name] = parent
        self.mocks.after[request.type, request.name] = {_named(urn) for urn in request.dependencies}
        self.mocks.ignored[request.type, request.name] = list(request.ignoreChanges)
        return super().RegisterResource(request)


def _named(urn: str) -> tuple[str, str]:
    """Type and name."""
    kinds, name = urn.split("::")[2:]
    return kinds.split("$")[-1], name
