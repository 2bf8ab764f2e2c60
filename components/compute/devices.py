"""What tells the kubelet of a node which GPUs it has: AMD's device plugin, or NVIDIA's from an image of one's own."""

import json
from collections.abc import Mapping, Sequence

from pulumi import Input, ResourceOptions
from pulumi_kubernetes.apps.v1 import DaemonSet, DaemonSetSpecArgs
from pulumi_kubernetes.core.v1 import (
    CapabilitiesArgs,
    ConfigMap,
    ConfigMapVolumeSourceArgs,
    ContainerArgs,
    EnvVarArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    SeccompProfileArgs,
    SecurityContextArgs,
    TolerationArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from ..catalog import image
from ..k8s.labels import Identity
from ..k8s.resources import Resources
from ..k8s.volumes import host_path
from ..types import Name, PinnedImage
from .gpus import RESOURCE, NodeGpus
from .settings import GpuMetricsSettings

AMD = "amd.com/gpu"

_SOCKETS = "/var/lib/kubelet/device-plugins"
SOCKETS, SOCKETS_MOUNT = host_path("sockets", _SOCKETS), VolumeMountArgs(name="sockets", mount_path=_SOCKETS)
"""Where plugins meet the kubelet: the same folder in every one, wherever its root is."""
_CONFIG = "/etc/device-plugin"


class DevicePluginSettings(GpuMetricsSettings):
    """Who tells the kubelets of their GPUs. No image that NVIDIA publishes is open source, so none is brought."""

    namespace: Name = "gpu-devices"
    amd: bool = True
    """Bring AMD's plugin to pools of its GPUs. Write false where the nodes have it from somebody else."""
    nvidia_image: PinnedImage | None = None
    """Your own build of github.com/NVIDIA/k8s-device-plugin on an open base; without one, the nodes must have it."""
    nvidia_runtime: Name | None = "nvidia"
    """The RuntimeClass by which containers see the driver; null where that is containerd's default."""
    resources: Resources = Resources(cpu="50m", memory="64Mi", memory_limit="256Mi")

    def image_for(self, resource: str) -> str | None:
        """None where the nodes bring the plugin themselves."""
        if resource == AMD:
            return image("amd-device-plugin").reference if self.amd else None
        return self.nvidia_image

    def brings_to(self, resource: str) -> bool:
        """Whether anything runs on nodes with such GPUs."""
        return bool(self.image_for(resource) or (resource == RESOURCE and self.dcgm_image))


def run_plugin(
    name: str,
    gpus: NodeGpus,
    resource: str,
    settings: DevicePluginSettings,
    nodes: Mapping[str, str],
    namespace: Input[str],
    opts: ResourceOptions,
) -> DaemonSet:
    """One pod on each node with the labels `nodes`, tolerating all taints: its GPUs are there for nobody else yet."""
    identity = Identity("device-plugin", name)
    reference = settings.image_for(resource)
    nvidia = resource == RESOURCE
    volumes, mounts = [SOCKETS], [SOCKETS_MOUNT]
    environment = {}
    if nvidia:
        place = ObjectMetaArgs(namespace=namespace, labels=identity.labels)
        files = ConfigMap(f"{name}-sharing", metadata=place, data={"config.json": sharing(gpus)}, opts=opts)
        source = ConfigMapVolumeSourceArgs(name=files.metadata.name)
        volumes.append(VolumeArgs(name="config", config_map=source))
        mounts.append(VolumeMountArgs(name="config", mount_path=_CONFIG, read_only=True))
        environment = {
            "CONFIG_FILE": f"{_CONFIG}/config.json",
            "NVIDIA_VISIBLE_DEVICES": "all",
            "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
        }
    else:
        volumes.append(host_path("sys", "/sys"))
        mounts.append(VolumeMountArgs(name="sys", mount_path="/sys", read_only=True))
    container = ContainerArgs(
        name="plugin",
        image=reference,
        env=[EnvVarArgs(name=key, value=value) for key, value in environment.items()],
        volume_mounts=mounts,
        resources=settings.resources.requirements(),
        security_context=security(slices=bool(gpus.mig)),
    )
    runtime = settings.nvidia_runtime if nvidia else None
    return on_nodes(name, identity, container, volumes, nodes, namespace, opts, runtime)


def on_nodes(
    name: str,
    identity: Identity,
    container: ContainerArgs,
    volumes: Sequence[VolumeArgs],
    nodes: Mapping[str, str],
    namespace: Input[str],
    opts: ResourceOptions,
    runtime: str | None = None,
    called: str = "devices",
) -> DaemonSet:
    """A device plugin of whichever devices, or what else looks at them, on each node with the labels `nodes`."""
    pod = PodSpecArgs(
        containers=[container],
        volumes=list(volumes),
        runtime_class_name=runtime,
        automount_service_account_token=False,
        enable_service_links=False,
        node_selector=dict(nodes),
        tolerations=[TolerationArgs(operator="Exists")],
        priority_class_name="system-node-critical",
    )
    return DaemonSet(
        f"{name}-{called}",
        metadata=ObjectMetaArgs(namespace=namespace, labels=identity.labels),
        spec=DaemonSetSpecArgs(
            selector=LabelSelectorArgs(match_labels=identity.selector),
            template=PodTemplateSpecArgs(metadata=ObjectMetaArgs(labels=identity.labels), spec=pod),
        ),
        opts=opts,
    )


def sharing(gpus: NodeGpus) -> str:
    """The configuration file of NVIDIA's plugin, which is read as YAML or JSON."""
    config = {"version": "v1", "flags": {"migStrategy": "single" if gpus.mig else "none"}}
    if gpus.time_slices:
        slices = {"name": RESOURCE, "replicas": gpus.time_slices}
        # Two turns on one GPU are no two GPUs.
        config["sharing"] = {"timeSlicing": {"failRequestsGreaterThanOne": True, "resources": [slices]}}
    return json.dumps(config, indent=1)


def security(*, slices: bool = False) -> SecurityContextArgs:
    """It makes a socket in a folder of root's on the node, and so is root; only slices of a GPU ask for more."""
    return SecurityContextArgs(
        run_as_user=0,
        # The right to see how a GPU is cut comes with SYS_ADMIN alone, which is an escalation in itself.
        allow_privilege_escalation=slices,
        read_only_root_filesystem=True,
        capabilities=CapabilitiesArgs(drop=["ALL"], add=["SYS_ADMIN"] if slices else None),
        seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
    )
