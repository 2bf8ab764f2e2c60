"""PostgreSQL in the cluster: one server, kept on a claimed volume."""

from typing import Literal

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.core.v1 import ExecActionArgs, LifecycleArgs, LifecycleHandlerArgs, Secret
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
from ..k8s.volumes import claim, claimed, scratch
from ..k8s.workload import Workload
from ..types import Bytes, Name, Rotation
from .contracts import SqlServer

_PORT = 5432
_USER = 999  # `postgres` in the Debian flavour of the image
_DATA = "/var/lib/postgresql/data"
_ADMIN = "postgres"

# POSTGRES_PASSWORD counts on an empty volume alone, so each start sets it anew: through the socket, where the server
# trusts its own user, and by psql's variables, which keep the value off every command line. The server that sets up an
# empty volume answers on the socket alone, hence the question over TCP.
_SET_PASSWORD = """
until pg_isready --quiet --host 127.0.0.1; do sleep 1; done
psql --quiet --set ON_ERROR_STOP=1 <<'SQL'
\\getenv password POSTGRES_PASSWORD
ALTER ROLE postgres PASSWORD :'password';
SQL
"""


class PostgresSettings(Settings):
    """The SQL server that the platform's systems keep their records in."""

    kind: Literal["cluster"] = "cluster"
    namespace: Name = "databases"
    size: Bytes = "20Gi"
    storage_class: Name | None = None
    password_rotation: Rotation = 1
    resources: Resources = Resources(cpu="250m", memory="512Mi", memory_limit="1Gi")


class PostgresArgs(Args):
    """Where its pod lives."""

    settings: PostgresSettings = PostgresSettings()
    namespace: Text


class Postgres(ComponentResource):
    """One server and its administrator's password; each client's database is a `Database` of its own."""

    server: SqlServer

    def __init__(self, name: str, args: PostgresArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:Postgres", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, identity = args.settings, Identity("postgres", name)
        place = ObjectMetaArgs(namespace=args.namespace, labels=identity.labels)
        rotation = {"rotation": str(settings.password_rotation)}
        password = RandomPassword(f"{name}-admin", length=32, special=False, keepers=rotation, opts=child)
        secret = Secret(f"{name}-admin", metadata=place, string_data={"POSTGRES_PASSWORD": password.result}, opts=child)
        workload = Workload(
            identity=identity,
            image=image("postgres").reference,
            user=_USER,
            args=["postgres", "-c", "password_encryption=scram-sha-256"],
            ports={"sql": _PORT},
            env={
                "POSTGRES_USER": _ADMIN,
                "PGUSER": _ADMIN,
                # One level below the mount, where some file systems keep a lost+found.
                "PGDATA": f"{_DATA}/pgdata",
                "POSTGRES_INITDB_ARGS": "--data-checksums --auth-host=scram-sha-256 --auth-local=trust",
            },
            secrets=[secret.metadata.name],
            mounts=[
                claimed("data", _DATA),
                scratch("run", "/var/run/postgresql", "16Mi"),
                scratch("tmp", "/tmp", "256Mi"),
                scratch("shm", "/dev/shm", "256Mi", memory=True),
            ],
            probes=Probes(port=_PORT, command=["pg_isready", "-h", "127.0.0.1"], period=10),
            lifecycle=LifecycleArgs(
                post_start=LifecycleHandlerArgs(exec_=ExecActionArgs(command=["sh", "-ec", _SET_PASSWORD]))
            ),
            # Snapshots are whole without it, for all is logged first; from here there is little to recover.
            backup=BackupHook(["psql", "--no-psqlrc", "--command=CHECKPOINT", "postgres"], timeout=300),
            resources=settings.resources,
            # A smart shutdown waits for clients; past this the kubelet kills, and the next start recovers from the log.
            grace_seconds=60,
        )
        claims = [claim("data", settings.size, settings.storage_class)]
        made = serve_from_disk(name, workload, claims, args.namespace, Access(), child)
        self.server = SqlServer(
            host=made.host,
            port=_PORT,
            username=_ADMIN,
            password=password.result,
            image=image("postgres").reference,
            peer=made.peer,
        )
        self.register_outputs({"host": self.server.host})
