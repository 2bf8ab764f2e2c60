"""What a container asks of its node."""

from collections.abc import Mapping
from typing import Self

from pulumi_kubernetes.core.v1 import ResourceRequirementsArgs
from pydantic import model_validator

from ..base import Settings
from ..types import Bytes, Quantity, amount


class Resources(Settings):
    """Requests, and a limit on memory alone: a CPU limit throttles a pod while its node idles."""

    cpu: Quantity = "100m"
    memory: Bytes = "256Mi"
    memory_limit: Bytes | None = None
    """Defaults to the request, so that a pod is never killed for memory that it was promised."""

    @model_validator(mode="after")
    def _limits_no_less_than_it_asks_for(self) -> Self:
        if self.memory_limit and amount(self.memory_limit) < amount(self.memory):
            raise ValueError(
                f"memoryLimit: {self.memory_limit} is less than memory ({self.memory}); write no less than that, or "
                "leave it out"
            )
        return self

    def requirements(self, devices: Mapping[str, int] | None = None) -> ResourceRequirementsArgs:
        """`devices` are extended resources, whose request and limit are one."""
        counted = {resource: str(count) for resource, count in (devices or {}).items()}
        return ResourceRequirementsArgs(
            requests={"cpu": self.cpu, "memory": self.memory, **counted},
            limits={"memory": self.memory_limit or self.memory, **counted},
        )
