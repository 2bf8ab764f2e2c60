"""Prefect on PostgreSQL: server, work pool, worker, and a deployment for each step of the platform."""

from dataclasses import replace

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from ...access import Endpoint
from ...base import Text
from ...k8s.job import run
from ...k8s.network import Peer, connect, to_kubernetes
from ...k8s.order import after
from ...k8s.server import Server, run_forever, serve, service_account
from ...k8s.workload import Workload
from ...metadata.contracts import Recipe
from ...storage.trust import trusted
from . import pool, server
from .settings import PrefectArgs
from .worker import LOGIN_KEY, worker

_ADMIN = "admin"


class Prefect(ComponentResource):
    """Made in the order in which its parts need each other: database, server, work pool and deployments, worker."""

    endpoint: Endpoint
    recipe: Recipe

    def __init__(self, name: str, args: PrefectArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:pipelines:Prefect", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        rotation = {"rotation": str(args.settings.password_rotation)}
        password = RandomPassword(f"{name}-{_ADMIN}", length=32, special=False, keepers=rotation, opts=self._child)
        login = Output.concat(_ADMIN, ":", password.result)
        made = self._server(login)
        api = Output.concat("http://", made.host, f":{server.PORT}/api")
        self._worker(made.peer, api, login)
        address = Output.concat("http://", args.access.address_of(made.service))
        page = made.page(server.PORT, streams=True)
        self.endpoint = Endpoint(url=address, username=_ADMIN, password=password.result, page=page)
        self.recipe = Recipe(
            source="prefect_api.PrefectSource",
            config={"api": api, "page": address},
            secrets={LOGIN_KEY: login},
            peers=(made.peer,),
        )
        self.register_outputs({"url": address})

    def _server(self, login: Output[str]) -> Server:
        """Known once the API answers, on a database of the image's version."""
        name, args = self._name, self._args
        split = args.settings.replicas > 1
        cache = args.cache if split else None
        secret = self._secret("server", args.namespace, server.credentials(login, args.database, cache))
        api = server.api(name, args, secret)
        api = replace(api, mounts=[*api.mounts, *trusted(name, args.database.tls, args.namespace, self._child)])
        migration, services = server.migration(api), server.services(api, args.settings.services)
        for part in (api, migration, *([services] if split else [])):
            self._connect(part, "database", args.database.peer)
            if cache and part is not migration:
                self._connect(part, "cache", cache.peer)
        migrated = run(f"{name}-migration", migration, args.namespace, self._child)
        host = {"PREFECT_SERVER_DATABASE_HOST": after(migrated, args.database.host)}
        if split:
            current = replace(services, env={**services.env, **host})
            run_forever(f"{name}-services", current, args.namespace, self._child)
        return serve(name, replace(api, env={**api.env, **host}), args.namespace, args.access, self._child)

    def _worker(self, api_pods: Peer, api: Output[str], login: Output[str]) -> None:
        """Starts once there is a pool to poll."""
        name, args, child = self._name, self._args, self._child
        settings, space = args.settings, args.space
        own_login = self._secret("login", args.namespace, {LOGIN_KEY: login})
        flow_login = self._secret("flow-login", space.namespace, {LOGIN_KEY: login})
        flows = self._files("flows", space.namespace, pool.flow_files(space, settings.keep_runs))
        flow = pool.flow(name, settings, space, flows)
        flow = replace(flow, service_account=service_account(f"{name}-flow", flow, space.namespace, child))
        template = pool.job_template(flow, space.namespace, settings.keep_runs)
        files = self._files("pool", args.namespace, pool.pool_files(template))
        registration = pool.registration(name, space, api, own_login, files)
        registered = run(f"{name}-registration", registration, args.namespace, child)
        polling = worker(name, pool.POOL, args, after(registered, api), own_login, flow_login)
        run_forever(f"{name}-worker", polling, args.namespace, child)
        for part in (registration, polling):
            self._connect(part, "api", api_pods)
        flow_pods = Peer(space.namespace, {"app.kubernetes.io/component": pool.FLOW})
        connect(f"{name}-flow-api", flow_pods, api_pods, child)
        to_kubernetes(f"{name}-flow-kubernetes", flow_pods, child)
        to_kubernetes(f"{name}-worker-kubernetes", Peer(args.namespace, polling.identity.selector), child)

    def _secret(self, part: str, namespace: Text, content: dict[str, Output[str]]) -> Output[str]:
        place = ObjectMetaArgs(namespace=namespace)
        return Secret(f"{self._name}-{part}", metadata=place, string_data=content, opts=self._child).metadata.name

    def _files(self, part: str, namespace: Text, content: dict[str, Text]) -> Output[str]:
        place = ObjectMetaArgs(namespace=namespace)
        return ConfigMap(f"{self._name}-{part}", metadata=place, data=content, opts=self._child).metadata.name

    def _connect(self, part: Workload, to: str, server_pods: Peer | None) -> None:
        if server_pods:
            pods = Peer(self._args.namespace, part.identity.selector)
            connect(f"{self._name}-{part.identity.component}-{to}", pods, server_pods, self._child)
