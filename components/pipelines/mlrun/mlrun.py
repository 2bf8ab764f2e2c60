"""MLRun: runs as pods in a namespace of their own, records in MySQL, artefacts in a bucket, a token to get in."""

from collections.abc import Mapping

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    PersistentVolumeClaim,
    Secret,
    Service,
    ServicePortArgs,
    ServiceSpecArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword
from pydantic import InstanceOf

from ...access import Access, Endpoint
from ...base import Args, Text
from ...k8s.job import run
from ...k8s.network import Peer, connect, open_to_outside, to_kubernetes
from ...k8s.order import after
from ...k8s.plain import as_json
from ...k8s.server import Server, run_forever, serve
from ...k8s.volumes import claim
from ...k8s.workload import Workload
from ...storage.contracts import Bucket, MySqlClient
from ..space import Space
from .environment import PORT, environment
from .functions import MANAGED, PROJECT, functions
from .hardening import harden
from .nuclio import Nuclio, NuclioArgs
from .server import PROGRAMS, Api
from .settings import MlrunSettings
from .ui import UI_PORT, ui

MLRUN_DATABASE = "mlrun"

_INSIDE = Access()


class MlrunArgs(Args):
    """`database` owns MLRUN_DATABASE; `space` is where runs get their pods."""

    settings: MlrunSettings = MlrunSettings()
    namespace: Text
    space: InstanceOf[Space]
    database: MySqlClient
    artifacts: Bucket
    access: Access = _INSIDE


class Mlrun(ComponentResource):
    """Offers each step of the space as a function of the project `pipelines`. A client gets in by the token."""

    endpoint: Endpoint
    ui: Endpoint

    def __init__(self, name: str, args: MlrunArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:pipelines:Mlrun", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, space = args.settings, args.space
        place = ObjectMetaArgs(namespace=args.namespace)
        rotation = {"rotation": str(settings.token_rotation)}
        token = RandomPassword(f"{name}-token", length=40, special=False, keepers=rotation, opts=child).result
        hardened = harden(name, space.namespace, child)
        nuclio = self._nuclio(name, args, child)
        addresses = {
            "api": Output.format("http://{0}-api.{1}:{2}", name, args.namespace, PORT),
            "chief": Output.format("http://{0}-chief.{1}:{2}", name, args.namespace, PORT),
            "nuclio": nuclio.url if nuclio else None,
        }
        api = Api(
            name=name,
            settings=settings,
            space=space,
            environment=environment(settings, space, args.artifacts, **addresses),
            credentials=Secret(
                f"{name}-credentials", metadata=place, string_data=_credentials(args, token), opts=child
            ).metadata.name,
            volume=self._volume(name, settings, place, child),
            programs=_files(f"{name}-start", place, {"start.py": _program("start.py")}, child),
        )
        servers = self._servers(api, args, hardened.metadata.name, child)
        self._connect(api, args, nuclio, child)
        self._migrate_and_register(api, args, addresses["api"], token, servers, child)
        front = self._front(api, args, child)
        page = self._page(api, args, addresses["api"], servers, child)
        self.endpoint = Endpoint(url=Output.concat("http://", args.access.address_of(front)), password=token)
        address = Output.concat("http://", args.access.address_of(page.service))
        self.ui = Endpoint(url=address, page=page.page(UI_PORT))
        self.register_outputs({"url": self.endpoint.url})

    def _nuclio(self, name: str, args: MlrunArgs, child: ResourceOptions) -> Nuclio | None:
        if args.settings.nuclio is None:
            return None
        wires = NuclioArgs(settings=args.settings.nuclio, namespace=args.namespace, space=args.space)
        return Nuclio(f"{name}-nuclio", wires, child)

    def _volume(self, name: str, settings: MlrunSettings, place: ObjectMetaArgs, child: ResourceOptions) -> Output[str]:
        """The logs of runs, once their pods are gone."""
        mode = "ReadWriteMany" if settings.shared_volume else "ReadWriteOnce"
        asked = claim("data", settings.volume_size, settings.storage_class, access_mode=mode)
        return PersistentVolumeClaim(f"{name}-data", metadata=place, spec=asked.spec, opts=child).metadata.name

    def _servers(self, api: Api, args: MlrunArgs, hardened: Output[str], child: ResourceOptions) -> Output[str]:
        """Known once all of them are ready. None starts a pod before such pods are completed at their admission."""
        namespace = after(hardened, args.namespace)
        chief = serve(f"{api.name}-chief", api.chief(), namespace, _INSIDE, child)
        if not api.settings.workers:
            return chief.host
        # A worker asks the chief how it is before anything else.
        return run_forever(f"{api.name}-worker", api.worker(), after(chief.host, args.namespace), child)

    def _front(self, api: Api, args: MlrunArgs, child: ResourceOptions) -> Service:
        """One address for chief and workers."""
        pods = Peer(args.namespace, api.selector, (PORT,))
        if args.access.outside:
            open_to_outside(f"{api.name}-api-from-outside", pods, child)
        return Service(
            f"{api.name}-api-service",
            metadata=ObjectMetaArgs(name=f"{api.name}-api", namespace=args.namespace),
            spec=ServiceSpecArgs(
                type=args.access.service_type,
                selector=api.selector,
                ports=[ServicePortArgs(name="http", port=PORT, target_port="http")],
            ),
            opts=child,
        )

    def _connect(self, api: Api, args: MlrunArgs, nuclio: Nuclio | None, child: ResourceOptions) -> None:
        """The wires of the API's pods, among them the one from workers to the chief."""
        pods = Peer(args.namespace, api.selector, (PORT,))
        connect(f"{api.name}-api", pods, pods, child)
        to_kubernetes(f"{api.name}-api-to-kubernetes", pods, child)
        for system, peer in (("database", args.database.peer), ("artifacts", args.artifacts.peer)):
            if peer:
                connect(f"{api.name}-api-{system}", pods, peer, child)
        if nuclio:
            connect(f"{api.name}-api-nuclio", pods, nuclio.dashboard, child)

    def _migrate_and_register(
        self, api: Api, args: MlrunArgs, url: Text, token: Text, servers: Output[str], child: ResourceOptions
    ) -> None:
        """Migrates what an upgrade left to do, and registers the steps, anew after each change of them or the image."""
        place = ObjectMetaArgs(namespace=args.namespace)
        content = {"register.py": _program("register.py"), "functions.json": as_json(functions(args.space))}
        login = Secret(f"{api.name}-login", metadata=place, string_data={"MLRUN_AUTH_SESSION": token}, opts=child)
        work = api.client(
            {"MLRUN_DBPATH": after(servers, url), "PROJECT": PROJECT, "MANAGED": MANAGED},
            login.metadata.name,
            "register.py",
            _files(f"{api.name}-functions", place, content, child),
        )
        connect(f"{api.name}-migration", _peer(work, args), Peer(args.namespace, api.selector, (PORT,)), child)
        run(f"{api.name}-migration", work, args.namespace, child)

    def _page(self, api: Api, args: MlrunArgs, url: Text, servers: Output[str], child: ResourceOptions) -> Server:
        """The page leads whoever sees it on to what it knows, and Nuclio's dashboard has no login: it isn't told that.

        Without an address, its nginx looks for the dashboard in its own pod, where nothing listens.
        """
        told: dict[str, Input[str]] = {"MLRUN_API_PROXY_URL": after(servers, url), "MLRUN_NUCLIO_MODE": "disable"}
        page = ui(f"{api.name}-ui", api.settings, told)
        server = serve(f"{api.name}-ui", page, args.namespace, args.access, child)
        connect(f"{api.name}-ui-api", _peer(page, args), Peer(args.namespace, api.selector, (PORT,)), child)
        return server


def _credentials(args: MlrunArgs, token: Output[str]) -> dict[str, Input[str]]:
    return {
        "MLRUN_HTTPDB__DSN": args.database.url(MLRUN_DATABASE),
        "MLRUN_HTTPDB__AUTHENTICATION__BEARER__TOKEN": token,
        **args.artifacts.credentials,
    }


def _peer(workload: Workload, args: MlrunArgs) -> Peer:
    return Peer(args.namespace, workload.identity.selector)


def _program(name: str) -> str:
    return (PROGRAMS / name).read_text(encoding="utf-8")


def _files(name: str, place: ObjectMetaArgs, content: Mapping[str, Input[str]], child: ResourceOptions) -> Output[str]:
    return ConfigMap(name, metadata=place, data=content, opts=child).metadata.name
