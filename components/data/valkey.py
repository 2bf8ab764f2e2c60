"""Valkey in the cluster: queues and caches that survive a restart, behind a password."""

from hashlib import sha256

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from ..access import Access
from ..base import Args, Settings, Text
from ..catalog import image
from ..k8s.backup import BackupHook
from ..k8s.labels import Identity
from ..k8s.probes import Probes
from ..k8s.resources import Resources
from ..k8s.server import serve_from_disk
from ..k8s.volumes import claim, claimed, scratch, secret_files
from ..k8s.workload import Workload
from ..types import Bytes, Name, Rotation, amount
from .contracts import Cache
from .exporter import USER, Exporter, MetricsSettings, export

_PORT = 6379
_USER = 999  # `valkey` in the image
_DATA, _CONFIG = "/data", "/etc/valkey"
_FOR_DATA = 0.6  # of the memory limit; the rest is for rewriting the log and for clients' buffers

# The client takes the password from its environment alone, before Valkey 8.1 under the older name; -e turns an error
# that the server answers into a failure.
_LOG_IN = f"""
VALKEYCLI_AUTH=$(cat {_CONFIG}/password)
REDISCLI_AUTH=$VALKEYCLI_AUTH
export VALKEYCLI_AUTH REDISCLI_AUTH
"""
_ALIVE = f"""{_LOG_IN}
exec valkey-cli -e ping
"""

# Writes all there is into a new file and syncs that; until the log has doubled, no other file takes its place.
_REWRITE_LOG = f"""{_LOG_IN}
told() {{ valkey-cli -e info persistence | grep -Eq "$1"; }}
while told 'aof_rewrite_(in_progress|scheduled):1'; do sleep 1; done
valkey-cli -e bgrewriteaof
while told 'aof_rewrite_(in_progress|scheduled):1'; do sleep 1; done
told aof_last_bgrewrite_status:ok
"""

# About the server and its commands. What else the exporter asks for is refused: the slow log tells of contents.
_FIGURES = "+info +latency|latest +latency|histogram +slowlog|len +client|setname"


class ValkeySettings(Settings):
    """The cache of the platform's systems. What it holds is lost by none of its restarts."""

    namespace: Name = "cache"
    size: Bytes = "8Gi"
    storage_class: Name | None = None
    password_rotation: Rotation = 1
    metrics: MetricsSettings | None = MetricsSettings()
    resources: Resources = Resources(cpu="100m", memory="256Mi", memory_limit="512Mi")


class ValkeyArgs(Args):
    """Where its pods live."""

    settings: ValkeySettings = ValkeySettings()
    namespace: Text


class Valkey(ComponentResource):
    """One server with an append-only log on a claimed volume."""

    cache: Cache

    def __init__(self, name: str, args: ValkeyArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:data:Valkey", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, identity = args.settings, Identity("valkey", name)
        rotation = {"rotation": str(settings.password_rotation)}
        password, for_metrics = (
            RandomPassword(f"{name}-{whose}", length=40, special=False, keepers=rotation, opts=child).result
            for whose in ("password", "metrics")
        )
        limit = settings.resources.memory_limit or settings.resources.memory
        config = Secret(
            f"{name}-config",
            metadata=ObjectMetaArgs(namespace=args.namespace, labels=identity.labels),
            string_data={
                "password": password,
                "valkey.conf": Output.all(password, for_metrics).apply(
                    lambda known: configuration(*known, int(amount(limit) * _FOR_DATA))
                ),
            },
            opts=child,
        )
        workload = Workload(
            identity=identity,
            image=image("valkey").reference,
            user=_USER,
            command=["valkey-server", f"{_CONFIG}/valkey.conf"],
            working_dir=_DATA,
            ports={"redis": _PORT},
            mounts=[
                claimed("data", _DATA),
                scratch("tmp", "/tmp", "16Mi"),
                secret_files("config", _CONFIG, config.metadata.name),
            ],
            probes=Probes(port=_PORT, command=["sh", "-ec", _ALIVE]),
            backup=BackupHook(["sh", "-ec", _REWRITE_LOG], timeout=300),
            resources=settings.resources,
        )
        claims = [claim("data", settings.size, settings.storage_class)]
        made = serve_from_disk(name, workload, claims, args.namespace, Access(), child)
        if settings.metrics:
            address = Output.concat("redis://", made.host, f":{_PORT}")
            export(name, _exporter(address, for_metrics), made.peer, settings.metrics, args.namespace, child)
        self.cache = Cache(host=made.host, port=_PORT, password=password, peer=made.peer)
        self.register_outputs({"host": made.host})


def _exporter(address: Output[str], password: Output[str]) -> Exporter:
    return Exporter(
        image="redis-exporter",
        user=59000,
        port=9121,
        health="/health",
        login={"REDIS_PASSWORD": password},
        env={"REDIS_ADDR": address, "REDIS_USER": USER, "REDIS_EXPORTER_CONFIG_COMMAND": "-"},
    )


def configuration(password: str, for_metrics: str, most_bytes: int) -> str:
    """The server's file: in a Secret, for the password in it."""
    return "\n".join(
        [
            f"requirepass {password}",
            f"user {USER} on #{sha256(for_metrics.encode()).hexdigest()} resetkeys resetchannels -@all {_FIGURES}",
            f"port {_PORT}",
            "bind * -::*",
            f"dir {_DATA}",
            # Each write is logged; at most the last second of them is lost with the node.
            "appendonly yes",
            "appendfsync everysec",
            "save ''",
            # A queue must not lose entries silently: once full, writes fail and say so.
            f"maxmemory {most_bytes}",
            "maxmemory-policy noeviction",
            "",
        ]
    )
