"""What a storage layer hands to those above it, in the cluster or in any cloud: the address, and how to get in."""

from pulumi import Output

from ..base import Args, Secret, Text
from ..k8s.network import Peer
from ..metadata.contracts import Recipe

_TABLES = ("csv", "tsv", "parquet", "avro")


class Bucket(Args):
    """One bucket and a key that opens it alone. Without an endpoint it is the cloud's own S3."""

    name: Text
    region: str
    endpoint: Text | None = None
    access_key: Secret
    secret_key: Secret
    peer: Peer | None = None
    """The pods that serve it, where it is served by pods."""

    @property
    def url(self) -> Output[str]:
        return Output.concat("s3://", self.name)

    @property
    def environment(self) -> dict[str, Text]:
        """The plain part of what an S3 client reads from its environment."""
        plain: dict[str, Text] = {
            "AWS_REGION": self.region,
            # Newer SDKs add checksums that S3-compatible servers reject (seaweedfs#9945).
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        }
        return plain if self.endpoint is None else {**plain, "AWS_ENDPOINT_URL": self.endpoint}

    @property
    def credentials(self) -> dict[str, Output[str]]:
        """The secret part; for a Kubernetes Secret that a pod reads as its environment."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}

    @property
    def recipe(self) -> Recipe:
        """Its tables with their columns, for the metadata catalogue, wherever in the bucket they lie."""
        endpoint = {} if self.endpoint is None else {"aws_endpoint_url": self.endpoint}
        return Recipe(
            source="s3",
            config={
                "path_specs": [
                    {
                        "include": Output.concat(self.url, "/**/*.*"),
                        "allow_double_stars": True,
                        "file_types": list(_TABLES),
                    }
                ],
                # The key comes by the environment, or the pod has an identity that the cloud knows.
                "aws_config": {"aws_region": self.region, **endpoint},
            },
            secrets=self.credentials,
            environment=self.environment,
            peers=(self.peer,) if self.peer else (),
        )


class SqlServer(Args):
    """A PostgreSQL server and the role that may make databases on it."""

    host: Text
    port: int = 5432
    username: str
    password: Secret
    image: str
    """An image with `psql` of the server's version."""
    peer: Peer | None = None


class SqlClient(Args):
    """One system's own databases on a server, and the role that owns them."""

    host: Text
    port: int
    username: str
    password: Secret
    peer: Peer | None = None

    def url(self, database: str, driver: str = "postgresql+psycopg2") -> Output[str]:
        """SQLAlchemy's URL, without the password: libpq reads that from PGPASSWORD, so it is on no command line."""
        return Output.concat(driver, "://", self.username, "@", self.host, f":{self.port}/{database}")

    @property
    def credentials(self) -> dict[str, Output[str]]:
        return {"PGPASSWORD": self.password}


class MySqlServer(Args):
    """A server that speaks MySQL's protocol and dialect, and the user that may make databases on it."""

    host: Text
    port: int = 3306
    username: str
    password: Secret
    image: str
    """An image with the `mariadb` client."""
    peer: Peer | None = None


class MySqlClient(Args):
    """One system's own databases on such a server, and the user that owns them."""

    host: Text
    port: int
    username: str
    password: Secret
    peer: Peer | None = None

    def url(self, database: str, driver: str = "mysql+pymysql") -> Output[str]:
        """SQLAlchemy's URL with the password in it, for a Secret: PyMySQL reads that from nowhere else."""
        where = Output.concat(self.host, f":{self.port}/{database}")
        return Output.secret(Output.concat(driver, "://", self.username, ":", self.password, "@", where))
