"""What a stack file says of Luigi, and what the program wires into it."""

from pydantic import Field, InstanceOf

from ...access import Access
from ...base import Args, Settings, Text
from ...k8s.resources import Resources
from ...storage.contracts import SqlClient
from ...types import Bytes, Name, PinnedImage, Rotation
from ..space import Space

LUIGI_DATABASE = "luigi"


class LuigiSettings(Settings):
    """One scheduler, by Luigi's design: two would hand out the same work twice."""

    namespace: Name = "luigi"
    runs_namespace: Name = "luigi-runs"
    image: PinnedImage | None = None
    """The catalogue's, which nobody publishes: build `local/images/luigi`, push it to a registry of yours
    and name it here."""
    retry_seconds: int = Field(default=60, ge=1, le=3600)
    """How long a failed step rests before its next attempt."""
    shown_seconds: int = Field(default=24 * 3600, ge=60, le=30 * 24 * 3600)
    """How long the scheduler shows a run after its end. The history in the database keeps it."""
    size: Bytes = "1Gi"
    storage_class: Name | None = None
    password_rotation: Rotation = 1
    resources: Resources = Resources(cpu="100m", memory="256Mi", memory_limit="512Mi")
    proxy: Resources = Resources(cpu="25m", memory="32Mi", memory_limit="64Mi")
    client: Resources = Resources(cpu="50m", memory="128Mi", memory_limit="256Mi")
    """Of the pod that runs Luigi's client for a run; the step's own are told with the step."""


class LuigiArgs(Args):
    """`database` owns LUIGI_DATABASE; `space` is where runs take place, and its bucket keeps which are done."""

    settings: LuigiSettings = LuigiSettings()
    namespace: Text
    space: InstanceOf[Space]
    database: SqlClient
    access: Access = Access()
