"""Kueue's controller: it holds up what names a queue, until the queue's team has room for all of it."""

from dataclasses import replace

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pydantic import Field

from ...access import Access
from ...base import Args, Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.network import Peer, open_to_api_server, to_kubernetes
from ...k8s.order import after
from ...k8s.probes import Probes
from ...k8s.server import serve, service_account
from ...k8s.volumes import config_files, scratch, secret_files
from ...k8s.webhooks import PORT
from ...k8s.workload import Workload
from . import grants
from .configuration import FILE, HEALTH, METRICS, configuration
from .guard import fence, guard
from .settings import KueueSettings
from .webhooks import CHANGES, CHECKS, register

_USER = 65532
_FILES, _CERTIFICATE = "/etc/kueue", "/tmp/k8s-webhook-server/serving-certs"


class KueueArgs(Args):
    """Needs KueueDefinitions in the cluster."""

    settings: KueueSettings = KueueSettings()
    namespace: Text
    namespaces: tuple[Text, ...] = Field(min_length=1)
    """Where work waits for its quota. In all others a queue's name on something has no meaning."""
    devices: tuple[str, ...] = ()
    """Resources, such as `nvidia.com/gpu`, that nothing in those namespaces gets without a queue."""


class Kueue(ComponentResource):
    """One in a cluster. It makes its certificate itself, and tells the API server whom to trust."""

    controller: Output[str]
    """Its namespace, known once it answers."""

    def __init__(self, name: str, args: KueueArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:Kueue", name, None, opts)
        child = ResourceOptions(parent=self)
        place = ObjectMetaArgs(namespace=args.namespace, labels=Identity("kueue", name).labels)
        # Made empty: the controller fills in its key, which so is in no state and no preview.
        certificate = Secret(f"{name}-certificate", metadata=place, opts=child).metadata.name
        document = configuration(args.settings, args.namespace, args.namespaces, name, certificate)
        files = ConfigMap(f"{name}-configuration", metadata=place, data={FILE: document}, opts=child).metadata.name
        # It ends where it misses what it must tell of its certificate.
        registered = Output.all(*register(name, name, args.namespace, args.namespaces, child))
        workload = _controller(name, args, after(registered, files), certificate)
        account = service_account(name, workload, args.namespace, child)
        peer = Peer(args.namespace, workload.identity.selector, (PORT,))
        to_kubernetes(f"{name}-api", peer, child)
        open_to_api_server(f"{name}-calls", peer, child)
        fence(f"{name}-fence", account, args.namespace, args.namespaces, child)
        if args.devices:
            guard(f"{name}-devices", args.devices, args.namespaces, child)
        made = serve(name, replace(workload, service_account=account), args.namespace, Access(), child)
        self.controller = after(made.pods, args.namespace)
        self.register_outputs({"namespace": args.namespace})


def _controller(name: str, args: KueueArgs, files: Output[str], certificate: Input[str]) -> Workload:
    return Workload(
        identity=Identity("kueue", name),
        image=image("kueue").reference,
        user=_USER,
        command=["/manager"],
        args=[f"--config={_FILES}/{FILE}", "--zap-log-level=2"],
        ports={"https": PORT, "metrics": METRICS, "health": HEALTH},
        mounts=[
            config_files("configuration", _FILES, files),
            secret_files("certificate", _CERTIFICATE, certificate),
            scratch("tmp", "/tmp", "16Mi"),
        ],
        # The first start waits until the certificate, which it makes itself, is seen in the pod: a minute or two.
        probes=Probes(port=HEALTH, path="/readyz", starts_within=300),
        resources=args.settings.resources,
        replicas=args.settings.replicas,
        grants=grants.controller(args.namespace, certificate, CHANGES, CHECKS),
        grace_seconds=10,
    )
