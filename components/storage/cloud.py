"""Buckets of a cloud's own object storage, said without saying which cloud."""

from typing import Literal, Protocol

from pydantic import Field

from ..base import Settings
from ..types import BucketName
from .contracts import Bucket


class BucketStore(Protocol):
    """Object storage, whoever runs it."""

    def bucket(self, name: str) -> Bucket:
        """The wire to one bucket. Raises KeyError for one that nobody asked for."""
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
    """What was written can't be lost for so long, by nobody; for what an auditor asks for.

    S3 lets no version be deleted, and has to know from the start. Google keeps what is deleted: 7 to 90 days.
    """
