"""Feast: features defined once, computed into an online store, and read the same way in training and in serving."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.batch.v1 import CronJob
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from ..access import Endpoint
from ..catalog import image
from ..k8s import login
from ..k8s.job import run
from ..k8s.network import Peer, connect, open_to_namespaces, to_kubernetes
from ..k8s.order import after
from ..k8s.server import Server, serve, service_account
from ..k8s.workload import Workload
from ..metadata.contracts import Recipe
from ..storage.trust import trusted
from . import configuration, jobs, servers
from .contracts import FeatureStoreClient
from .settings import FeastArgs

USERNAME = "feast"
_KEEP_RUNS = 24 * 3600  # seconds
_TOKEN = "kubectl create token ACCOUNT --namespace ONE-OF-THE-READERS --duration 1h"


class Feast(ComponentResource):
    """A Job applies the definitions; once it is through, four servers answer from them and runs are scheduled."""

    endpoints: Mapping[str, Endpoint]
    """For people, by what each is called among those of other systems."""
    client: FeatureStoreClient
    """For other components."""
    recipe: Recipe

    def __init__(self, name: str, args: FeastArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:features:Feast", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        common = self._common()
        applied = self._apply(common)
        # Known once the definitions are there, so that nothing below starts earlier.
        ready = replace(common, configuration=after(applied, common.configuration))
        self._materialize(ready)
        self.recipe = configuration.recipe(args, applied)
        workloads = {
            "online": servers.online(ready, args.settings),
            "registry": servers.registry(ready, args.settings),
            "offline": servers.offline(ready, args.settings),
            "page": self._page(applied, ready),
        }
        self._hand_over({part: self._serve(part, workload) for part, workload in workloads.items()})
        self.register_outputs({"url": self.endpoints["feast"].url})

    def _common(self) -> servers.Common:
        name, args = self._name, self._args
        return servers.Common(
            name=name,
            image=args.settings.image or image("feast").reference,
            configuration=self._files("configuration", {configuration.FILE: configuration.servers(args)}),
            database=self._secret("database", args.database.credentials),
            stores=self._secret("stores", configuration.stores(args)),
            env={**args.files.environment, "FEATURES_URL": args.files.url},
            cloud=args.files.identity,
            trusted=trusted(name, args.database.tls, args.namespace, self._child),
        )

    def _apply(self, common: servers.Common) -> Output[str]:
        """Known once the registry says what the repository does."""
        settings, allowed = self._args.settings, jobs.permissions(self._args)
        work = jobs.apply(common, settings, self._files("repository", jobs.repository(settings)), allowed)
        self._connect("apply", work)
        return run(f"{self._name}-apply", work, self._args.namespace, self._child)

    def _materialize(self, common: servers.Common) -> None:
        name, settings, place = f"{self._name}-materialization", self._args.settings, self._args.namespace
        work = jobs.materialization(common, settings)
        self._connect("materialization", work)
        work = replace(work, service_account=service_account(name, work, place, self._child))
        job = work.job(timeout=settings.materialization.timeout, retries=2, keep=_KEEP_RUNS)
        CronJob(
            f"{name}-runs",
            metadata=ObjectMetaArgs(name=name, namespace=place, labels=work.identity.labels),
            spec=work.cron_job(job, settings.materialization.schedule),
            opts=self._child,
        )

    def _serve(self, part: str, workload: Workload) -> Server:
        self._connect(part, workload)
        made = serve(f"{self._name}-{part}", workload, self._args.namespace, self._args.access, self._child)
        if workload.grants and (readers := [*self._args.settings.readers, *self._args.readers]):
            open_to_namespaces(f"{self._name}-{part}-readers", made.peer, readers, self._child)
        return made

    def _page(self, applied: Output[str], common: servers.Common) -> Workload:
        """With a login of its own, for it shows the definitions to people who have no account of the cluster."""
        name, settings = self._name, self._args.settings
        rotation = {"rotation": str(settings.password_rotation)}
        self._password, salt = (
            RandomPassword(f"{name}-{key}", length=length, special=False, keepers=rotation, opts=self._child).result
            for key, length in (("login", 32), ("salt", 16))
        )
        users = self._secret("login", login.users(USERNAME, self._password, salt))
        conf = self._files(
            "proxy", {login.CONFIGURATION: Path(__file__).with_name("page.conf").read_text(encoding="utf-8")}
        )
        seen = self._files("page", {configuration.FILE: configuration.page(self._args)})
        proxy = login.proxy("feast", servers.PAGE, servers.USER, conf, users, settings.proxy)
        return servers.page(replace(common, configuration=after(applied, seen)), settings, proxy)

    def _hand_over(self, made: Mapping[str, Server]) -> None:
        project, access = self._args.settings.project, self._args.access

        def outside(part: str, scheme: str) -> Output[str]:
            return Output.concat(scheme, "://", access.address_of(made[part].service))

        self.endpoints = {
            "feast": Endpoint(url=outside("online", "http"), token=_TOKEN),
            "feast-registry": Endpoint(url=outside("registry", "grpc"), token=_TOKEN),
            "feast-offline": Endpoint(url=outside("offline", "grpc"), token=_TOKEN),
            "feast-page": Endpoint(
                url=outside("page", "http"),
                username=USERNAME,
                password=self._password,
                page=made["page"].page(servers.PAGE),
            ),
        }
        self.client = FeatureStoreClient(
            project=project,
            online=Output.concat("http://", made["online"].host, f":{servers.ONLINE}"),
            registry=Output.concat(made["registry"].host, f":{servers.REGISTRY}"),
            offline_host=made["offline"].host,
            offline_port=servers.OFFLINE,
            peers={part: made[part].peer for part in ("online", "registry", "offline")},
        )

    def _connect(self, part: str, work: Workload) -> None:
        """All go to the database, some to the stores, and those that are shown tokens to the cluster."""
        name, args = f"{self._name}-{part}", self._args
        pods = Peer(args.namespace, work.identity.selector)
        if args.database.peer:
            connect(f"{name}-database", pods, args.database.peer, self._child)
        if part in servers.WITH_VALUES:
            if args.online_cache and args.online_cache.peer:
                connect(f"{name}-cache", pods, args.online_cache.peer, self._child)
            if args.files.peer:
                connect(f"{name}-files", pods, args.files.peer, self._child)
        if work.grants:
            to_kubernetes(f"{name}-kubernetes", pods, self._child)

    def _secret(self, part: str, content: dict[str, Output[str]]) -> Output[str]:
        place = ObjectMetaArgs(namespace=self._args.namespace)
        return Secret(f"{self._name}-{part}", metadata=place, string_data=content, opts=self._child).metadata.name

    def _files(self, part: str, content: Mapping[str, Input[str]]) -> Output[str]:
        place = ObjectMetaArgs(namespace=self._args.namespace)
        return ConfigMap(f"{self._name}-{part}", metadata=place, data=content, opts=self._child).metadata.name
