"""What a stack file may say of PostgreSQL with standbys."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ...base import Settings
from ...k8s.resources import Resources
from ...types import BucketName, Bytes, Count, Name, Rotation, Schedule

BACKUPS = "database-backups"


def _moment(value: str) -> str:
    try:
        aware = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise ValueError("write a moment with its time zone, for example 2026-11-01T09:00:00Z, in quotes")
    return value


Moment = Annotated[str, AfterValidator(_moment)]


class CloudNativePgSettings(Settings):
    """CloudNativePG's operator, one in a cluster: the names of its webhooks are fixed."""

    namespace: Name = "cloudnative-pg"
    replicas: Count = 2
    """One of them decides, all of them answer the API server. Without any, databases run on, and nobody takes over."""
    resources: Resources = Resources(cpu="100m", memory="256Mi", memory_limit="512Mi")
    keep_definitions: bool = True
    """Leave the kinds of objects behind when it goes: with them would go all its databases in the cluster."""


class DatabaseBackupSettings(Settings):
    """Copies in a bucket of the object store: all of it by the clock, and what is written since, within minutes."""

    bucket: BucketName = BACKUPS
    folder: Name = "postgres"
    """In the bucket. A database that was restored needs another one than it came from."""
    schedule: Schedule = "0 2 * * *"
    keep_days: int = Field(default=14, ge=1, le=3650)
    """One can go back to any moment of so many days."""


class RestoreSettings(Settings):
    """Where a new database starts from. It has no meaning for one that is there."""

    folder: Name
    """That the database to restore was backed up to, in the same bucket."""
    until: Moment | None = None
    """The moment to go back to, such as 2026-11-01T09:00:00Z; the last one that there is, if not given."""


class OperatedDatabaseSettings(Settings):
    """PostgreSQL with standbys in the cluster: one of them takes over within seconds when the primary is lost."""

    kind: Literal["operator"] = "operator"
    namespace: Name = "databases"
    instances: int = Field(default=3, ge=1, le=9)
    """The primary and its standbys, each with a volume of its own."""
    apart: bool = True
    """Never two on one node, even if one then can't be placed; else only where there is room elsewhere."""
    durability: Literal["required", "preferred"] = "preferred"
    """What is committed is on a standby, too. `required` waits for that as long as it takes; `preferred` goes on alone
    while there is no standby."""
    size: Bytes = "20Gi"
    """Of each volume."""
    storage_class: Name | None = None
    password_rotation: Rotation = 1
    resources: Resources = Resources(cpu="250m", memory="512Mi", memory_limit="1Gi")
    """Of each instance. A quarter of its memory is the server's cache."""
    parameters: dict[str, str] = Field(default_factory=dict)
    """PostgreSQL's own, such as `max_connections: "200"`."""
    backup: DatabaseBackupSettings | None = DatabaseBackupSettings()
    """`null` for none, which is for those who can lose it all."""
    restore: RestoreSettings | None = None
    operator: CloudNativePgSettings = CloudNativePgSettings()

    @model_validator(mode="after")
    def _comes_from_elsewhere(self) -> Self:
        if self.restore is None:
            return self
        if self.backup is None:
            raise ValueError("restore: needs `backup`, whose bucket it reads; remove one, or write the other")
        if self.restore.folder == self.backup.folder:
            raise ValueError(
                f"restore.folder is {self.restore.folder}, which is backup.folder, too: what is restored goes on in a "
                "folder of its own; write another backup.folder"
            )
        return self
