"""What tells Prometheus of NVIDIA's GPUs: how busy, full and hot each is, and whose pod has it."""

from collections.abc import Mapping

from pulumi import ResourceOptions
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    ObjectFieldSelectorArgs,
    VolumeMountArgs,
)

from ..base import Text
from ..k8s.labels import Identity
from ..k8s.network import Peer, open_to_namespaces
from ..k8s.probes import Probes
from ..k8s.volumes import host_path, scratch
from .devices import on_nodes, security
from .settings import GpuMetricsSettings

_PORT = 9400
_PODS = "/var/lib/kubelet/pod-resources"
"""Where the exporter asks the kubelet which pod has which GPU."""
_ALL_GPUS = host_path("all-gpus", "/dev/null", "CharDevice")
_ALL_GPUS_MOUNT = VolumeMountArgs(name="all-gpus", mount_path="/var/run/nvidia-container-devices/all", read_only=True)
"""Asks NVIDIA's runtime for all of them where, as on Bottlerocket, it hears no variable from who is not privileged."""


def run_exporter(
    name: str,
    settings: GpuMetricsSettings,
    nodes: Mapping[str, str],
    namespace: Text,
    opts: ResourceOptions,
    *,
    kubelet_root: str = "/var/lib/kubelet",
    runtime: str | None = None,
) -> None:
    """One pod on each node with the labels `nodes`. It asks for no GPU, and sees all of its node."""
    identity = Identity("dcgm-exporter", name)
    probes = Probes(port=_PORT, path="/health", starts_within=180)
    told = {
        "DCGM_EXPORTER_LISTEN": f":{_PORT}",
        "DCGM_EXPORTER_KUBERNETES": "true",
        "NVIDIA_VISIBLE_DEVICES": "all",
        "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
    }
    node = EnvVarSourceArgs(field_ref=ObjectFieldSelectorArgs(field_path="spec.nodeName"))
    temporary = scratch("tmp", "/tmp", "16Mi")
    container = ContainerArgs(
        name="dcgm-exporter",
        image=settings.dcgm_image,
        env=[
            *(EnvVarArgs(name=key, value=value) for key, value in told.items()),
            EnvVarArgs(name="NODE_NAME", value_from=node),
        ],
        ports=[ContainerPortArgs(name="metrics", container_port=_PORT)],
        volume_mounts=[
            VolumeMountArgs(name="pods", mount_path=_PODS, read_only=True),
            _ALL_GPUS_MOUNT,
            temporary.mount,
        ],
        startup_probe=probes.startup(),
        readiness_probe=probes.readiness(),
        liveness_probe=probes.liveness(),
        resources=settings.dcgm_resources.requirements(),
        # Root, whose the kubelet's folder is. Figures of what is inside a GPU (DCGM_FI_PROF_*) would take SYS_ADMIN.
        security_context=security(),
    )
    volumes = [host_path("pods", f"{kubelet_root}/pod-resources"), _ALL_GPUS]
    volumes += [temporary.volume] if temporary.volume else []
    on_nodes(name, identity, container, volumes, nodes, namespace, opts, runtime, called="dcgm")
    if settings.dcgm_scraped_from:
        peer = Peer(namespace, identity.selector, (_PORT,))
        open_to_namespaces(f"{name}-dcgm-readers", peer, settings.dcgm_scraped_from, opts)
