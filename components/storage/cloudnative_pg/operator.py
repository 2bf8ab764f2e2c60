"""CloudNativePG's operator: it makes a database's servers, and has a standby take over when the primary is lost."""

from dataclasses import replace

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import SecretVolumeSourceArgs, VolumeArgs, VolumeMountArgs
from pydantic import Field

from ...base import Args, Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.network import Peer, open_to_api_server, to_kubernetes
from ...k8s.order import after
from ...k8s.probes import Probes
from ...k8s.server import run_forever
from ...k8s.volumes import Mount, scratch
from ...k8s.webhooks import PORT
from ...k8s.workload import Workload
from . import grants
from .contracts import DatabaseOperator
from .settings import CloudNativePgSettings
from .webhooks import register

_USER = 10001
_METRICS = 8080
_CERTIFICATES = "/run/secrets/cnpg.io/webhook"
_DAYS = 3650


class CloudNativePgArgs(Args):
    """Needs CloudNativePgDefinitions in the cluster."""

    settings: CloudNativePgSettings = CloudNativePgSettings()
    namespace: Text
    namespaces: tuple[Text, ...] = Field(min_length=1)
    """Where databases are. It sees no others."""


class CloudNativePg(ComponentResource):
    """One in a cluster. It makes its certificate itself, and tells the API server whom to trust."""

    operator: DatabaseOperator

    def __init__(self, name: str, args: CloudNativePgArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:CloudNativePg", name, None, opts)
        child = ResourceOptions(parent=self)
        identity = Identity("cloudnative-pg", name)
        # It ends where it misses what it must tell of its certificate.
        asked = register(name, identity, args.namespace, child)
        workload = _operator(identity, args, after(asked, Output.all(*args.namespaces).apply(",".join)))
        peer = Peer(args.namespace, identity.selector, (PORT, _METRICS))
        to_kubernetes(f"{name}-api", peer, child)
        open_to_api_server(f"{name}-calls", replace(peer, ports=(PORT,)), child)
        pods = run_forever(name, workload, args.namespace, child)
        self.operator = DatabaseOperator(ready=pods, peer=peer)
        self.register_outputs({"namespace": args.namespace})


def _operator(identity: Identity, args: CloudNativePgArgs, watched: Output[str]) -> Workload:
    return Workload(
        identity=identity,
        image=image("cloudnative-pg").reference,
        user=_USER,
        command=["/manager"],
        args=[
            "controller",
            "--leader-elect",
            "--max-concurrent-reconciles=10",
            f"--webhook-port={PORT}",
            f"--metrics-bind-address=:{_METRICS}",
        ],
        ports={"https": PORT, "metrics": _METRICS},
        env={
            # Its program is copied from this image into the pods of all databases.
            "OPERATOR_IMAGE_NAME": image("cloudnative-pg").reference,
            "POSTGRES_IMAGE_NAME": image("cloudnative-pg-postgresql").reference,
            "WATCH_NAMESPACE": watched,
            # Clients have its authorities' certificates from the program, which is not run by the clock.
            "CERTIFICATE_DURATION": str(_DAYS),
        },
        fields={"OPERATOR_NAMESPACE": "metadata.namespace"},
        mounts=[_certificate(), scratch("controller", "/controller", "64Mi"), scratch("tmp", "/tmp", "16Mi")],
        # The first start waits until the certificate, which it makes itself, is seen in the pod: a minute or two.
        probes=Probes(port=PORT, path="/readyz", scheme="HTTPS", starts_within=300),
        resources=args.settings.resources,
        replicas=args.settings.replicas,
        grants=grants.operator(args.namespace, args.namespaces),
        grace_seconds=10,
    )


def _certificate() -> Mount:
    """Made by the operator under a name of its own, so at its first start there is none."""
    source = SecretVolumeSourceArgs(secret_name=grants.CERTIFICATE, optional=True, default_mode=0o440)
    mount = VolumeMountArgs(name="certificate", mount_path=_CERTIFICATES, read_only=True)
    return Mount(mount, VolumeArgs(name="certificate", secret=source))
