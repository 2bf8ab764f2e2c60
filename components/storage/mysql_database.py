"""One system's databases on a MySQL-compatible server, whoever runs that: a user of its own, made and kept by a Job."""

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from ..base import Args, Text
from ..k8s.job import run
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.order import after
from ..k8s.resources import Resources
from ..k8s.volumes import scratch
from ..k8s.workload import Workload
from ..types import SqlName
from .contracts import MySqlClient, MySqlServer

_USER = 999

# Safe to run again. Password and names reach the client on its standard input, and its own password by MYSQL_PWD.
_SCRIPT = """
{
  echo "CREATE USER IF NOT EXISTS '$OWNER'@'%';"
  echo "ALTER USER '$OWNER'@'%' IDENTIFIED BY '$OWNER_PASSWORD';"
  for database in $DATABASES; do
    echo "CREATE DATABASE IF NOT EXISTS $database CHARACTER SET utf8mb4;"
    echo "GRANT ALL ON $database.* TO '$OWNER'@'%';"
  done
} | mariadb --no-defaults --host="$HOST" --port="$PORT" --user="$ADMIN" --connect-timeout=10
"""


class MySqlDatabaseArgs(Args):
    """A user `owner` and the databases that are its own."""

    server: MySqlServer
    namespace: Text
    """Where the Job runs; the server's own namespace, as a rule."""
    owner: SqlName
    names: tuple[SqlName, ...]
    password_rotation: int = 1


class MySqlDatabase(ComponentResource):
    """Makes what is missing and sets the password, at first and after each change of either."""

    client: MySqlClient

    def __init__(self, name: str, args: MySqlDatabaseArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:MySqlDatabase", name, None, opts)
        child = ResourceOptions(parent=self)
        server, identity = args.server, Identity("mysql", name, "set-up")
        place = ObjectMetaArgs(namespace=args.namespace, labels=identity.labels)
        rotation = {"rotation": str(args.password_rotation)}
        password = RandomPassword(f"{name}-owner", length=32, special=False, keepers=rotation, opts=child)
        secret = Secret(
            f"{name}-owner",
            metadata=place,
            string_data={"MYSQL_PWD": server.password, "OWNER_PASSWORD": password.result},
            opts=child,
        )
        if server.peer:
            connect(f"{name}-set-up", Peer(args.namespace, identity.selector), server.peer, child)
        work = Workload(
            identity=identity,
            image=server.image,
            user=_USER,
            command=["sh", "-euc", _SCRIPT],
            env={
                "HOST": server.host,
                "PORT": str(server.port),
                "ADMIN": server.username,
                "OWNER": args.owner,
                "DATABASES": " ".join(args.names),
            },
            secrets=[secret.metadata.name],
            mounts=[scratch("tmp", "/tmp", "16Mi")],
            resources=Resources(cpu="10m", memory="64Mi"),
        )
        done = run(f"{name}-set-up", work, args.namespace, child)
        self.client = MySqlClient(
            # No client connects before its database exists.
            host=after(done, server.host),
            port=server.port,
            username=args.owner,
            password=password.result,
            peer=server.peer,
        )
        self.register_outputs({"owner": args.owner})
