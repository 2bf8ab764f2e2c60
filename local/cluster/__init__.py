"""An embedded Kubernetes cluster on this machine: one real node, a pool of simulated ones, nothing from outside."""

from local.cluster.cleanup import down, leftovers
from local.cluster.components import ComponentStatus, status
from local.cluster.images import has_image, import_image
from local.cluster.lifecycle import check, up
from local.cluster.names import FACTS
from local.cluster.placement import PodPlacement, node_of, pods, present

__all__ = [
    "FACTS",
    "ComponentStatus",
    "PodPlacement",
    "check",
    "down",
    "has_image",
    "import_image",
    "leftovers",
    "node_of",
    "pods",
    "present",
    "status",
    "up",
]
