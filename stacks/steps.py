"""Whether the steps of a stack file are given all that they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .environment import Environment


def unmet(environment: Environment) -> Iterator[str]:
    """One line for each data set or feature store that a step asks for and the stack has not."""
    known = ", ".join(environment.datasets) or "none yet"
    for step, settings in environment.pipelines.steps.items() if environment.pipelines else ():
        for name in settings.datasets:
            if name not in environment.datasets:
                yield f"pipelines.steps.{step}.datasets: there is no `{name}` under `datasets`; write one of {known}"
        if settings.features and environment.features is None:
            yield (
                f"pipelines.steps.{step}.features: needs the layer `features`, which is off; add a section `features:` "
                "or remove this"
            )
