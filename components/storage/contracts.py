"""What a storage layer hands to those above it, in the cluster or in any cloud: the address, and how to get in."""

from typing import Annotated, Any, Literal, Self

from pulumi import Output
from pydantic import AfterValidator, model_validator

from ..base import Args, Secret, Text
from ..k8s.cloud import CloudIdentity
from ..k8s.network import End
from ..metadata.contracts import Recipe
from ..types import Name

_TABLES = ("csv", "tsv", "parquet", "avro")


class Bucket(Args):
    """One bucket, or a folder in it, and how to get in: by a key that opens that alone, or by who one is.

    One of both, never none. Without an endpoint it is the cloud's own.
    """

    name: Text
    folder: Name | None = None
    """All that a client reads and writes lies below it, if there is one. Others' names it may see."""
    region: str
    scheme: Literal["s3", "gs"] = "s3"
    endpoint: Text | None = None
    access_key: Secret | None = None
    secret_key: Secret | None = None
    identity: CloudIdentity | None = None
    """For the account of each pod that opens it: the field `cloud` of its workload."""
    peer: End | None = None
    """The pods that serve it, or the way out to where it is served."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        keys = [key for key in (self.access_key, self.secret_key) if key is not None]
        if len(keys) != (0 if self.identity else 2):
            raise ValueError("a bucket has either `access_key` and `secret_key`, or an `identity`")
        return self

    @property
    def url(self) -> Output[str]:
        """Of the folder, if it has one."""
        return Output.concat(self.scheme, "://", self.name, f"/{self.folder}" if self.folder else "")

    def key(self, below: str) -> str:
        """Of an object in the bucket, by its place below the folder."""
        return f"{self.folder}/{below}" if self.folder else below

    @property
    def environment(self) -> dict[str, Text]:
        """The plain part of what a client reads from its environment."""
        if self.scheme == "gs":
            return {}
        if self.endpoint is None:
            return {"AWS_REGION": self.region}
        return {
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            # Newer SDKs add checksums that S3-compatible servers reject (seaweedfs#9945).
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        }

    @property
    def credentials(self) -> dict[str, Output[str]]:
        """The secret part, for a Kubernetes Secret that a pod reads as its environment; nothing if there is no key."""
        if self.access_key is None or self.secret_key is None:
            return {}
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}

    @property
    def recipe(self) -> Recipe:
        """Its tables with their columns, for the metadata catalogue, wherever in the bucket they lie."""
        return self.recipe_below("")

    def recipe_below(self, prefix: str) -> Recipe:
        """Of those below a prefix such as `images/2026`."""
        tables = {
            "include": Output.concat(self.url, f"/{prefix}" if prefix else "", "/**/*.*"),
            "allow_double_stars": True,
            "file_types": list(_TABLES),
        }
        endpoint = {} if self.endpoint is None else {"aws_endpoint_url": self.endpoint}
        # The key comes by the environment, or the pod has an identity that the cloud knows.
        sources: dict[str, tuple[str, dict[str, Any]]] = {
            "s3": ("s3", {"aws_config": {"aws_region": self.region, **endpoint}}),
            "gs": ("gcs", {"auth_type": "workload_identity"}),
        }
        source, way_in = sources[self.scheme]
        return Recipe(
            source=source,
            config={"path_specs": [tables], **way_in},
            secrets=self.credentials,
            environment=self.environment,
            cloud=self.identity.read_only() if self.identity else None,
            peers=(self.peer,) if self.peer else (),
        )


def _with_a_key(bucket: Bucket) -> Bucket:
    if bucket.access_key is None:
        raise ValueError("this needs a bucket with a key: its S3 client is older than the identities of pods")
    return bucket


KeyedBucket = Annotated[Bucket, AfterValidator(_with_a_key)]
"""For Alluxio: the AWS SDK 1.11 in it asks nobody who its pod is."""


AUTHORITY = "/etc/database-authority"
"""Folder in a client's container, as `storage.trust` mounts it."""
AUTHORITY_FILE = "authority.pem"


class Tls(Args):
    """How a client of PostgreSQL makes sure that nobody listens, and that nobody answers in the server's place."""

    mode: Literal["prefer", "require", "verify-ca", "verify-full"] = "prefer"
    """In libpq's words. `prefer` is for a server that is reached through the cluster's own network alone."""
    authority: Text | None = None
    """Certificates, in PEM, of who signs the server's."""

    @model_validator(mode="after")
    def _something_to_verify_by(self) -> Self:
        if self.mode.startswith("verify") and self.authority is None:
            raise ValueError(f"{self.mode} needs the authority's certificates, or write `require`")
        return self

    def environment(self, folder: str = AUTHORITY) -> dict[str, str]:
        """For whoever reads libpq's variables, as psycopg, asyncpg and pgx do too; `folder` is where the file lies."""
        if self.mode == "prefer":
            return {}
        file = {"PGSSLROOTCERT": f"{folder}/{AUTHORITY_FILE}"} if self.authority else {}
        return {"PGSSLMODE": self.mode, **file}

    @property
    def query(self) -> str:
        """The same at the end of an address for JDBC."""
        words = {key.removeprefix("PG").lower(): value for key, value in self.environment().items()}
        return "".join(f"{'&' if at else '?'}{key}={value}" for at, (key, value) in enumerate(words.items()))


class SqlServer(Args):
    """A PostgreSQL server and the role that may make databases on it."""

    host: Text
    port: int = 5432
    username: str
    password: Secret
    image: str
    """An image with `psql` of the server's version."""
    peer: End | None = None
    tls: Tls = Tls()


class SqlClient(Args):
    """One system's own databases on a server, and the role that owns them."""

    host: Text
    port: int
    username: str
    password: Secret
    peer: End | None = None
    tls: Tls = Tls()

    def url(self, database: str, driver: str = "postgresql+psycopg2") -> Output[str]:
        """SQLAlchemy's URL, without the password: libpq reads that from PGPASSWORD, so it is on no command line."""
        return Output.concat(driver, "://", self.username, "@", self.host, f":{self.port}/{database}")

    @property
    def credentials(self) -> dict[str, Output[str]]:
        """For a Secret that a pod reads as its environment. The pod mounts what `storage.trust` gives."""
        plain = {key: Output.from_input(value) for key, value in self.tls.environment().items()}
        return {"PGPASSWORD": self.password, **plain}


class MySqlServer(Args):
    """A server that speaks MySQL's protocol and dialect, and the user that may make databases on it."""

    host: Text
    port: int = 3306
    username: str
    password: Secret
    image: str
    """An image with the `mariadb` client."""
    peer: End | None = None


class MySqlClient(Args):
    """One system's own databases on such a server, and the user that owns them."""

    host: Text
    port: int
    username: str
    password: Secret
    peer: End | None = None

    def url(self, database: str, driver: str = "mysql+pymysql") -> Output[str]:
        """SQLAlchemy's URL with the password in it, for a Secret: PyMySQL reads that from nowhere else."""
        where = Output.concat(self.host, f":{self.port}/{database}")
        return Output.secret(Output.concat(driver, "://", self.username, ":", self.password, "@", where))
