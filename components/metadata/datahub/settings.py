"""What a stack file says of DataHub, and what the program wires into it."""

from typing import Literal

from pydantic import Field

from ...access import Access
from ...base import Args, Settings, Text
from ...data.contracts import EventLog, Search
from ...k8s.resources import Resources
from ...storage.contracts import MySqlClient, SqlClient
from ...types import Count, Name, Rotation
from ..ingestion import IngestionSettings

DATAHUB_DATABASE = "datahub"


class PartSettings(Settings):
    """Replicas and resources of one of DataHub's servers."""

    replicas: Count = 1
    resources: Resources


class OidcSettings(Settings):
    """Single sign-on. With it nobody logs in with a password."""

    discovery_url: str = Field(pattern=r"^https://")
    """Of the identity provider: ends in /.well-known/openid-configuration."""
    client_id: str
    secret: Name
    """A Secret in DataHub's namespace whose key AUTH_OIDC_CLIENT_SECRET holds the client's secret."""
    user_name_claim: str = "email"
    scope: str = "openid profile email"


class DataHubSettings(Settings):
    """The metadata catalogue. A page, a metadata service, and consumers that index what is written."""

    namespace: Name = "metadata"
    sql: Literal["database", "mysql"] = "database"
    """The layer that keeps its records: PostgreSQL, or MySQL."""
    consumers: Literal["embedded", "standalone"] = "embedded"
    """Within the metadata service, or in pods of their own that are scaled by themselves."""
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/]+$")
    """Where people find the page, if not through `access`. With https:// its cookies are sent by TLS alone."""
    oidc: OidcSettings | None = None
    partitions: Count = 1
    """Of each topic, so of how many pods a kind of consumer may make use."""
    upgrade_timeout: int = Field(default=2 * 3600, ge=600)
    """Seconds that bringing records and indices to a new version may take."""
    password_rotation: Rotation = 1
    """Of the administrator. The keys by which tokens are signed and secrets encrypted stay."""
    gms: PartSettings = PartSettings(resources=Resources(cpu="500m", memory="2Gi", memory_limit="4Gi"))
    frontend: PartSettings = PartSettings(resources=Resources(cpu="100m", memory="768Mi", memory_limit="1536Mi"))
    mae_consumer: PartSettings = PartSettings(resources=Resources(cpu="100m", memory="768Mi", memory_limit="1536Mi"))
    mce_consumer: PartSettings = PartSettings(resources=Resources(cpu="100m", memory="768Mi", memory_limit="1536Mi"))
    upgrade: Resources = Resources(cpu="300m", memory="2Gi", memory_limit="2Gi")
    ingestion: IngestionSettings = IngestionSettings()


class DataHubArgs(Args):
    """`database` owns DATAHUB_DATABASE; `event_log` and `search` admit a client that makes topics and indices."""

    settings: DataHubSettings = DataHubSettings()
    namespace: Text
    database: SqlClient | MySqlClient
    event_log: EventLog
    search: Search
    access: Access = Access()
