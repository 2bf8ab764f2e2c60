"""Nuclio: the controller that makes pods of functions, and the dashboard, which is the API that MLRun calls."""

from pulumi import ComponentResource, Output, ResourceOptions
from pydantic import InstanceOf

from ...access import Access
from ...base import Args, Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.network import Peer, connect, to_kubernetes
from ...k8s.probes import Probes
from ...k8s.server import run_forever, serve
from ...k8s.volumes import scratch
from ...k8s.workload import Workload
from ..space import Space
from . import grants
from .settings import NuclioSettings

_API, _HEALTH, _FUNCTION = 8070, 8082, 8080
_USER = 1000


class NuclioArgs(Args):
    settings: NuclioSettings = NuclioSettings()
    namespace: Text
    space: InstanceOf[Space]
    """Functions run where the jobs of MLRun do."""


class Nuclio(ComponentResource):
    """Needs its definitions in the cluster. The dashboard has no login: only whom a wire leads there may reach it."""

    url: Output[str]
    dashboard: Peer

    def __init__(self, name: str, args: NuclioArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:pipelines:Nuclio", name, None, opts)
        child = ResourceOptions(parent=self)
        controller, dashboard = _controller(name, args), _dashboard(name, args)
        for part, workload in (("controller", controller), ("dashboard", dashboard)):
            pods = Peer(args.namespace, workload.identity.selector)
            to_kubernetes(f"{name}-{part}-to-kubernetes", pods, child)
        run_forever(f"{name}-controller", controller, args.namespace, child)
        server = serve(f"{name}-dashboard", dashboard, args.namespace, Access(), child)
        self.dashboard = Peer(args.namespace, dashboard.identity.selector, (_API,))
        functions = Peer(args.space.namespace, {"nuclio.io/class": "function"}, (_FUNCTION,))
        connect(f"{name}-dashboard-functions", Peer(args.namespace, dashboard.identity.selector), functions, child)
        self.url = Output.format("http://{0}:{1}", server.host, _API)
        self.register_outputs({"url": self.url})


def _controller(name: str, args: NuclioArgs) -> Workload:
    runs = args.space.namespace
    return Workload(
        identity=Identity("nuclio", name, "controller"),
        image=image("nuclio-controller").reference,
        user=_USER,
        ports={"health": _HEALTH},
        env={
            "NUCLIO_CONTROLLER_NAMESPACE": runs,
            # By default it takes one that nobody maintains.
            "NUCLIO_CONTROLLER_CRON_TRIGGER_CRON_JOB_IMAGE_NAME": image("curl").reference,
        },
        mounts=[scratch("tmp", "/tmp", "64Mi")],
        probes=Probes(port=_HEALTH, path="/ready"),
        resources=args.settings.resources,
        # Two would both answer each change of a function.
        recreate=True,
        grants=[grants.nuclio_controller(runs)],
    )


def _dashboard(name: str, args: NuclioArgs) -> Workload:
    runs = args.space.namespace
    return Workload(
        identity=Identity("nuclio", name, "dashboard"),
        image=image("nuclio-dashboard").reference,
        user=_USER,
        ports={"http": _API, "health": _HEALTH},
        env={
            "NUCLIO_DASHBOARD_NAMESPACE": runs,
            "NUCLIO_AUTH_KIND": "nop",
            # The other kind of builder asks for the node's Docker socket. Without a registry none of them builds.
            "NUCLIO_CONTAINER_BUILDER_KIND": "kaniko",
            "NUCLIO_DASHBOARD_REGISTRY_URL": "",
            "NUCLIO_MONITOR_DOCKER_DAEMON": "false",
            "NUCLIO_TEMPLATES_ARCHIVE_ADDRESS": "file://tmp/templates.zip",
        },
        mounts=[scratch("tmp", "/tmp", "256Mi")],
        probes=Probes(port=_HEALTH, path="/ready"),
        resources=args.settings.resources,
        grants=[grants.nuclio_dashboard(runs)],
    )
