"""MariaDB in the cluster, for the systems that keep their records in MySQL alone: one server on a claimed volume."""

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.core.v1 import ExecActionArgs, LifecycleArgs, LifecycleHandlerArgs, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from ..access import Access
from ..base import Args, Settings, Text
from ..catalog import image
from ..k8s.labels import Identity
from ..k8s.probes import Probes
from ..k8s.resources import Resources
from ..k8s.server import serve_from_disk
from ..k8s.volumes import claim, claimed, scratch
from ..k8s.workload import Workload
from ..types import Bytes, Name, Rotation
from .contracts import MySqlServer

_PORT = 3306
_USER = 999  # `mysql` in the image
_ADMIN = "root"

# MARIADB_ROOT_PASSWORD counts on an empty volume alone, so each start sets it anew: through the socket, by which the
# server knows its own user. What the shell puts into the statement is on the client's input, not on its command line.
_SET_PASSWORD = """
until mariadb --no-defaults --user=mysql 2>/dev/null <<SQL
ALTER USER 'root'@'%' IDENTIFIED BY '$MARIADB_ROOT_PASSWORD';
SQL
do sleep 1; done
"""


class MariaDbSettings(Settings):
    """The MySQL-compatible server."""

    namespace: Name = "mysql"
    size: Bytes = "10Gi"
    storage_class: Name | None = None
    password_rotation: Rotation = 1
    resources: Resources = Resources(cpu="100m", memory="512Mi", memory_limit="1Gi")


class MariaDbArgs(Args):
    """Where its pod lives."""

    settings: MariaDbSettings = MariaDbSettings()
    namespace: Text


class MariaDb(ComponentResource):
    """One server and its administrator's password; each client's database is a `MySqlDatabase` of its own."""

    server: MySqlServer

    def __init__(self, name: str, args: MariaDbArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:MariaDb", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, identity = args.settings, Identity("mariadb", name)
        place = ObjectMetaArgs(namespace=args.namespace, labels=identity.labels)
        rotation = {"rotation": str(settings.password_rotation)}
        password = RandomPassword(f"{name}-admin", length=32, special=False, keepers=rotation, opts=child)
        secret = Secret(
            f"{name}-admin", metadata=place, string_data={"MARIADB_ROOT_PASSWORD": password.result}, opts=child
        )
        workload = Workload(
            identity=identity,
            image=image("mariadb").reference,
            user=_USER,
            args=[
                "mariadbd",
                "--character-set-server=utf8mb4",
                "--collation-server=utf8mb4_general_ci",
                # Some file systems keep one at the root of a volume, where the server takes folders for databases.
                "--ignore-db-dirs=lost+found",
                # It would look up the name of whoever connects, and shut out who often says nothing, as probes do.
                "--skip-name-resolve",
                # At 2 it notes each of these.
                "--log-warnings=1",
            ],
            ports={"mysql": _PORT},
            env={
                "MARIADB_AUTO_UPGRADE": "1",
                "MARIADB_MYSQL_LOCALHOST_USER": "1",
                "MARIADB_MYSQL_LOCALHOST_GRANTS": "ALL PRIVILEGES",
            },
            secrets=[secret.metadata.name],
            mounts=[
                claimed("data", "/var/lib/mysql"),
                scratch("run", "/run/mysqld", "16Mi"),
                scratch("tmp", "/tmp", "256Mi"),
            ],
            # The port is open once the server is ready for clients, not while it upgrades its tables. A client program
            # at each look would cost more than the server does when it idles.
            probes=Probes(port=_PORT, starts_within=300),
            lifecycle=LifecycleArgs(
                post_start=LifecycleHandlerArgs(exec_=ExecActionArgs(command=["sh", "-ec", _SET_PASSWORD]))
            ),
            resources=settings.resources,
            # InnoDB writes its buffers out at a stop; past this the kubelet kills, and the next start recovers.
            grace_seconds=60,
        )
        claims = [claim("data", settings.size, settings.storage_class)]
        made = serve_from_disk(name, workload, claims, args.namespace, Access(), child)
        self.server = MySqlServer(
            host=made.host,
            port=_PORT,
            username=_ADMIN,
            password=password.result,
            image=image("mariadb").reference,
            peer=made.peer,
        )
        self.register_outputs({"host": self.server.host})
