"""One PostgreSQL database server with standbys, of those that CloudNativePG runs."""

import base64
from collections.abc import Mapping
from typing import Self

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword
from pydantic import model_validator

from ...base import Args, Text
from ...catalog import image
from ...k8s.cloud import admitted
from ...k8s.labels import Identity
from ...k8s.network import Peer, connect, to_kubernetes
from ...k8s.order import after
from ..cloud import ADMINISTRATOR, SQL_PORT
from ..contracts import Bucket, SqlServer, Tls
from .contracts import DatabaseOperator
from .definitions import API_VERSION
from .settings import OperatedDatabaseSettings
from .specification import CLUSTER, Store, scheduled, specification

_STATUS = 8000


class PostgresClusterArgs(Args):
    """Where its pods live, who runs them, and where their back-ups go."""

    settings: OperatedDatabaseSettings
    namespace: Text
    operator: DatabaseOperator
    backups: Bucket | None = None

    @model_validator(mode="after")
    def _somewhere_to_keep_them(self) -> Self:
        if self.settings.backup and self.backups is None:
            raise ValueError("`backups` is missing: give the bucket that `settings.backup` asks for, or set that null")
        return self


class PostgresCluster(ComponentResource):
    """A primary and its standbys behind one name, which leads to the primary, whichever that is."""

    server: SqlServer

    def __init__(self, name: str, args: PostgresClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:PostgresCluster", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, labels = args.settings, Identity("postgres", name).labels
        place = ObjectMetaArgs(namespace=args.namespace, labels=labels)
        rotation = {"rotation": str(settings.password_rotation)}
        password = RandomPassword(f"{name}-admin", length=32, special=False, keepers=rotation, opts=child)
        administrator = Secret(
            f"{name}-admin",
            # The instances take over a new password at once.
            metadata=ObjectMetaArgs(namespace=args.namespace, labels={**labels, "cnpg.io/reload": "true"}),
            type="kubernetes.io/basic-auth",
            string_data={"username": ADMINISTRATOR, "password": password.result},
            opts=child,
        ).metadata.name
        store = _store(name, args.backups, place, child)
        # The operator makes an account for the pods, by the database's name, and looks whether the bucket is there.
        identity = args.backups.identity.seeing() if args.backups and args.backups.identity else None
        account = admitted(name, identity, Output.from_input(name), args.namespace, child)
        wires = _wires(name, args, child)
        made = CustomResource(
            f"{name}-cluster",
            api_version=API_VERSION,
            kind="Cluster",
            # Pods, Services and certificates are named after it, and so is how clients call it.
            metadata=ObjectMetaArgs(
                name=after(Output.from_input(args.operator.ready), account),
                namespace=args.namespace,
                labels=labels,
                annotations={
                    "pulumi.com/waitFor": "condition=Ready",
                    # Its pods and volumes are gone before what they need goes.
                    "pulumi.com/deletionPropagationPolicy": "foreground",
                    # Its operator completes what it says, and so takes fields over.
                    "pulumi.com/patchForce": "true",
                },
            ),
            spec=specification(settings, administrator, store),
            opts=ResourceOptions(parent=self, depends_on=wires),
        )
        if settings.backup:
            CustomResource(
                f"{name}-backups",
                api_version=API_VERSION,
                kind="ScheduledBackup",
                metadata=place,
                spec=scheduled(made.metadata["name"], settings.backup),
                opts=child,
            )
        # By an id that no preview knows before the server is there: there would be nothing to read.
        found = Secret.get(f"{name}-authority", after(made.id, Output.concat(args.namespace, f"/{name}-ca")), child)
        self.server = SqlServer(
            host=after(made.id, Output.concat(f"{name}-rw.", args.namespace)),
            port=SQL_PORT,
            username=ADMINISTRATOR,
            password=password.result,
            image=image("postgres").reference,
            peer=Peer(args.namespace, {CLUSTER: name}, (SQL_PORT,)),
            tls=Tls(mode="verify-full", authority=Output.unsecret(found.data.apply(_pem))),
        )
        self.register_outputs({"host": self.server.host})


def _store(name: str, bucket: Bucket | None, place: ObjectMetaArgs, opts: ResourceOptions) -> Store | None:
    if bucket is None:
        return None
    if not bucket.credentials:
        return Store(bucket)
    key = Secret(f"{name}-bucket", metadata=place, string_data=bucket.credentials, opts=opts)
    return Store(bucket, key.metadata.name)


def _wires(name: str, args: PostgresClusterArgs, opts: ResourceOptions) -> list:
    """Standbys follow the primary, and all of them tell the Kubernetes API and the operator how they are."""
    pods = Peer(args.namespace, {CLUSTER: name}, (SQL_PORT, _STATUS))
    connect(f"{name}-instances", pods, pods, opts)
    connect(f"{name}-operator", args.operator.peer, Peer(args.namespace, {CLUSTER: name}, (_STATUS,)), opts)
    if args.backups and args.backups.peer:
        connect(f"{name}-backups", pods, args.backups.peer, opts)
    return [to_kubernetes(f"{name}-to-api", pods, opts)]


def _pem(found: Mapping[str, str] | None) -> str:
    return base64.b64decode((found or {}).get("ca.crt", "")).decode()
