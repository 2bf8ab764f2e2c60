"""The Job that makes an object store's buckets: what exists stays, what is missing is added."""

from dataclasses import replace

from pulumi import ComponentResource, Output, ResourceOptions

from ..base import Args, Text
from ..catalog import image
from ..k8s.job import run
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.resources import Resources
from ..k8s.volumes import scratch
from ..k8s.workload import Workload
from ..types import BucketName

_USER = 1000
_MASTER, _FILER, _GRPC = 9333, 8888, 10_000  # each HTTP port has its gRPC port 10,000 higher

INTERNAL = tuple(port + offset for port in (_MASTER, _FILER) for offset in (0, _GRPC))
"""Ports of a server's parts, which have no login."""

# The shell reads its commands from standard input and fails on a bucket that exists, hence the look before the leap.
# It waits for ever on a server that it cannot reach, hence the time-out; the Job then tries again.
_SCRIPT = f"""
shell() {{ timeout 60 weed shell -master="$SERVER:{_MASTER}" -filer="$SERVER:{_FILER}"; }}
for bucket in $BUCKETS; do
  if echo s3.bucket.list | shell | grep -q "^ *$bucket[[:space:]]"; then
    echo "$bucket exists"
  else
    echo "s3.bucket.create -name $bucket" | shell
  fi
done
"""


class BucketsArgs(Args):
    """Which buckets, and the server's pods, whose internal ports the Job alone may reach."""

    namespace: Text
    names: tuple[BucketName, ...]
    server: Peer
    host: Text
    """A name that leads to the server's pods themselves, not to its Service, which offers S3 alone."""


class Buckets(ComponentResource):
    """`done` is known once every bucket is there."""

    done: Output[str]

    def __init__(self, name: str, args: BucketsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:Buckets", name, None, opts)
        child = ResourceOptions(parent=self)
        identity = Identity("seaweedfs", name, "set-up")
        connect(name, Peer(args.namespace, identity.selector), replace(args.server, ports=INTERNAL), child)
        work = Workload(
            identity=identity,
            image=image("seaweedfs").reference,
            user=_USER,
            command=["sh", "-euc", _SCRIPT],
            env={"HOME": "/tmp", "SERVER": args.host, "BUCKETS": " ".join(args.names)},
            mounts=[scratch("tmp", "/tmp", "64Mi")],
            resources=Resources(cpu="10m", memory="128Mi"),
        )
        self.done = run(name, work, args.namespace, child)
        self.register_outputs({})
