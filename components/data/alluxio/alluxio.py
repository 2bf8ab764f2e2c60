"""Alluxio in the cluster: masters that agree on the names, workers that keep what was read from the bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.batch.v1 import CronJob
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...access import Access
from ...base import Args, Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.network import Peer, connect
from ...k8s.probes import Probes
from ...k8s.resources import Resources
from ...k8s.server import Server, serve_from_disk, service_account
from ...k8s.volumes import Mount, claim, claimed, scratch, secret_files
from ...k8s.workload import Workload
from ...storage.contracts import KeyedBucket
from ...types import amount
from ..contracts import FileCache
from . import properties
from .settings import AlluxioSettings, Java

_USER = 1000  # `alluxio` in the image
_CONF, _READY, _SITE = "/opt/alluxio/conf", "/prepared", "/etc/alluxio"
_SPARE = 1.1  # of the quota: what a volume's file system keeps for itself

# The entrypoint writes beside the image's own files, and formats at each start unless told not to: here a journal is
# formatted once, while its volume is empty. Where a node was restarted this runs once more in the same pod, and finds
# the copies of before, read-only ones among them (-f).
_COPY = f"for copy in {_READY}/*; do cp -rf {_CONF}/. $copy && cp -f {_SITE}/metrics.properties $copy; done"
_FORMAT = f"test -e {properties.JOURNAL_FOLDER}/raft || /opt/alluxio/bin/alluxio formatJournal"
_SMALL = Resources(cpu="10m", memory="128Mi", memory_limit="384Mi")
_BACK_UP = f"/opt/alluxio/bin/alluxio fsadmin backup {properties.BACKUPS} --allow-leader"


class AlluxioArgs(Args):
    """`bucket` is what the cache stands before."""

    settings: AlluxioSettings = AlluxioSettings()
    namespace: Text
    bucket: KeyedBucket


class Alluxio(ComponentResource):
    """Masters and workers, each with its job server beside it, and the job that copies the journal."""

    cache: FileCache

    def __init__(self, name: str, args: AlluxioArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:data:Alluxio", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        self._site = Secret(
            f"{name}-site",
            metadata=ObjectMetaArgs(namespace=args.namespace, labels=Identity("alluxio", name, "site").labels),
            string_data={"alluxio-site.properties": _site(args), "metrics.properties": properties.METRICS},
            opts=self._child,
        ).metadata.name
        domain = Output.concat(name, "-masters-pods.", args.namespace)
        masters = self._masters(domain)
        count = args.settings.masters
        addresses = Output.all(masters.pods, domain).apply(lambda at: properties.addresses(at[0], at[1], count))
        workers = self._workers(addresses.apply(properties.towards_masters))
        back_up = self._back_up(addresses.apply(properties.towards_masters))
        self._connect(masters.peer, workers.peer, back_up)
        # Whoever is told of the masters may read: so not before there is a worker.
        known = Output.all(addresses, workers.host).apply(lambda both: both[0])
        self.cache = FileCache(masters=known, master_peer=masters.peer, worker_peer=workers.peer)
        self.register_outputs({"masters": known})

    def _masters(self, domain: Output[str]) -> Server:
        settings = self._args.settings
        options = domain.apply(lambda at: properties.among_masters(at, settings.masters))
        journal = claimed("journal", properties.JOURNAL_FOLDER)
        work = self._server(
            "master",
            ["master-only", "--no-format"],
            settings.master,
            ports={"rpc": properties.RPC, "web": properties.WEB},
            options=options,
            mounts=[journal],
            prepare=f"{_COPY}; {_FORMAT}",
            beside=self._server(
                "job-master",
                ["job-master"],
                settings.job_master,
                ports={"job-rpc": properties.JOB_RPC, "job-web": properties.JOB_WEB},
                options=options,
                mounts=[journal],
            ),
            replicas=settings.masters,
        )
        claims = [claim("journal", settings.journal_size, settings.storage_class)]
        return serve_from_disk(f"{self._name}-masters", work, claims, self._args.namespace, Access(), self._child)

    def _workers(self, masters: Output[str]) -> Server:
        settings, tier = self._args.settings, self._args.settings.tier
        folder, in_memory = properties.cache_folder(tier), tier.medium == "MEM"
        name = f"{self._name}-workers"
        kept = scratch("cache", folder, tier.quota, memory=True) if in_memory else claimed("cache", folder)
        options = Output.concat(
            masters, " -Dalluxio.worker.hostname=${POD_NAME}.", name, "-pods.", self._args.namespace
        )
        work = self._server(
            "worker",
            ["worker-only", "--no-format"],
            settings.worker,
            ports={"data": properties.WORKER, "web": properties.WORKER_WEB},
            options=options,
            mounts=[kept],
            prepare=_COPY,
            beside=self._server(
                "job-worker",
                ["job-worker"],
                settings.job_worker,
                ports={
                    "job-rpc": properties.JOB_WORKER,
                    "job-data": properties.JOB_WORKER_DATA,
                    "job-web": properties.JOB_WORKER_WEB,
                },
                options=options,
                mounts=[kept],
            ),
            replicas=settings.workers,
            tier=tier.quota if in_memory else None,
        )
        volume = f"{int(amount(tier.quota) * _SPARE / 2**20)}Mi"
        claims = [] if in_memory else [claim("cache", volume, tier.storage_class)]
        return serve_from_disk(name, work, claims, self._args.namespace, Access(), self._child)

    def _server(
        self,
        role: str,
        args: Sequence[str],
        java: Java,
        *,
        options: Input[str],
        ports: Mapping[str, int],
        mounts: Sequence[Mount],
        prepare: str | None = None,
        beside: Workload | None = None,
        replicas: int = 1,
        tier: str | None = None,
    ) -> Workload:
        conf = {one: f"conf-{one}" for one in (role, beside and beside.identity.component) if one}
        copies = [scratch(volume, f"{_READY}/{volume}", "1Mi") for volume in conf.values()]
        work = Workload(
            identity=Identity("alluxio", self._name, role),
            name=f"alluxio-{role}",
            image=image("alluxio").reference,
            user=_USER,
            command=["tini", "--", "/entrypoint.sh"],
            args=args,
            ports=ports,
            env={
                "ALLUXIO_JAVA_OPTS": options,
                f"ALLUXIO_{role.upper().replace('-', '_')}_JAVA_OPTS": java.options,
                # Tells the entrypoint that the cache's place is given, or it would choose one itself.
                "ALLUXIO_WORKER_TIEREDSTORE_LEVEL0_DIRS_PATH": properties.cache_folder(self._args.settings.tier),
            },
            fields={"POD_NAME": "metadata.name"},
            mounts=[scratch(conf[role], _CONF, "1Mi"), *self._common(), *mounts],
            probes=Probes(port=next(iter(ports.values())), starts_within=300),
            resources=java.resources(tier),
            replicas=replicas,
            together=True,
            beside=[beside] if beside else [],
        )
        if prepare is None:
            return work
        first = replace(
            work,
            name="prepare",
            command=["bash", "-ec", prepare],
            args=None,
            ports={},
            env={},
            mounts=[*copies, *self._common(), *mounts],
            probes=None,
            resources=_SMALL,
            beside=[],
        )
        return replace(work, before=[first])

    def _common(self) -> list[Mount]:
        return [
            scratch("logs", "/opt/alluxio/logs", "256Mi"),
            scratch("tmp", "/tmp", "512Mi"),
            secret_files("site", _SITE, self._site),
        ]

    def _back_up(self, masters: Output[str]) -> Peer:
        """A copy of the journal, written by the leading master into the bucket."""
        name, place, settings = f"{self._name}-back-up", self._args.namespace, self._args.settings
        identity = Identity("alluxio", self._name, "back-up")
        work = Workload(
            identity=identity,
            image=image("alluxio").reference,
            user=_USER,
            command=["bash", "-ec", _BACK_UP],
            env={"ALLUXIO_JAVA_OPTS": masters},
            mounts=self._common(),
            resources=_SMALL,
        )
        work = replace(work, service_account=service_account(name, work, place, self._child))
        CronJob(
            name,
            metadata=ObjectMetaArgs(namespace=place, labels=identity.labels),
            spec=work.cron_job(work.job(keep=86400), settings.backup),
            opts=self._child,
        )
        return Peer(place, identity.selector)

    def _connect(self, masters: Peer, workers: Peer, back_up: Peer) -> None:
        name, child = self._name, self._child
        asked = replace(masters, ports=(properties.RPC, properties.JOB_RPC))
        inside = replace(masters, ports=(*asked.ports, properties.JOURNAL, properties.JOB_JOURNAL))
        data = replace(workers, ports=(properties.WORKER, properties.JOB_WORKER, properties.JOB_WORKER_DATA))
        connect(f"{name}-among-masters", inside, inside, child)
        connect(f"{name}-workers-to-masters", workers, asked, child)
        connect(f"{name}-among-workers", data, data, child)
        connect(f"{name}-back-up-to-masters", back_up, asked, child)
        if store := self._args.bucket.peer:
            connect(f"{name}-masters-to-bucket", masters, store, child)
            connect(f"{name}-workers-to-bucket", workers, store, child)


def _site(args: AlluxioArgs) -> Output[str]:
    bucket = args.bucket
    return Output.all(bucket.url, bucket.endpoint, bucket.access_key, bucket.secret_key).apply(
        lambda at: properties.site(args.settings, properties.s3(at[0], bucket.region, at[1], (at[2], at[3])))
    )
