"""cert-manager: it gets certificates from an authority, writes them into Secrets, and renews them in time."""

from collections.abc import Mapping

from pulumi import ComponentResource, Output, ResourceOptions
from pydantic import Field

from ...access import Access
from ...base import Args, Text
from ...catalog import image
from ...k8s.cloud import CloudIdentity
from ...k8s.job import run
from ...k8s.labels import Identity
from ...k8s.network import End, Peer, connect, open_to_api_server, to_kubernetes
from ...k8s.order import after
from ...k8s.probes import Probes
from ...k8s.resources import Resources
from ...k8s.server import run_forever, serve
from ...k8s.webhooks import PORT
from ...k8s.workload import Workload
from ...types import Name
from . import grants
from .settings import CertManagerSettings
from .webhooks import register

_APP = "cert-manager"
_USER = 65532
_METRICS, _LIVES, _HEALTH = 9402, 9403, 6080
_HOME = "$(POD_NAMESPACE)"
_FIELDS = {"POD_NAMESPACE": "metadata.namespace"}


class CertManagerArgs(Args):
    """Needs CertManagerDefinitions in the cluster."""

    settings: CertManagerSettings = CertManagerSettings()
    namespace: Text
    cloud: CloudIdentity | None = None
    """What the controller may do in a cloud: write the records that show an authority whose domain it is. Any Issuer of
    the cluster may then use it."""
    reaches: Mapping[Name, End] = Field(default_factory=dict)
    """What for -> a way out of the controller besides the Kubernetes API's: to an authority, to who keeps records."""


class CertManager(ComponentResource):
    """One in a cluster. Its webhook makes its certificate itself; the injector tells the API server whom to trust."""

    ready: Output[str]
    """Its namespace, known once it takes objects: one that is made earlier is refused."""

    def __init__(self, name: str, args: CertManagerArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:edge:CertManager", name, None, opts)
        child = ResourceOptions(parent=self)
        authority = f"{name}-webhook-ca"
        changes, checks = register(name, f"{name}-webhook", authority, args.namespace, child)
        everyone = {"app.kubernetes.io/name": _APP, "app.kubernetes.io/instance": name}
        to_kubernetes(f"{name}-api", Peer(args.namespace, everyone), child)
        controller = _controller(name, args)
        for purpose, end in args.reaches.items():
            connect(f"{name}-{purpose}", Peer(args.namespace, controller.identity.selector), end, child)
        webhook = _webhook(name, args, authority)
        open_to_api_server(f"{name}-calls", Peer(args.namespace, webhook.identity.selector, (PORT,)), child)
        started = Output.all(
            run_forever(f"{name}-controller", controller, args.namespace, child),
            run_forever(f"{name}-injector", _injector(name, args, changes, checks), args.namespace, child),
            serve(f"{name}-webhook", webhook, args.namespace, Access(), child).host,
        )
        answers = run(f"{name}-check", _check(name, args, started), args.namespace, child)
        self.ready = after(answers, args.namespace)
        self.register_outputs({"ready": self.ready})


def _controller(name: str, args: CertManagerArgs) -> Workload:
    return Workload(
        identity=Identity(_APP, name, "controller"),
        image=image("cert-manager-controller").reference,
        user=_USER,
        args=[
            "--v=2",
            f"--cluster-resource-namespace={_HOME}",
            f"--leader-election-namespace={_HOME}",
            # Certificates are asked for by objects of their own, not by annotations of an Ingress.
            "--controllers=*,-ingress-shim",
            f"--acme-http01-solver-image={image('cert-manager-acmesolver').reference}",
            # Whether a record is there is asked of the cluster's own DNS, and of no server elsewhere.
            "--dns01-recursive-nameservers-only=true",
            f"--issuer-ambient-credentials={'true' if args.cloud else 'false'}",
        ],
        ports={"metrics": _METRICS, "health": _LIVES},
        fields=_FIELDS,
        probes=Probes(port=_LIVES, path="/livez"),
        resources=args.settings.resources,
        replicas=args.settings.replicas,
        grants=grants.controller(args.namespace),
        cloud=args.cloud,
    )


def _webhook(name: str, args: CertManagerArgs, authority: str) -> Workload:
    service = f"{name}-webhook"
    return Workload(
        identity=Identity(_APP, name, "webhook"),
        image=image("cert-manager-webhook").reference,
        user=_USER,
        args=[
            "--v=2",
            f"--secure-port={PORT}",
            f"--dynamic-serving-ca-secret-namespace={_HOME}",
            f"--dynamic-serving-ca-secret-name={authority}",
            f"--dynamic-serving-dns-names={service},{service}.{_HOME},{service}.{_HOME}.svc",
        ],
        ports={"https": PORT, "metrics": _METRICS, "health": _HEALTH},
        fields=_FIELDS,
        probes=Probes(port=_HEALTH, path="/healthz"),
        resources=args.settings.webhook,
        replicas=args.settings.replicas,
        grants=grants.webhook(args.namespace, authority),
    )


def _injector(name: str, args: CertManagerArgs, changes: Output[str], checks: Output[str]) -> Workload:
    return Workload(
        identity=Identity(_APP, name, "injector"),
        image=image("cert-manager-cainjector").reference,
        user=_USER,
        args=[
            "--v=2",
            f"--leader-election-namespace={_HOME}",
            # For cert-manager's own webhook alone: it reads no Secret and writes no object of anybody else.
            f"--namespace={_HOME}",
            "--enable-certificates-data-source=false",
            "--enable-customresourcedefinitions-injectable=false",
            "--enable-apiservices-injectable=false",
        ],
        ports={"metrics": _METRICS},
        fields=_FIELDS,
        probes=Probes(port=_METRICS),
        resources=args.settings.injector,
        replicas=args.settings.replicas,
        grants=grants.injector(args.namespace, changes, checks),
    )


def _check(name: str, args: CertManagerArgs, started: Output[list[str]]) -> Workload:
    """Asks, as anybody would, until the API server trusts the webhook, which is seconds after both have started."""
    return Workload(
        identity=Identity(_APP, name, "check"),
        image=image("cert-manager-startupapicheck").reference,
        user=_USER,
        args=["check", "api", after(started, "--wait=5m"), f"--namespace={_HOME}"],
        fields=_FIELDS,
        resources=Resources(cpu="10m", memory="64Mi"),
        grants=grants.check(args.namespace),
    )
