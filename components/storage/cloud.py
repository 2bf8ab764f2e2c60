"""A cloud's own object storage and databases, said without saying which cloud."""

from math import ceil
from typing import Literal, Protocol, Self

from pydantic import Field, model_validator

from ..base import Settings
from ..types import BucketName, Bytes, Name, Rotation, amount
from .contracts import Bucket, SqlServer

GIB = 2**30
SQL_PORT, ADMINISTRATOR = 5432, "postgres"
LOGGED = ("log_checkpoints", "log_connections", "log_disconnections", "log_lock_waits")
"""What PostgreSQL tells besides errors, by the names of its parameters."""
_LEAST = 20


class BucketStore(Protocol):
    """Object storage, whoever runs it."""

    def bucket(self, name: str, folder: str | None = None) -> Bucket:
        """The wire to one bucket, or to a folder in it. Raises KeyError for one that nobody asked for."""
        ...


class CloudStoreSettings(Settings):
    """No bucket is ever public, or without encryption: there is nothing to set."""

    kind: Literal["cloud"]
    prefix: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$")
    """Before each bucket's name: those are shared with the whole world."""
    buckets: tuple[BucketName, ...] = ()
    """Further buckets, besides the ones that the layers above ask for."""
    superseded_days: int = Field(default=90, ge=1)
    """For how long a version is kept that was overwritten or deleted."""
    access_log_days: int = Field(default=365, ge=1)
    lock_days: int | None = Field(default=None, ge=1, le=3650)
    """No version of an object can be deleted for so long after it was written, by nobody; for what an auditor asks for.

    Nor can its bucket, so that such a stack is not taken down before. S3 has to know from the start; Google takes it
    later, too, and then lets the number only grow.
    """


class SqlService(Protocol):
    """PostgreSQL, whoever runs it."""

    server: SqlServer


class CloudDatabaseSettings(Settings):
    """PostgreSQL that the cloud runs. It is never public, or without encryption: there is nothing to set."""

    kind: Literal["cloud"]
    namespace: Name = "databases"
    """Where the Jobs run that make each system's databases."""
    version: Literal["15", "16", "17"] = "15"
    """As the server has it that runs in the cluster, so that a dump of one is read by the other."""
    cpu: int = Field(default=2, ge=1, le=64)
    memory: Bytes = "8Gi"
    """At least so much of both: the smallest machine is taken that has it."""
    size: Bytes = "100Gi"
    most: Bytes = "500Gi"
    """What the storage grows to by itself. It never shrinks."""
    standby: bool = True
    """A copy in another zone that takes over within minutes. It costs as much again."""
    backup_days: int = Field(default=14, ge=1, le=35)
    """For how long back-ups are kept. AWS goes back to any moment in between, Google to those of the last week."""
    maintenance_day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = "sun"
    maintenance_hour: int = Field(default=3, ge=0, le=23)
    """From then on, in UTC, the cloud may bring in a new minor version, and the server is away for a minute."""
    insights: bool = True
    """Which statements take how long, kept for a week."""
    password_rotation: Rotation = 1
    authority: str | None = None
    """Who signs the server's certificate, in PEM, where the cloud tells nobody but those who ask; AWS has it at
    truststore.pki.rds.amazonaws.com, for each region. Without it clients encrypt, and do not verify."""

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if amount(self.size) > amount(self.most):
            raise ValueError(f"size is {self.size} and most {self.most}: write no more than that for size")
        if self.gigabytes[0] < _LEAST:
            raise ValueError(f"size: clouds have no less than {_LEAST}Gi; write that, or more")
        return self

    @property
    def gigabytes(self) -> tuple[int, int]:
        """Of storage: now, and at most."""
        return ceil(amount(self.size) / GIB), ceil(amount(self.most) / GIB)

    @property
    def gib(self) -> float:
        """Of memory."""
        return amount(self.memory) / GIB

    @property
    def backup_hour(self) -> int:
        """The clouds want back-ups and maintenance apart."""
        return (self.maintenance_hour + 20) % 24
