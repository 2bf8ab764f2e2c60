"""One system's databases on a PostgreSQL server, whoever runs that: a role of its own, made and kept by a Job."""

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from ..base import Args, Text
from ..k8s.job import run
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.order import after
from ..k8s.resources import Resources
from ..k8s.volumes import config_files, scratch
from ..k8s.workload import Workload
from ..types import SqlName
from .contracts import SqlClient, SqlServer
from .trust import trusted

_USER = 999

# Safe to run again and after a run that was cut short. CREATE DATABASE knows no IF NOT EXISTS, hence \gexec.
_MAKE_ROLE = """
\\getenv owner OWNER
\\getenv password OWNER_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', :'owner')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \\gexec
ALTER ROLE :"owner" PASSWORD :'password';
-- An administrator who is no superuser, as clouds have it, gives a database to none but a role that it belongs to.
SELECT format('GRANT %I TO CURRENT_USER', :'owner')
  FROM pg_roles WHERE rolname = CURRENT_USER AND NOT rolsuper \\gexec
"""
_MAKE_DATABASE = """
SELECT format('CREATE DATABASE %I OWNER %I', '{name}', :'owner')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec
REVOKE ALL ON DATABASE {name} FROM PUBLIC;
"""


class DatabaseArgs(Args):
    """A role `owner` and the databases that it alone may enter."""

    server: SqlServer
    namespace: Text
    """Where the Job runs; the server's own namespace, as a rule."""
    owner: SqlName
    names: tuple[SqlName, ...]
    password_rotation: int = 1


class Database(ComponentResource):
    """Makes what is missing and sets the password, at first and after each change of either."""

    client: SqlClient

    def __init__(self, name: str, args: DatabaseArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:Database", name, None, opts)
        child = ResourceOptions(parent=self)
        server, identity = args.server, Identity("postgres", name, "set-up")
        place = ObjectMetaArgs(namespace=args.namespace, labels=identity.labels)
        rotation = {"rotation": str(args.password_rotation)}
        password = RandomPassword(f"{name}-owner", length=32, special=False, keepers=rotation, opts=child)
        secret = Secret(
            f"{name}-owner",
            metadata=place,
            string_data={"PGPASSWORD": server.password, "OWNER_PASSWORD": password.result},
            opts=child,
        )
        script = _MAKE_ROLE + "".join(_MAKE_DATABASE.format(name=database) for database in args.names)
        statements = ConfigMap(f"{name}-statements", metadata=place, data={"set-up.sql": script}, opts=child)
        if server.peer:
            connect(f"{name}-set-up", Peer(args.namespace, identity.selector), server.peer, child)
        work = Workload(
            identity=identity,
            image=server.image,
            user=_USER,
            command=["psql", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", "/statements/set-up.sql"],
            env={
                "PGHOST": server.host,
                "PGPORT": str(server.port),
                "PGUSER": server.username,
                "PGDATABASE": "postgres",
                "PGCONNECT_TIMEOUT": "10",
                "OWNER": args.owner,
                **server.tls.environment(),
            },
            secrets=[secret.metadata.name],
            mounts=[
                config_files("statements", "/statements", statements.metadata.name),
                scratch("tmp", "/tmp", "16Mi"),
                *trusted(f"{name}-set-up", server.tls, args.namespace, child),
            ],
            resources=Resources(cpu="10m", memory="64Mi"),
        )
        done = run(f"{name}-set-up", work, args.namespace, child)
        self.client = SqlClient(
            # No client connects before its database exists.
            host=after(done, server.host),
            port=server.port,
            username=args.owner,
            password=password.result,
            peer=server.peer,
            tls=server.tls,
        )
        self.register_outputs({"owner": args.owner})
