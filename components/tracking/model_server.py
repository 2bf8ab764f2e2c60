"""A registered model behind HTTP, at one version that the stack file names."""

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import ExecActionArgs, LifecycleArgs, LifecycleHandlerArgs, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pydantic import Field

from ..access import Access, Endpoint
from ..base import Args, Settings, Text
from ..catalog import image
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect, open_to_namespaces
from ..k8s.probes import Probes
from ..k8s.resources import Resources
from ..k8s.server import serve
from ..k8s.workload import Workload
from ..types import Count, Name
from .contracts import TrackingServer
from .runtime import ENVIRONMENT, USER, writable

_PORT = 8080
_STOP = ["sh", "-c", "sleep 2; kill -TERM -1"]  # first the endpoints must have forgotten the pod


class ModelServerSettings(Settings):
    """Raise `version` to roll to the next one: the old pods answer until the new ones have loaded it."""

    model: str = Field(min_length=1)
    """The name under which it is registered."""
    version: int = Field(ge=1)
    replicas: Count = 2
    workers: int = Field(default=1, ge=1, le=32)
    """Processes per replica, each with its own copy of the model."""
    callers: tuple[Name, ...] = ()
    """Namespaces whose pods may call it, besides those outside of the cluster whom `access` lets in."""
    resources: Resources = Resources(cpu="250m", memory="512Mi", memory_limit="1Gi")


class ModelServerArgs(Args):
    """`tracking` knows the model."""

    settings: ModelServerSettings
    namespace: Text
    tracking: TrackingServer
    access: Access = Access()


class ModelServer(ComponentResource):
    """MLflow's own scoring server: POST `/invocations`. It has no login; network policies say who may call it."""

    endpoint: Endpoint

    def __init__(self, name: str, args: ModelServerArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:tracking:ModelServer", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, identity = args.settings, Identity("model-server", name)
        place = ObjectMetaArgs(namespace=args.namespace, labels=identity.labels)
        login = Secret(f"{name}-login", metadata=place, string_data=args.tracking.read_only().credentials, opts=child)
        if args.tracking.peer:
            connect(f"{name}-tracking", Peer(args.namespace, identity.selector), args.tracking.peer, child)
        workload = Workload(
            identity=identity,
            image=image("mlflow").reference,
            user=USER,
            command=["mlflow", "models", "serve"],
            args=[
                f"--model-uri=models:/{settings.model}/{settings.version}",
                "--env-manager=local",
                "--host=0.0.0.0",
                f"--port={_PORT}",
                f"--workers={settings.workers}",
            ],
            working_dir="/tmp",
            ports={"http": _PORT},
            env={**ENVIRONMENT, **args.tracking.environment},
            secrets=[login.metadata.name],
            mounts=[writable("4Gi")],
            probes=Probes(port=_PORT, path="/ping", starts_within=300),
            # `mlflow models serve` keeps the signal from its workers, and each roll would wait for the kill.
            lifecycle=LifecycleArgs(pre_stop=LifecycleHandlerArgs(exec_=ExecActionArgs(command=_STOP))),
            resources=settings.resources,
            replicas=settings.replicas,
        )
        made = serve(name, workload, args.namespace, args.access, child)
        if settings.callers:
            open_to_namespaces(f"{name}-callers", made.peer, settings.callers, child)
        self.endpoint = Endpoint(url=Output.concat("http://", args.access.address_of(made.service)))
        self.register_outputs({"url": self.endpoint.url})
