"""DataHub on SQL, Kafka and OpenSearch: made in the order in which its parts need each other."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.batch.v1 import CronJob
from pulumi_kubernetes.core.v1 import ConfigMap, Secret, Service, ServicePortArgs, ServiceSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from ...access import Access, Endpoint
from ...base import Text
from ...k8s.job import run
from ...k8s.network import Peer, connect
from ...k8s.order import after
from ...k8s.server import Server, run_forever, serve, service_account
from ...k8s.workload import Workload
from ...sources import texts
from ...storage.trust import trusted
from ..contracts import MetadataServer
from . import environment as env
from .parts import ADMINISTRATOR, Parts, users
from .settings import DataHubArgs

_SCRIPTS = Path(__file__).with_name("scripts")


class DataHub(ComponentResource):
    """First what it stands on answers, then its records and indices are of its version, then it serves."""

    endpoint: Endpoint
    server: MetadataServer
    """For ingestion: known once the set-up is over."""

    def __init__(self, name: str, args: DataHubArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:metadata:DataHub", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        generated = {key: self._password(use, 48) for key, use in env.GENERATED.items()}
        parts = self._parts(generated)
        gms, set_up = self._metadata_service(parts)
        gms_host = after(set_up, gms.host)
        self.server = MetadataServer(
            url=Output.concat("http://", gms_host, f":{env.GMS_PORT}"),
            client=env.CLIENT,
            secret=generated["DATAHUB_SYSTEM_CLIENT_SECRET"],
            peer=self._serving(gms.peer, env.GMS_PORT),
        )
        self.endpoint = self._page(parts, generated, gms_host)
        self.register_outputs({"url": self.endpoint.url})

    def _parts(self, generated: Mapping[str, Output[str]]) -> Parts:
        name, args = self._name, self._args
        authority = args.search.authority
        return Parts(
            name=name,
            args=args,
            secrets=[self._secret("keys", env.secrets(args, generated))],
            scripts=self._files("scripts", texts(_SCRIPTS)),
            authority=self._secret("authority", {"authority.pem": authority}) if authority is not None else None,
            trusted=trusted(name, env.tls(args.database), args.namespace, self._child),
        )

    def _metadata_service(self, parts: Parts) -> tuple[Server, Output[str]]:
        """The service, and what is known once it is wholly set up."""
        name, args, settings = self._name, self._args, self._args.settings
        waiting = parts.wait(self._secret("wait", env.wait_secrets(args)))
        ready = after(run(f"{name}-wait", waiting, *self._here), args.database.host)
        blocking = parts.upgrade("upgrade", "SystemUpdateBlocking", ready)
        upgraded = run(f"{name}-upgrade", blocking, *self._here, settings.upgrade_timeout)
        # Each of these waits for the upgrade's word of its own version, so it has to start after it.
        current = after(upgraded, args.database.host)
        gms = parts.gms(current)
        made = serve(f"{name}-gms", gms, args.namespace, Access(), self._child)
        clients = [blocking, gms]
        if settings.consumers == "standalone":
            kinds = (("mae", settings.mae_consumer, env.MAE_PORT), ("mce", settings.mce_consumer, env.MCE_PORT))
            for kind, of_kind, port in kinds:
                clients.append(consumer := parts.consumer(kind, of_kind, port, current))
                run_forever(f"{name}-{kind}-consumer", consumer, *self._here)
        if settings.gms.replicas > 1:
            self._shared_cache(gms)
        rest = parts.upgrade("upgrade-rest", "SystemUpdateNonBlocking", after(made.host, current))
        done = run(f"{name}-upgrade-rest", rest, *self._here, settings.upgrade_timeout)
        restore = parts.upgrade("restore", "RestoreIndices", current, "-a", "batchSize=1000", "-a", "batchDelayMs=100")
        self._on_demand(restore)
        for part in (waiting, *clients, rest, restore):
            self._connect(part, "sql", args.database.peer)
            self._connect(part, "events", args.event_log.peer)
            self._connect(part, "search", args.search.peer)
            if part is not waiting:
                self._connect(part, "gms", self._serving(made.peer, env.GMS_PORT))
        return made, done

    def _page(self, parts: Parts, generated: Mapping[str, Output[str]], gms_host: Output[str]) -> Endpoint:
        name, args = self._name, self._args
        password = self._password("administrator", 32, str(args.settings.password_rotation))
        known = self._secret("users", {"user.props": password.apply(users)})
        page = parts.frontend(gms_host, self._secret("page", env.frontend_secrets(args, generated)), known)
        made = serve(f"{name}-frontend", page, args.namespace, args.access, self._child)
        for to, peer in (("gms", self.server.peer), ("events", args.event_log.peer), ("search", args.search.peer)):
            self._connect(page, to, peer)
        url = args.settings.public_url or Output.concat("http://", args.access.address_of(made.service))
        seen = made.page(env.FRONTEND_PORT)
        if args.settings.oidc:
            return Endpoint(url=url, page=seen)
        return Endpoint(url=url, username=ADMINISTRATOR, password=password, page=seen)

    def _shared_cache(self, gms: Workload) -> None:
        """Replicas find each other by this name, also while they start, to drop from their caches what has changed."""
        name, args = self._name, self._args
        Service(
            f"{name}-gms-pods",
            metadata=ObjectMetaArgs(name=f"{name}-gms-pods", namespace=args.namespace, labels=gms.identity.labels),
            spec=ServiceSpecArgs(
                cluster_ip="None",
                publish_not_ready_addresses=True,
                selector=gms.identity.selector,
                ports=[ServicePortArgs(name="hazelcast", port=env.HAZELCAST_PORT)],
            ),
            opts=self._child,
        )
        self._connect(gms, "cache", Peer(args.namespace, gms.identity.selector, (env.HAZELCAST_PORT,)))

    def _on_demand(self, restore: Workload) -> None:
        """Makes search anew from the records in SQL: after those were restored, or the indices were lost."""
        key, namespace = f"{self._name}-restore-indices", self._args.namespace
        work = replace(restore, service_account=service_account(key, restore, namespace, self._child))
        job = work.job(timeout=24 * 3600, retries=0, keep=24 * 3600)
        place = ObjectMetaArgs(namespace=namespace, labels=restore.identity.labels)
        CronJob(key, metadata=place, spec=work.cron_job(job, None), opts=self._child)

    @property
    def _here(self) -> tuple[Text, ResourceOptions]:
        return self._args.namespace, self._child

    @staticmethod
    def _serving(peer: Peer, port: int) -> Peer:
        """The pods as clients of one port see them."""
        return Peer(peer.namespace, peer.selector, (port,))

    def _connect(self, part: Workload, to: str, server: Peer | None) -> None:
        if server:
            pods = Peer(self._args.namespace, part.identity.selector)
            connect(f"{self._name}-{part.identity.component}-{to}", pods, server, self._child)

    def _password(self, use: str, length: int, rotation: str | None = None) -> Output[str]:
        # The keys stay: what was encrypted or signed with them would be lost.
        keepers = {"rotation": rotation} if rotation else None
        key = f"{self._name}-{use}"
        return RandomPassword(key, length=length, special=False, keepers=keepers, opts=self._child).result

    def _secret(self, use: str, content: Mapping[str, Text]) -> Output[str]:
        place = ObjectMetaArgs(namespace=self._args.namespace)
        return Secret(f"{self._name}-{use}", metadata=place, string_data=dict(content), opts=self._child).metadata.name

    def _files(self, use: str, content: Mapping[str, Text]) -> Output[str]:
        place = ObjectMetaArgs(namespace=self._args.namespace)
        return ConfigMap(f"{self._name}-{use}", metadata=place, data=dict(content), opts=self._child).metadata.name
