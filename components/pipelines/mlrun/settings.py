"""What a stack file may say of MLRun."""

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from ...base import Settings
from ...k8s.resources import Resources
from ...types import Bytes, Count, Name, Rotation

_HOUR = 3600


@dataclass(frozen=True)
class Release:
    """What differs between the releases that the platform knows how to run."""

    api: str
    ui: str
    """Names in the catalogue of images."""
    launcher: bool
    """Whether the API has to be started by `programs/start.py`, which says why."""


RELEASES = {
    "1.12": Release("mlrun-api", "mlrun-ui", launcher=False),
    "1.5": Release("mlrun-api-1.5", "mlrun-ui-1.5", launcher=True),
}


class NuclioSettings(Settings):
    """The engine of functions that stay and serve. They come as built images: nothing here builds any."""

    follow_projects: bool = True
    """Make a Nuclio project for each of MLRun's, which then asks the dashboard whenever a project changes."""
    resources: Resources = Resources(cpu="100m", memory="256Mi", memory_limit="512Mi")
    """Of the controller and of the dashboard, each."""
    keep_definitions: bool = True
    """Leave Nuclio's kinds of objects, and so the functions of other installations, in the cluster for good."""


class MlrunSettings(Settings):
    """One API, whose jobs run in a namespace of their own."""

    namespace: Name = "mlrun"
    runs_namespace: Name = "mlrun-runs"
    release: Literal["1.12", "1.5"] = "1.12"
    """1.5 is the last whose server is a Python package; clients have to be of the same release."""
    workers: int = Field(default=0, ge=0, le=20)
    """Further API servers beside the chief, to which they leave schedules and the watch over runs."""
    shared_volume: bool = False
    """Claim the volume of logs for several nodes, which workers need. It can't be changed later."""
    volume_size: Bytes = "10Gi"
    storage_class: Name | None = None
    token_rotation: Rotation = 1
    watch_interval: int = Field(default=30, ge=2, le=600)
    """Seconds between two looks at the pods of runs: how late the end of one is noticed."""
    keep_pods: int = Field(default=4 * _HOUR, ge=60)
    """Seconds that a finished pod stays; its log is in MLRun by then."""
    resources: Resources = Resources(cpu="250m", memory="1Gi", memory_limit="3Gi")
    """Of each API server."""
    ui_replicas: Count = 1
    ui_resources: Resources = Resources(cpu="50m", memory="128Mi")
    nuclio: NuclioSettings | None = None

    @property
    def images(self) -> Release:
        return RELEASES[self.release]

    @model_validator(mode="after")
    def _workers_share_the_volume(self) -> Self:
        if self.workers and not self.shared_volume:
            raise ValueError("workers need the logs that the chief keeps: write `sharedVolume: true`, or `workers: 0`")
        return self
