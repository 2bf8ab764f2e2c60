"""A Dataset: a prefix of a bucket, cached near those that read it, and mounted into pods as a folder."""

from collections.abc import Mapping
from typing import Annotated, Any

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pydantic import AfterValidator

from ..base import Args
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.placement import Placement
from ..k8s.plain import plain
from ..metadata.contracts import Recipe
from ..storage.contracts import Bucket, KeyedBucket
from ..types import Folder, Name
from .claims import claim_in
from .fluid.alluxio import CREDENTIALS, prefetch, runtime
from .fluid.contracts import ALLUXIO, DataPlane, Volume
from .fluid.definitions import API_VERSION
from .fluid.settings import CacheSettings


def _source(value: str) -> str:
    if value.startswith("/") or value.endswith("/") or "://" in value or "" in value.split("/"):
        raise ValueError("write a bucket and a prefix in it, for example lake/images/2026")
    return value


class DatasetSettings(CacheSettings):
    """Read-only: whoever makes data writes to the bucket."""

    source: Annotated[str, AfterValidator(_source)]
    """bucket/prefix of the object store."""
    mount: Folder
    """Where a step's pod has it."""
    on_gpu_pool: bool = False
    """Cache on the nodes that have the GPUs, and on no others."""
    prefetch: bool = True
    """Fill the cache at once, not by the first who reads."""
    readers: tuple[Name, ...] = ()
    """Namespaces whose pods may mount it, besides those of the steps that name it."""

    @property
    def bucket(self) -> str:
        return self.source.split("/", 1)[0]


class DatasetArgs(Args):
    """`plane` is what Fluid hands over."""

    settings: DatasetSettings
    plane: DataPlane
    bucket: KeyedBucket
    """The one that the settings name."""
    pool: Placement | None = None
    """Where the cache must be; anywhere, if not given."""


class Dataset(ComponentResource):
    """Bound by Fluid as soon as Alluxio's servers run. Pods that ask earlier wait for it, as for any volume."""

    volume: Volume
    recipe: Recipe

    def __init__(self, name: str, args: DatasetArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:data:Dataset", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, place = args.settings, args.plane.namespace
        labels = Identity("dataset", name).labels
        secret = Secret(
            f"{name}-key",
            metadata=ObjectMetaArgs(namespace=place, labels=labels),
            string_data={CREDENTIALS: Output.all(**args.bucket.credentials).apply(_login)},
            opts=child,
        ).metadata.name
        if args.bucket.peer:
            connect(f"{name}-bucket", Peer(place, ALLUXIO), args.bucket.peer, child)
        # Fluid finds a data set's servers by the data set's own name, so neither name is generated.
        known = ObjectMetaArgs(name=name, namespace=place, labels=labels)
        dataset = CustomResource(
            f"{name}-dataset",
            api_version=API_VERSION,
            kind="Dataset",
            metadata=known,
            spec={
                "accessModes": ["ReadOnlyMany"],
                "placement": "Shared",
                "mounts": [_mount(name, settings, args.bucket)],
                **_where(args.pool),
            },
            opts=child,
        )
        wanted = runtime(settings, 1, secret)
        servers = CustomResource(
            f"{name}-servers",
            api_version=API_VERSION,
            kind="AlluxioRuntime",
            # Fluid writes the specification back with what its types add, and so takes fields over.
            metadata=ObjectMetaArgs(
                name=name, namespace=place, labels=labels, annotations={"pulumi.com/patchForce": "true"}
            ),
            spec=wanted,
            opts=ResourceOptions(
                parent=self,
                # Taken down before the data set, whose removal waits for them.
                depends_on=[dataset],
                # Of servers that run, Fluid changes the number and nothing else.
                replace_on_changes=[f"spec.{field}" for field in wanted if field != "replicas"],
                delete_before_replace=True,
            ),
        )
        if settings.prefetch:
            CustomResource(
                f"{name}-prefetch",
                api_version=API_VERSION,
                kind="DataProcess",
                metadata=ObjectMetaArgs(namespace=place, labels=labels),
                spec={
                    "dataset": {"name": name, "namespace": place, "mountPath": "/dataset"},
                    "processor": {"job": {"podSpec": prefetch(name)}},
                },
                # One that has run does not run again: another source, or an empty cache, needs another one.
                opts=ResourceOptions(
                    parent=self, depends_on=[servers], replace_on_changes=["spec"], replace_with=[servers]
                ),
            )
        self.volume = Volume(
            name=name,
            namespace=place,
            path=settings.mount,
            source=Output.concat(args.plane.mount_root, "/alluxio/", place, f"/{name}/alluxio-fuse"),
            folder=name,
            servers=servers,
        )
        for reader in settings.readers:
            claim_in(f"{name}-{reader}", self.volume, reader, child)
        # The catalogue reads the bucket itself: there the data is, whoever caches it.
        self.recipe = args.bucket.recipe_below(settings.source.partition("/")[2])
        self.register_outputs({"path": settings.mount})


def _login(key: Mapping[str, str]) -> str:
    return "".join(["[default]\n", *(f"{name.lower()} = {half}\n" for name, half in sorted(key.items()))])


def _mount(name: str, settings: DatasetSettings, bucket: Bucket) -> dict[str, Any]:
    options: dict[str, Any] = {
        "alluxio.underfs.s3.region": bucket.region,
        "alluxio.underfs.s3.inherit.acl": "false",
        "alluxio.underfs.s3.default.mode": "0755",
    }
    if bucket.endpoint:
        options["alluxio.underfs.s3.endpoint"] = bucket.endpoint
        options["alluxio.underfs.s3.disable.dns.buckets"] = "true"
    return {
        "name": name,
        "mountPoint": f"s3://{settings.source}/",
        "readOnly": True,
        "shared": True,
        "options": options,
    }


def _where(pool: Placement | None) -> Mapping[str, Any]:
    if pool is None:
        return {}
    chosen = [{"key": key, "operator": "In", "values": [value]} for key, value in pool.node_labels.items()]
    terms = {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": chosen}]}}} if chosen else {}
    return {**terms, "tolerations": plain(list(pool.tolerations))}
