"""What a stack file says of Feast, and what the program wires into it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..access import Access
from ..base import Args, Settings, Text
from ..data.contracts import Cache
from ..k8s.resources import Resources
from ..sources import Source
from ..storage.contracts import Bucket, SqlClient
from ..types import Count, Name, PinnedImage, Rotation, Schedule, SqlName

REGISTRY_DATABASE = "feast"


class Files(Settings):
    """Parquet files of the layer's bucket, read by the offline server itself."""

    kind: Literal["files"] = "files"


class Spark(Settings):
    """A Spark session, by Spark's own settings. Needs an image with pyspark, which upstream's has not."""

    kind: Literal["spark"]
    settings: dict[str, str] = Field(min_length=1)
    """Such as `spark.remote: sc://spark-connect:15002`."""
    staging: str | None = Field(default=None, pattern=r"^(s3a?|gs)://")
    region: str | None = None


class BigQuery(Settings):
    """Google's warehouse, entered by the cloud identity of the pods' accounts."""

    kind: Literal["bigquery"]
    project: str
    dataset: SqlName = "feast"
    location: str | None = None
    staging: str = Field(pattern=r"^gs://")


class Redshift(Settings):
    """Amazon's warehouse, entered by the cloud identity of the pods' accounts."""

    kind: Literal["redshift"]
    region: str
    database: SqlName
    workgroup: str | None = None
    """Of a serverless one; or else `cluster` and `user`."""
    cluster: str | None = None
    user: str | None = None
    staging: str = Field(pattern=r"^s3://")
    role: str = Field(pattern=r"^arn:")
    """What Redshift itself reads and writes the staging location as."""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        provisioned = (self.cluster is not None, self.user is not None)
        if all(provisioned) == (self.workgroup is not None) or any(provisioned) != all(provisioned):
            raise ValueError("write either `workgroup`, or both `cluster` and `user`")
        return self


OfflineStore = Annotated[Files | Spark | BigQuery | Redshift, Field(discriminator="kind")]


class IdentityProvider(Settings):
    """Who knows the people that ask. Without one, service accounts of the cluster alone get in."""

    discovery: str = Field(pattern=r"^https://.+/\.well-known/openid-configuration$")
    client: str
    audience: str
    issuer: str
    """Both are compared with the token's own; Feast would take any, left to itself."""
    readers: tuple[str, ...] = ()
    """Groups that may read features and their definitions."""
    writers: tuple[str, ...] = ()
    """Groups that may change and materialise them, too."""


class OnlineServer(Settings):
    replicas: Count = 2
    workers: int = Field(default=2, ge=1, le=32)
    """Processes per replica, each about 150 MB on top of 250."""
    recycle_after: int = Field(default=20_000, ge=100)
    """Requests after which a worker is replaced: its reads grow slower with each one (feast#6841)."""
    resources: Resources = Resources(cpu="500m", memory="768Mi", memory_limit="1536Mi")


class Server(Settings):
    replicas: Count = 2
    resources: Resources = Resources(cpu="250m", memory="512Mi", memory_limit="1Gi")


class Materialization(Settings):
    """Feature values on their way from the offline to the online store."""

    schedule: Schedule = "*/15 * * * *"
    """In UTC. A run takes up whatever came in since the last one that succeeded, however long ago that was."""
    timeout: int = Field(default=3600, ge=60, le=24 * 3600)
    """Seconds until a run is given up; the next one starts where this one did."""
    resources: Resources = Resources(cpu="500m", memory="1Gi", memory_limit="2Gi")


class FeastSettings(Settings):
    """The feature store of the environment, with the definitions of one repository."""

    namespace: Name = "features"
    project: SqlName = "features"
    image: PinnedImage | None = None
    """The catalogue's, which nobody publishes: build `local/images/feast`, push it to a registry of yours
    and name it here.

    Upstream's own, quay.io/feastdev/feature-server, does for BigQuery and Redshift, but lacks what reads a bucket.
    """
    repository: Source
    """A folder of Python files that define entities, sources and feature views."""
    prepare: tuple[str, ...] = ()
    """A command that runs in the repository's folder before its definitions are applied, and has to be repeatable."""
    online_store: Literal["cache", "database"] = "cache"
    offline_store: OfflineStore = Files()
    cache_database: int = Field(default=1, ge=0, le=15)
    """Number of the database in the cache: others keep theirs in 0."""
    readers: tuple[Name, ...] = ()
    """Namespaces whose accounts may read features, besides those that the layers above run their steps in."""
    identity_provider: IdentityProvider | None = None
    definitions_ttl: int = Field(default=60, ge=1, le=3600)
    """Seconds within which a server learns of changed definitions."""
    password_rotation: Rotation = 1
    online: OnlineServer = OnlineServer()
    registry: Server = Server()
    offline: Server = Server(resources=Resources(cpu="500m", memory="1Gi", memory_limit="4Gi"))
    materialization: Materialization = Materialization()
    page: Resources = Resources(cpu="100m", memory="384Mi", memory_limit="768Mi")
    proxy: Resources = Resources(cpu="25m", memory="32Mi", memory_limit="64Mi")


class FeastArgs(Args):
    """`database` owns REGISTRY_DATABASE, which also holds the online store where that is not the cache."""

    settings: FeastSettings
    namespace: Text
    database: SqlClient
    files: Bucket
    cache: Cache | None = None
    readers: tuple[Text, ...] = ()
    """Namespaces whose accounts may read."""
    access: Access = Access()

    @property
    def online_cache(self) -> Cache | None:
        """Where the newest values are, unless they are in the database."""
        return self.cache if self.settings.online_store == "cache" else None

    @model_validator(mode="after")
    def _has_its_online_store(self) -> Self:
        if self.settings.online_store == "cache" and self.cache is None:
            raise ValueError("the online store is a cache: give one, or write `onlineStore: database`")
        return self
