"""SeaweedFS on three servers, each object on two of them; whichever one is lost, buckets can be read and written.

Each server is a master, a volume server and a filer in one process. A rack in SeaweedFS's sense is a node here, and
copies go to different racks. Filers keep their own records and tell each other of every change; all gateways ask the
same filer while it is there, so what one has written another one reads.
"""

from dataclasses import dataclass, replace

from pulumi import Input, Output, ResourceOptions
from pulumi_kubernetes.batch.v1 import CronJob
from pulumi_kubernetes.core.v1 import PersistentVolumeClaimArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ..access import Access
from ..catalog import image
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.order import after
from ..k8s.probes import Probes
from ..k8s.resources import Resources
from ..k8s.server import Server, serve, serve_from_disk, service_account
from ..k8s.volumes import Mount, claimed, scratch
from ..k8s.workload import Workload
from .buckets import INTERNAL
from .disk import GROWTH, volume_limit

SERVERS = 3
"""Masters vote, so their number is odd; and with one of three lost, two are left to hold two copies."""

_USER = 1000
_MASTER, _VOLUME, _FILER, _S3, _METRICS = 9333, 8080, 8888, 8333, 9327
_GATEWAYS = 2
_ELSEWHERE = "010"  # none more in another data centre, one in another rack, none more in the same

# The names of all servers, of which each knows its own: they differ in the number at the end.
_START = f"""
peers= i=0
while [ $i -lt {SERVERS} ]; do
  peers="$peers${{peers:+,}}${{POD_NAME%-*}}-$i.$DOMAIN:{_MASTER}" i=$((i + 1))
done
exec weed -logtostderr=true server -dir=/data -ip="$POD_NAME.$DOMAIN" -ip.bind=0.0.0.0 -rack="$NODE_NAME" \\
  -master.peers="$peers" -master.defaultReplication={_ELSEWHERE} "$VOLUME_LIMIT" \\
  -master.telemetry=false -volume.max=0 -filer -metricsPort={_METRICS}
"""

# What a lost disk held is still there once: this makes second copies again. The shell has the lock while it does.
_REPAIR = f"""
printf 'lock\\nvolume.fix.replication -apply\\nunlock\\n' | timeout 3000 weed shell -master="$SERVER:{_MASTER}"
"""


@dataclass(frozen=True)
class Replicated:
    """The way in for clients, and where the servers behind it are reached from inside."""

    front: Server
    servers: Peer
    host: Output[str]
    """A name that leads to any of the servers."""


def serve_copies(
    name: str,
    keys: Mount,
    allowed: str,
    size: str,
    resources: Resources,
    claims: list[PersistentVolumeClaimArgs],
    namespace: Input[str],
    access: Access,
    opts: ResourceOptions,
) -> Replicated:
    """Three servers with a volume of that size each, and two gateways that speak S3; `allowed` tells who may what."""
    domain = Output.format("{0}-data-pods.{1}", name, namespace)
    data = Workload(
        identity=Identity("seaweedfs", name, "data"),
        image=image("seaweedfs").reference,
        user=_USER,
        command=["sh", "-euc", _START],
        ports={"filer": _FILER},
        env={"HOME": "/tmp", "DOMAIN": domain, "VOLUME_LIMIT": volume_limit(size), **GROWTH},
        fields={"POD_NAME": "metadata.name", "NODE_NAME": "spec.nodeName"},
        mounts=[claimed("data", "/data"), scratch("tmp", "/tmp", "256Mi")],
        probes=Probes(port=_FILER, path="/healthz"),
        resources=resources,
        replicas=SERVERS,
        together=True,
        apart=True,
        # Clients are sent to the others before it stops.
        grace_seconds=30,
    )
    made = serve_from_disk(f"{name}-data", data, claims, namespace, Access(), opts)
    inside = Peer(namespace, data.identity.selector, (*INTERNAL, _VOLUME, _VOLUME + 10_000))
    connect(f"{name}-among-servers", inside, inside, opts)
    filers = [Output.format("{0}-{1}.{2}:{3}", made.pods, number, domain, _FILER) for number in range(SERVERS)]
    gateway = Workload(
        identity=Identity("seaweedfs", name),
        image=image("seaweedfs").reference,
        user=_USER,
        command=["weed"],
        args=["-logtostderr=true", "s3", "-ip.bind=0.0.0.0", allowed, Output.concat("-filer=", join(filers))],
        ports={"s3": _S3},
        env={"HOME": "/tmp"},
        mounts=[scratch("tmp", "/tmp", "256Mi"), keys],
        probes=Probes(port=_S3, path="/healthz"),
        resources=resources,
        replicas=_GATEWAYS,
    )
    front = serve(name, gateway, namespace, access, opts)
    connect(f"{name}-to-servers", Peer(namespace, gateway.identity.selector), inside, opts)
    host = after(made.host, domain)
    _repair(f"{name}-repair", host, inside, namespace, opts)
    return Replicated(front, inside, host)


def join(parts: list[Output[str]]) -> Output[str]:
    return Output.all(*parts).apply(",".join)


def _repair(name: str, host: Output[str], servers: Peer, namespace: Input[str], opts: ResourceOptions) -> None:
    """Each hour."""
    work = Workload(
        identity=Identity("seaweedfs", name, "repair"),
        image=image("seaweedfs").reference,
        user=_USER,
        command=["sh", "-euc", _REPAIR],
        env={"HOME": "/tmp", "SERVER": host},
        mounts=[scratch("tmp", "/tmp", "64Mi")],
        resources=Resources(cpu="10m", memory="128Mi"),
    )
    connect(name, Peer(namespace, work.identity.selector), servers, opts)
    work = replace(work, service_account=service_account(name, work, namespace, opts))
    CronJob(
        name,
        metadata=ObjectMetaArgs(namespace=namespace, labels=work.identity.labels),
        spec=work.cron_job(work.job(timeout=3300, retries=0), "17 * * * *"),
        opts=opts,
    )
