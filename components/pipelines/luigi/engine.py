"""Luigi behind a login, with its history in PostgreSQL, and a client for each step of the platform."""

from dataclasses import replace

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.batch.v1 import CronJob
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from ...access import Endpoint
from ...base import Text
from ...k8s.job import run
from ...k8s.network import Peer, connect, to_kubernetes
from ...k8s.order import after
from ...k8s.server import Server, serve_from_disk, service_account
from ...k8s.volumes import claim
from ...k8s.workload import Workload
from ...storage.trust import trusted
from . import client, proxy, scheduler
from .settings import LuigiArgs


class Luigi(ComponentResource):
    """The scheduler is one pod. Its clients start with a run, in the space's namespace, and end with it."""

    endpoint: Endpoint

    def __init__(self, name: str, args: LuigiArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:pipelines:Luigi", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        rotation = {"rotation": str(args.settings.password_rotation)}
        password, salt = (
            RandomPassword(f"{name}-{key}", length=length, special=False, keepers=rotation, opts=self._child).result
            for key, length in (("login", 32), ("salt", 16))
        )
        made = self._scheduler(password, salt)
        self._clients(made, password)
        address = Output.concat("http://", args.access.address_of(made.service))
        page = made.page(proxy.PORT)
        self.endpoint = Endpoint(url=address, username=proxy.USERNAME, password=password, page=page)
        self.register_outputs({"url": address})

    def _scheduler(self, password: Output[str], salt: Output[str]) -> Server:
        """Started once its tables are those of its version."""
        name, args, child = self._name, self._args, self._child
        settings, database = args.settings, args.database
        secret = self._secret("database", args.namespace, database.credentials)
        configuration = self._files("scheduler", args.namespace, scheduler.files(settings))
        known_by = trusted(name, args.database.tls, args.namespace, child)
        bare = scheduler.scheduler(name, args, configuration, secret, known_by)
        if database.peer:
            pods = {"app.kubernetes.io/name": "luigi", "app.kubernetes.io/instance": name}
            connect(f"{name}-database", Peer(args.namespace, pods), database.peer, child)
        migrated = run(f"{name}-migration", scheduler.migration(bare, name), args.namespace, child)
        history = after(migrated, bare.env["HISTORY"])
        door = self._proxy(password, salt)
        guarded = replace(bare, env={**bare.env, "HISTORY": history}, beside=[door])
        claims = [claim("state", settings.size, settings.storage_class)]
        return serve_from_disk(name, guarded, claims, args.namespace, args.access, child)

    def _proxy(self, password: Output[str], salt: Output[str]) -> Workload:
        configuration = self._files("proxy", self._args.namespace, proxy.files())
        login = self._secret("login", self._args.namespace, proxy.login(password, salt))
        return proxy.proxy(scheduler.USER, configuration, login, self._args.settings.proxy)

    def _clients(self, server: Server, password: Output[str]) -> None:
        name, settings, space, child = self._name, self._args.settings, self._args.space, self._child
        url = Output.concat("http://", server.host, f":{proxy.PORT}")
        common = client.client(
            name,
            settings,
            space,
            files=self._files("client", space.namespace, client.files(url, settings)),
            login=self._secret("client-login", space.namespace, client.login(server.host, password)),
            key=self._secret("client-key", space.namespace, space.context.artifacts.credentials),
        )
        common = replace(common, service_account=service_account(f"{name}-client", common, space.namespace, child))
        for step, declared in space.steps.items():
            seconds = client.most_seconds(declared, settings, space.patience(step))
            told = self._files(f"{step}-step", space.namespace, client.step_file(step, space, seconds))
            place = ObjectMetaArgs(name=step, namespace=space.namespace, labels=common.identity.labels)
            CronJob(f"{name}-{step}", metadata=place, spec=client.run_of(step, common, told, seconds), opts=child)
        pods = Peer(space.namespace, common.identity.selector)
        connect(f"{name}-client-scheduler", pods, server.peer, child)
        to_kubernetes(f"{name}-client-kubernetes", pods, child)
        if space.context.artifacts.peer:
            connect(f"{name}-client-artifacts", pods, space.context.artifacts.peer, child)

    def _secret(self, part: str, namespace: Text, content: dict[str, Output[str]]) -> Output[str]:
        place = ObjectMetaArgs(namespace=namespace)
        return Secret(f"{self._name}-{part}", metadata=place, string_data=content, opts=self._child).metadata.name

    def _files(self, part: str, namespace: Text, content: dict[str, Input[str]]) -> Output[str]:
        place = ObjectMetaArgs(namespace=namespace)
        return ConfigMap(f"{self._name}-{part}", metadata=place, data=content, opts=self._child).metadata.name
