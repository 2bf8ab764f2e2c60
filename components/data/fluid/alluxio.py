"""A data set's Alluxio servers as Fluid's AlluxioRuntime has them, with every size said.

What upstream would fill in suits machines of 64 GB: a heap of 16 GB for each server, the node's own network.
"""

from collections.abc import Mapping
from typing import Any

from ...base import Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.plain import plain
from ...k8s.resources import Resources
from ...k8s.volumes import scratch
from ...k8s.workload import Workload
from ...types import amount
from .settings import CacheSettings

_MEGABYTE = 2**20
_BESIDE_HEAP = 256 * _MEGABYTE  # threads, code, and what RocksDB keeps
_PATHS = {"MEM": "/dev/shm", "SSD": "/cache", "HDD": "/cache"}

_USER = 1000  # `alluxio` in the image

CREDENTIALS = "credentials"
"""Key of a data set's Secret: a file as AWS's SDKs read it.

As options of the mount, which is Fluid's other way, both halves would stand on a command line and in the master's log.
"""
_LOGIN = "/etc/bucket"
_FINDS_LOGIN = {"AWS_CREDENTIAL_PROFILES_FILE": f"{_LOGIN}/{CREDENTIALS}"}

_PREFETCH = """
alluxio fs load "$DATASET" --submit
while sleep 3; do
  progress=$(alluxio fs load "$DATASET" --progress)
  echo "$progress"
  case $progress in
    *SUCCEEDED*) exit 0 ;;
    *FAILED* | *STOPPED*) exit 1 ;;
  esac
done
"""

_PROPERTIES = {
    # Nobody is told of this cluster.
    "alluxio.master.update.check.enabled": "false",
    "alluxio.fuse.update.check.enabled": "false",
    # Whoever mounts the volume reads all of it; the bucket has no users to ask for.
    "alluxio.security.authorization.permission.enabled": "false",
    "alluxio.user.streaming.reader.chunk.size.bytes": "8MB",
    "alluxio.user.local.reader.chunk.size.bytes": "8MB",
    "alluxio.worker.network.reader.buffer.size": "8MB",
    "alluxio.user.block.worker.client.pool.min": "16",
    "alluxio.user.block.avoid.eviction.policy.reserved.size.bytes": "16MB",
    "alluxio.master.metastore.inode.cache.max.size": "100000",
}


_FUSE_OPTIONS = (
    "ro",
    "allow_other",
    # Upstream has the kernel keep sizes for two hours, and pages for good: of a file that was replaced in the bucket,
    # pods would then read old pages and new ones, cut at the old length. What Alluxio's client keeps is of one piece.
    "attr_timeout=0",
    "entry_timeout=0",
    "auto_cache",  # pages of a file that has not changed since
)


def runtime(settings: CacheSettings, copies: int, secret: Text) -> dict[str, Any]:
    """The runtime's specification. What reads is in the nodes' way of nothing but the volume, so no host network.

    The servers enter the bucket by the file CREDENTIALS of that Secret.
    """
    dev = image("alluxio-dev")
    chosen = {"image": dev.repository, "imageTag": dev.tag, "imagePullPolicy": "IfNotPresent"}
    cache = amount(settings.quota) if settings.medium == "MEM" else 0
    server, job = _java(settings.heap, cache), _java(settings.heap) | {"env": _FINDS_LOGIN}
    enters = {"volumeMounts": [{"name": "login", "mountPath": _LOGIN, "readOnly": True}], "env": _FINDS_LOGIN}
    return {
        "replicas": settings.replicas,
        "alluxioVersion": chosen,
        "master": {"replicas": 1, "networkMode": "ContainerNetwork", **_java(settings.heap), **enters},
        "jobMaster": job,
        "worker": {"networkMode": "ContainerNetwork", **server, **enters},
        "jobWorker": job,
        "fuse": {
            **chosen,
            "args": ["fuse", f"--fuse-opts={','.join(_FUSE_OPTIONS)}"],
            "networkMode": "ContainerNetwork",
            # As long as the data set is there: a pod that still reads never loses its file system to a tidy one.
            "cleanPolicy": "OnRuntimeDeleted",
            **_java(settings.fuse_heap, cpu_limit="4"),
        },
        "tieredstore": {
            "levels": [
                {
                    "mediumtype": settings.medium,
                    # Gone with the worker, and counted by the kubelet; a path on the node would be neither.
                    "volumeType": "emptyDir",
                    "path": _PATHS[settings.medium],
                    "quota": settings.quota,
                    "high": "0.95",
                    "low": "0.7",
                }
            ]
        },
        "data": {"replicas": copies},
        "volumes": [{"name": "login", "secret": {"secretName": secret}}],
        "properties": {
            **_PROPERTIES,
            # Of the master, and of what shows the files.
            "alluxio.user.file.metadata.sync.interval": f"{settings.sync_seconds}s",
            "alluxio.user.metadata.cache.expiration.time": f"{settings.sync_seconds}s",
        },
        "management": {"cleanCachePolicy": {"gracePeriodSeconds": 60, "maxRetryAttempts": 3}},
    }


def prefetch(name: str) -> Mapping[str, Any]:
    """The pod that has the workers read all of the data set.

    Fluid's own DataLoad asks for it by a command that Alluxio has dropped after 2.9.0. A second submission of the same
    path joins the first, so it is safe to repeat.
    """
    work = Workload(
        identity=Identity("dataset", name, "prefetch"),
        name="prefetch",
        image=image("alluxio-dev").reference,
        user=_USER,
        command=["bash", "-ec", _PREFETCH],
        env={"DATASET": f"/{name}", "ALLUXIO_JAVA_OPTS": f"-Dalluxio.master.hostname={name}-master-0"},
        mounts=[scratch("tmp", "/tmp", "64Mi"), scratch("logs", "/opt/alluxio/logs", "64Mi")],
        resources=Resources(cpu="10m", memory="128Mi", memory_limit="512Mi"),
    )
    return dict(plain(work.pod(restart_policy="Never").spec))


def _java(heap: str, beside: float = 0, cpu_limit: str | None = None) -> dict[str, Any]:
    """A Java server of that heap. Half as much again is for buffers that are not on it."""
    size = int(amount(heap))
    direct = size // 2
    memory = f"{int(size + direct + _BESIDE_HEAP + beside) // _MEGABYTE}Mi"
    limits: Mapping[str, str] = {"memory": memory, **({"cpu": cpu_limit} if cpu_limit else {})}
    return {
        "jvmOptions": [f"-Xmx{size // _MEGABYTE}m", f"-XX:MaxDirectMemorySize={direct // _MEGABYTE}m"],
        "resources": {
            "requests": {"cpu": "10m", "memory": f"{int(size // 2 + beside) // _MEGABYTE}Mi"},
            "limits": limits,
        },
    }


def room(settings: CacheSettings) -> tuple[float, float]:
    """Bytes of memory and of disk that one worker takes of its node, the servers that may land there included."""
    heaps = 4 * amount(settings.heap) + amount(settings.fuse_heap)
    quota = amount(settings.quota)
    return (heaps + quota, 0) if settings.medium == "MEM" else (heaps, quota)
