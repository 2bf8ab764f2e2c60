"""What a stack file says of Prefect, and what the program wires into it."""

from typing import Self

from pydantic import Field, InstanceOf, model_validator

from ...access import Access
from ...base import Args, Settings, Text
from ...data.contracts import Cache
from ...k8s.resources import Resources
from ...storage.contracts import SqlClient
from ...types import Count, Name, Rotation
from ..space import Space

PREFECT_DATABASE = "prefect"


class PrefectSettings(Settings):
    """One replica holds the whole server. Several share the API, with the background services in pods apart."""

    namespace: Name = "prefect"
    runs_namespace: Name = "prefect-runs"
    replicas: Count = 1
    """More than one exchange their events through the layer `cache`."""
    workers: Count = 1
    poll_seconds: int = Field(default=10, ge=1, le=300)
    """How often a worker asks for runs that are due."""
    keep_runs: int = Field(default=24 * 3600, ge=600, le=30 * 24 * 3600)
    """Seconds that the pods of a finished run are kept to be looked at. Its record and log stay in the database."""
    password_rotation: Rotation = 1
    server: Resources = Resources(cpu="500m", memory="512Mi", memory_limit="1Gi")
    services: Resources = Resources(cpu="250m", memory="512Mi", memory_limit="1Gi")
    worker: Resources = Resources(cpu="100m", memory="256Mi", memory_limit="1Gi")
    flow: Resources = Resources(cpu="50m", memory="256Mi", memory_limit="768Mi")
    """Of the pod that watches a step; the step's own are told with the step."""


class PrefectArgs(Args):
    """`database` owns PREFECT_DATABASE; `space` is where runs take place."""

    settings: PrefectSettings = PrefectSettings()
    namespace: Text
    space: InstanceOf[Space]
    database: SqlClient
    cache: Cache | None = None
    access: Access = Access()

    @model_validator(mode="after")
    def _shares_events(self) -> Self:
        if self.settings.replicas > 1 and self.cache is None:
            raise ValueError("several replicas exchange events through a cache: give one, or ask for one replica")
        return self
