"""Which nodes a pod may land on, and which of their devices it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_kubernetes.core.v1 import TolerationArgs


@dataclass(frozen=True)
class Placement:
    """By default any node without a taint, and none of its devices."""

    node_labels: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[TolerationArgs] = ()
    devices: Mapping[str, int] = field(default_factory=dict)
    """Extended resource, such as `nvidia.com/gpu` -> how many of it."""


ANYWHERE = Placement()
