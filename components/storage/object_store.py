"""Object storage in the cluster: SeaweedFS behind the S3 API, with a key for each bucket, or folder in it."""

from collections.abc import Mapping
from typing import Literal

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import PersistentVolumeClaimArgs, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword
from pydantic import Field

from ..access import Access, Endpoint
from ..base import Args, Settings, Text
from ..catalog import image
from ..k8s.labels import Identity
from ..k8s.order import after
from ..k8s.probes import Probes
from ..k8s.resources import Resources
from ..k8s.server import Server, serve_from_disk
from ..k8s.volumes import Mount, claim, claimed, scratch, secret_files
from ..k8s.workload import Workload
from ..types import BucketName, Bytes, Name, Rotation
from .buckets import Buckets, BucketsArgs
from .contracts import Bucket
from .disk import GROWTH, volume_limit
from .replicated import serve_copies
from .users import ADMIN, identity_file, user_of

_USER = 1000  # `seaweed` in the image
_S3, _METRICS = 8333, 9327
_REGION = "us-east-1"  # any will do: SeaweedFS has one
_KEYS = "/etc/seaweedfs"
_ALLOWED = f"-config={_KEYS}/identities.json"


class ObjectStoreSettings(Settings):
    """Buckets for artefacts and data, where no cloud gives them."""

    kind: Literal["cluster"] = "cluster"
    namespace: Name = "storage"
    size: Bytes = "100Gi"
    """Of each server's volume."""
    storage_class: Name | None = None
    copies: Literal[1, 2] = 1
    """1 is one server and one volume. 2 are three servers on three nodes, each object on two of them: choose at the
    start, for another number makes another, empty store."""
    buckets: tuple[BucketName, ...] = ()
    """Further buckets, besides the ones that the layers above ask for."""
    key_rotation: Rotation = 1
    resources: Resources = Resources(cpu="250m", memory="512Mi", memory_limit="2Gi")


class ObjectStoreArgs(Args):
    """`buckets` are made beside those that the settings name; `folders` of a bucket get keys of their own."""

    settings: ObjectStoreSettings = ObjectStoreSettings()
    namespace: Text
    buckets: tuple[BucketName, ...] = ()
    folders: Mapping[BucketName, tuple[Name, ...]] = Field(default_factory=dict)
    access: Access = Access()


class ObjectStore(ComponentResource):
    """The servers that hold all buckets; `bucket(name)` is the wire to one of them, or to a folder in it."""

    endpoint: Endpoint

    def __init__(self, name: str, args: ObjectStoreArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:ObjectStore", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, identity = args.settings, Identity("seaweedfs", name)
        place = ObjectMetaArgs(namespace=args.namespace, labels=identity.labels)
        wanted = tuple(dict.fromkeys((*args.buckets, *settings.buckets)))
        folders = [user_of(bucket, folder) for bucket, inside in args.folders.items() for folder in inside]
        rotation = {"rotation": str(settings.key_rotation)}
        self._secret_keys = {
            who: RandomPassword(f"{name}-key-{who}", length=40, special=False, keepers=rotation, opts=child).result
            for who in (ADMIN, *wanted, *folders)
        }
        identities = Output.all(**self._secret_keys).apply(identity_file)
        keys = Secret(f"{name}-keys", metadata=place, string_data={"identities.json": identities}, opts=child)
        keys_file = secret_files("keys", _KEYS, keys.metadata.name)
        claims = [claim("data", settings.size, settings.storage_class)]
        if settings.copies > 1:
            made = serve_copies(
                name, keys_file, _ALLOWED, settings.size, settings.resources, claims, args.namespace, args.access, child
            )
            self._server, servers, host = made.front, made.servers, made.host
        else:
            self._server, host = self._one(name, keys_file, claims, args, child)
            servers = self._server.peer
        self._buckets = Buckets(
            f"{name}-buckets",
            BucketsArgs(
                namespace=args.namespace,
                names=wanted,
                server=servers,
                host=after(self._server.host, host),
            ),
            child,
        )
        self.endpoint = Endpoint(
            url=Output.concat("http://", args.access.address_of(self._server.service)),
            username=ADMIN,
            password=self._secret_keys[ADMIN],
        )
        self.register_outputs({"url": self.endpoint.url})

    @staticmethod
    def _one(
        name: str, keys: Mount, claims: list[PersistentVolumeClaimArgs], args: ObjectStoreArgs, opts: ResourceOptions
    ) -> tuple[Server, Output[str]]:
        """The server, and a name that outlives its pod's address: the parts keep it on disk, and tell it to whoever
        asks for the master."""
        host = Output.format("{0}-pods.{1}", name, args.namespace)
        workload = Workload(
            identity=Identity("seaweedfs", name),
            image=image("seaweedfs").reference,
            user=_USER,
            command=["weed"],
            args=_arguments(host, args.settings.size),
            ports={"s3": _S3},
            env={"HOME": "/tmp", **GROWTH},
            mounts=[claimed("data", "/data"), scratch("tmp", "/tmp", "256Mi"), keys],
            probes=Probes(port=_S3, path="/healthz"),
            resources=args.settings.resources,
            # What is stored is on the disk within a second; after that the parts wait for each other's connections.
            grace_seconds=10,
        )
        return serve_from_disk(name, workload, claims, args.namespace, args.access, opts), host

    def bucket(self, name: str, folder: str | None = None) -> Bucket:
        """The wire to one bucket, or to a folder in it, usable once the bucket is there.

        Raises KeyError for one that nobody asked for.
        """
        user = user_of(name, folder)
        if name == ADMIN or user not in self._secret_keys:
            where = "`folders`" if name in self._secret_keys else "`buckets`"
            raise KeyError(f"the object store has no {user!r}: add it to {where}")
        return Bucket(
            name=name,
            folder=folder,
            region=_REGION,
            endpoint=after(self._buckets.done, Output.format("http://{0}:{1}", self._server.host, _S3)),
            access_key=Output.from_input(user),
            secret_key=self._secret_keys[user],
            peer=self._server.peer,
        )


def _arguments(host: Output[str], size: str) -> list[Input[str]]:
    """All parts in one process, which find each other by `host`."""
    return [
        # Its own log files would fill the scratch space.
        "-logtostderr=true",
        "server",
        "-dir=/data",
        Output.concat("-ip=", host),
        "-ip.bind=0.0.0.0",
        "-filer",
        "-s3",
        f"-s3.port={_S3}",
        f"-s3.config={_KEYS}/identities.json",
        f"-metricsPort={_METRICS}",
        volume_limit(size),
        "-master.telemetry=false",
        # As many volumes as the disk holds.
        "-volume.max=0",
        # No other volume server is there to take over, so there is nothing to wait for before it stops.
        "-volume.preStopSeconds=0",
    ]
