"""The experiment tracker and model registry: records in PostgreSQL, artefacts in a bucket, a login in front."""

from dataclasses import replace
from typing import Literal

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword
from pydantic import Field

from ..access import Access, Endpoint
from ..base import Args, Settings, Text
from ..catalog import image
from ..k8s.job import run
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.order import after
from ..k8s.probes import Probes
from ..k8s.resources import Resources
from ..k8s.server import serve
from ..k8s.volumes import config_files
from ..k8s.workload import Workload
from ..storage.contracts import Bucket, SqlClient
from ..storage.trust import trusted
from ..types import Count, Name, Rotation
from .contracts import TrackingServer
from .hosts import allowed_hosts
from .runtime import ENVIRONMENT, USER, writable
from .users import with_users

_PORT = 5000
_ADMIN = "admin"
_UPLOAD = 10 * 1024  # MiB, of a model by the API that the page has
_AUTH = "/etc/mlflow"

TRACKING_DATABASE, AUTH_DATABASE = "mlflow", "mlflow_auth"

_MIGRATE = """
mlflow db upgrade "$MLFLOW_BACKEND_STORE_URI"
python -m mlflow.server.auth db upgrade --url "$AUTH_DATABASE_URI"
"""


class MlflowSettings(Settings):
    """The tracking server."""

    namespace: Name = "tracking"
    replicas: Count = 2
    workers: int = Field(default=2, ge=1, le=32)
    """Processes per replica, each about 250 MB."""
    default_permission: Literal["READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS"] = "NO_PERMISSIONS"
    """What a user may do with an experiment or model that nobody granted them."""
    password_rotation: Rotation = 1
    """Of the users that steps, model servers and the metadata catalogue log in as; the administrator's stays."""
    resources: Resources = Resources(cpu="250m", memory="1Gi", memory_limit="2Gi")


class MlflowArgs(Args):
    """`database` owns TRACKING_DATABASE and AUTH_DATABASE."""

    settings: MlflowSettings = MlflowSettings()
    namespace: Text
    artifacts: Bucket
    database: SqlClient
    access: Access = Access()


class Mlflow(ComponentResource):
    """Several replicas of one server; a Job brings both databases to the image's version before these start.

    `endpoint` is for the administrator, `tracking` for systems, which log in as users that another Job makes.
    """

    endpoint: Endpoint
    tracking: TrackingServer

    def __init__(self, name: str, args: MlflowArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:tracking:Mlflow", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, identity = args.settings, Identity("mlflow", name)
        place = ObjectMetaArgs(namespace=args.namespace, labels=identity.labels)
        passwords = {
            key: RandomPassword(f"{name}-{key}", length=32, special=False, opts=child).result
            for key in ("admin", "session-key", "encryption-key")
        }
        credentials = Secret(
            f"{name}-credentials",
            metadata=place,
            string_data={
                "MLFLOW_AUTH_ADMIN_PASSWORD": passwords["admin"],
                "MLFLOW_FLASK_SERVER_SECRET_KEY": passwords["session-key"],
                "MLFLOW_CRYPTO_KEK_PASSPHRASE": passwords["encryption-key"],
                **args.database.credentials,
                **args.artifacts.credentials,
            },
            opts=child,
        )
        login = ConfigMap(
            f"{name}-login", metadata=place, data={"auth.ini": _auth_file(settings, args.database)}, opts=child
        )
        server = Workload(
            identity=identity,
            image=image("mlflow").reference,
            user=USER,
            command=["mlflow", "server"],
            args=["--app-name=basic-auth", "--expose-prometheus=/tmp/metrics"],
            working_dir="/tmp",
            ports={"http": _PORT},
            env={**ENVIRONMENT, **args.artifacts.environment, **_server_environment(name, args)},
            secrets=[credentials.metadata.name],
            mounts=[
                writable("4Gi"),
                config_files("login", _AUTH, login.metadata.name),
                *trusted(name, args.database.tls, args.namespace, child),
            ],
            probes=Probes(port=_PORT, path="/health", starts_within=300, timeout=10),
            resources=settings.resources,
            replicas=settings.replicas,
            cloud=args.artifacts.identity,
        )
        self._connect(name, server, args, child)
        migration = replace(
            server,
            identity=Identity("mlflow", name, "migration"),
            command=["sh", "-ec", _MIGRATE],
            args=None,
            ports={},
            probes=None,
            replicas=1,
            cloud=None,
        )
        migrated = run(f"{name}-migration", migration, args.namespace, child)
        backend = after(migrated, args.database.url(TRACKING_DATABASE))
        current = replace(server, env={**server.env, "MLFLOW_BACKEND_STORE_URI": backend})
        made = serve(name, current, args.namespace, args.access, child)
        address = Output.concat("http://", args.access.address_of(made.service))
        page = made.page(_PORT, upload=_UPLOAD)
        self.endpoint = Endpoint(url=address, username=_ADMIN, password=passwords["admin"], page=page)
        url = Output.concat("http://", made.host, f":{_PORT}")
        administered = TrackingServer(url=url, username=_ADMIN, password=passwords["admin"], peer=made.peer)
        self.tracking = with_users(name, administered, settings.password_rotation, args.namespace, child)
        self.register_outputs({"url": address})

    def _connect(self, name: str, server: Workload, args: MlflowArgs, opts: ResourceOptions) -> None:
        """Server and migration alike go to the database; the server alone goes to the bucket."""
        pods = {"app.kubernetes.io/name": "mlflow", "app.kubernetes.io/instance": name}
        if args.database.peer:
            connect(f"{name}-database", Peer(args.namespace, pods), args.database.peer, opts)
        if args.artifacts.peer:
            connect(f"{name}-artifacts", Peer(args.namespace, server.identity.selector), args.artifacts.peer, opts)


def _server_environment(name: str, args: MlflowArgs) -> dict[str, Text]:
    return {
        "MLFLOW_HOST": "0.0.0.0",
        "MLFLOW_PORT": str(_PORT),
        "MLFLOW_WORKERS": str(args.settings.workers),
        "MLFLOW_BACKEND_STORE_URI": args.database.url(TRACKING_DATABASE),
        "MLFLOW_ARTIFACTS_DESTINATION": args.artifacts.url,
        "MLFLOW_SERVER_ALLOWED_HOSTS": Output.from_input(args.namespace).apply(
            lambda namespace: ",".join(allowed_hosts(name, _PORT, namespace, args.access))
        ),
        **_of_front_door(name, args.access),
        # Seven more processes for scorers that users supply; they belong into pods of their own.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_AUTH_CONFIG_PATH": f"{_AUTH}/auth.ini",
        "AUTH_DATABASE_URI": args.database.url(AUTH_DATABASE),
    }


def _of_front_door(name: str, access: Access) -> dict[str, Text]:
    """Only a page of this origin may change anything; without a front door, one of localhost alone."""
    origin = access.page_url(name)
    return {"MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": origin} if origin else {}


def _auth_file(settings: MlflowSettings, database: SqlClient) -> Output[str]:
    return Output.concat(
        "[mlflow]\n",
        f"default_permission = {settings.default_permission}\n",
        f"admin_username = {_ADMIN}\n",
        "database_uri = ",
        database.url(AUTH_DATABASE),
        "\n",
        # Each request would otherwise hash the password anew, which dominates its latency; a revoked user keeps
        # access for this long.
        "auth_cache_ttl_seconds = 60\n",
    )
