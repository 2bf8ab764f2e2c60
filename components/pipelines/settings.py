"""What a stack file says of pipelines, whichever engines run them."""

from typing import Self

from pydantic import Field, model_validator

from ..base import Settings
from ..types import Name
from .contracts import GpuPool
from .step import StepSettings


class PipelineSettings(Settings):
    """The steps that every engine offers, and the GPUs that they may ask for."""

    steps: dict[Name, StepSettings] = Field(default_factory=dict)
    gpu: GpuPool | None = None
    queue: Name | None = None
    """The team on whose quota steps run that name no other."""

    @model_validator(mode="after")
    def _has_the_gpus_that_steps_ask_for(self) -> Self:
        for name, step in self.steps.items():
            if step.gpus and self.gpu is None:
                raise ValueError(f"the step `{name}` asks for {step.gpus} GPU(s) and there is no pool: add `gpu:` here")
            if self.gpu and step.gpus > self.gpu.quota:
                raise ValueError(
                    f"the step `{name}` asks for {step.gpus} GPUs where `gpu.quota` admits {self.gpu.quota}: raise that"
                )
        return self
