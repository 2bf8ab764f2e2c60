"""One step of a pipeline: a folder of code and the command that runs it. Declared once, offered by every engine."""

import re
from typing import Self

from pydantic import Field, field_validator, model_validator

from ..base import Settings
from ..catalog import names
from ..k8s.resources import Resources
from ..sources import Source
from ..types import Name

_SECRET = re.compile(r".*(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY|(?<![A-Z])KEY)", re.IGNORECASE)


class StepSettings(Settings):
    """Safe to repeat: an engine runs it again after a failure, and when it lost sight of it."""

    source: Source
    """A folder whose files, not those of folders below it, are the step's working directory."""
    command: tuple[str, ...] = Field(min_length=1)
    image: str = "mlflow"
    """A name in the catalogue of images."""
    env: dict[str, str] = Field(default_factory=dict)
    datasets: tuple[Name, ...] = ()
    """Mounted read-only, each where its own declaration says."""
    features: bool = False
    """Whether it gets the feature store's addresses, and a token with which it may read there."""
    gpus: int = Field(default=0, ge=0, le=16)
    queue: Name | None = None
    """The team on whose quota it runs; that of all steps, if not given."""
    retries: int = Field(default=1, ge=0, le=10)
    timeout: int = Field(default=3600, ge=60, le=7 * 24 * 3600)
    """Seconds that one attempt may take."""
    resources: Resources = Resources(cpu="250m", memory="1Gi", memory_limit="2Gi")

    @field_validator("image")
    @classmethod
    def _is_catalogued(cls, image: str) -> str:
        if image not in names():
            raise ValueError(f"the catalogue has no image {image!r}: write one of {', '.join(names())}")
        return image

    @model_validator(mode="after")
    def _sets_no_secret(self) -> Self:
        clear = [name for name in self.env if _SECRET.fullmatch(name)]
        if clear:
            raise ValueError(f"{', '.join(clear)} would stand in the clear: keep secrets out of the stack file")
        return self
