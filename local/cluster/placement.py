"""Which pods run and which are simulated: the list of images that this machine has, and the policy that reads it."""

from collections.abc import Iterable
from dataclasses import dataclass

from local.cluster import api
from local.cluster.api import Manifest
from local.cluster.images import all_images, full_name, spellings
from local.cluster.names import NODE, SIMULATED
from local.errors import LocalError


@dataclass(frozen=True)
class PodPlacement:
    """One pod, and whether anything really runs for it."""

    namespace: str
    name: str
    node: str | None
    phase: str
    labels: dict[str, str]

    @property
    def real(self) -> bool:
        return self.node == NODE

    @property
    def simulated(self) -> bool:
        return self.node is not None and not self.real


def present(references: Iterable[str] = ()) -> None:
    """Tell the placement policy which images there are: all that containerd has, these among them.

    Simulated pods that could run by now are deleted, so that their owners make them again, for real.
    """
    images = all_images()
    missing = [reference for reference in references if full_name(reference) not in images]
    if missing:
        raise LocalError(f"not imported: {', '.join(missing)}", "import their archives first")
    names = sorted({name for image in images for name in spellings(image)})
    api.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "present-images", "namespace": "kube-system"},
            "data": {"images": "\n".join(names)},
        }
    )
    for pod in api.call("GET", "/api/v1/pods")["items"]:
        if misplaced(pod, set(names)):
            api.delete(f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}")


def misplaced(pod: Manifest, images: set[str]) -> bool:
    """Simulated by the policy, though its images are here. One that wants a GPU belongs there all the same."""
    spec, owners = pod["spec"], pod["metadata"].get("ownerReferences", [])
    containers = [*spec["containers"], *spec.get("initContainers", [])]
    volumes = [item["image"]["reference"] for item in spec.get("volumes", []) if "image" in item]
    return (
        SIMULATED in spec.get("nodeSelector", {})
        and pod["status"].get("phase") in ("Pending", "Running")
        and any(owner["kind"] != "DaemonSet" for owner in owners)
        and {*volumes, *(one["image"] for one in containers)} <= images
        and not any("nvidia.com/gpu" in one.get("resources", {}).get("limits", {}) for one in containers)
    )


def pods(namespace: str | None = None) -> list[PodPlacement]:
    where = f"/api/v1/namespaces/{namespace}/pods" if namespace else "/api/v1/pods"
    return [
        PodPlacement(
            item["metadata"]["namespace"],
            item["metadata"]["name"],
            item["spec"].get("nodeName"),
            item["status"].get("phase", "Unknown"),
            item["metadata"].get("labels", {}),
        )
        for item in api.call("GET", where)["items"]
    ]


def node_of(namespace: str, pod: str) -> str | None:
    """The node that a pod is on; None while it waits for one."""
    node: str | None = api.call("GET", f"/api/v1/namespaces/{namespace}/pods/{pod}")["spec"].get("nodeName")
    return node
