"""Fluid's plugin on each node, by which a pod mounts a data set without any right of its own."""

from dataclasses import dataclass

from pulumi import Input, Output, ResourceOptions
from pulumi_kubernetes.apps.v1 import DaemonSet, DaemonSetSpecArgs
from pulumi_kubernetes.core.v1 import (
    CapabilitiesArgs,
    ContainerArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    ObjectFieldSelectorArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    SeccompProfileArgs,
    SecurityContextArgs,
    TolerationArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.storage.v1 import CSIDriver, CSIDriverSpecArgs

from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.probes import Probes
from ...k8s.resources import Resources
from ...k8s.volumes import host_path
from .settings import FluidSettings

DRIVER = "fuse.csi.fluid.io"
"""The name that Fluid's driver has in every cluster."""

_METRICS = 8080
_KUBELET_CONFIG = "/etc/kubernetes/kubelet.conf"  # where the plugin looks for it
_REGISTRATION = Resources(cpu="10m", memory="32Mi", memory_limit="64Mi")


@dataclass(frozen=True)
class NodePlugin:
    """What the plugin must know of the nodes."""

    settings: FluidSettings
    kubelet: str
    """The kubelet's root, whose path must be the same in the container: pods' volumes are named by it."""

    @property
    def socket(self) -> str:
        """Where the image's own entry point makes a folder for it."""
        return f"{self.kubelet}/csi-plugins/{DRIVER}/csi.sock"

    @property
    def login(self) -> list[tuple[VolumeArgs, VolumeMountArgs]]:
        """The kubelet's own, where the plugin may use it; its certificates mostly lie below the kubelet's root."""
        chosen = self.settings.node_authorization
        if chosen is None:
            return []
        file = _shown("kubelet-login", chosen.kubeconfig, "File", _KUBELET_CONFIG)
        folder = _shown("kubelet-certificates", chosen.certificates, "Directory", chosen.certificates)
        return [file] if chosen.certificates.startswith(f"{self.kubelet}/") else [file, folder]


def driver(name: str, opts: ResourceOptions) -> CSIDriver:
    """Known to the cluster: nothing is attached to a node, and the plugin is told which pod it mounts for."""
    return CSIDriver(
        f"{name}-driver",
        metadata=ObjectMetaArgs(name=DRIVER),
        spec=CSIDriverSpecArgs(attach_required=False, pod_info_on_mount=True),
        opts=opts,
    )


def on_each_node(
    name: str, plugin: NodePlugin, namespace: Input[str], account: Input[str], opts: ResourceOptions
) -> Output[str]:
    """Register the DaemonSet; it tolerates every taint, for a pod with data may land on any node."""
    identity = Identity("fluid", name, "node")
    pod = PodSpecArgs(
        containers=[_plugin(plugin), _registrar(plugin)],
        volumes=_volumes(plugin),
        service_account_name=account,
        automount_service_account_token=True,
        enable_service_links=False,
        tolerations=[TolerationArgs(operator="Exists")],
        # Without it no pod of the node gets its data.
        priority_class_name="system-node-critical",
        termination_grace_period_seconds=10,
    )
    made = DaemonSet(
        f"{name}-node",
        metadata=ObjectMetaArgs(namespace=namespace, labels=identity.labels),
        spec=DaemonSetSpecArgs(
            selector=LabelSelectorArgs(match_labels=identity.selector),
            template=PodTemplateSpecArgs(metadata=ObjectMetaArgs(labels=identity.labels), spec=pod),
        ),
        opts=opts,
    )
    return made.metadata.name


def _plugin(plugin: NodePlugin) -> ContainerArgs:
    probes, mounts = Probes(port=_METRICS), plugin.settings.mount_root
    return ContainerArgs(
        name="plugin",
        image=image("fluid-csi").reference,
        command=["/usr/local/bin/entrypoint.sh"],
        args=[
            "--nodeid=$(NODE_ID)",
            f"--endpoint=unix://{plugin.socket}",
            f"--metrics-addr=:{_METRICS}",
            "--feature-gates=FuseRecovery=false",
        ],
        env=[
            EnvVarArgs(name="NODE_ID", value_from=_field("spec.nodeName")),
            EnvVarArgs(name="NODE_IP", value_from=_field("status.hostIP")),
            EnvVarArgs(name="KUBELET_ROOTDIR", value=plugin.kubelet),
            EnvVarArgs(name="MOUNT_ROOT", value=mounts),
            EnvVarArgs(name="NODEPUBLISH_METHOD", value="bindMount"),
        ],
        volume_mounts=[
            # What it mounts below is seen by the kubelet, and so by the pod.
            VolumeMountArgs(name="kubelet", mount_path=plugin.kubelet, mount_propagation="Bidirectional"),
            VolumeMountArgs(name="mounts", mount_path=mounts, mount_propagation="HostToContainer"),
            *(mount for _, mount in plugin.login),
        ],
        startup_probe=probes.startup(),
        readiness_probe=probes.readiness(),
        liveness_probe=probes.liveness(),
        resources=plugin.settings.node.requirements(),
        # Only a privileged container may mount for the node that it is on.
        security_context=SecurityContextArgs(privileged=True, run_as_user=0, read_only_root_filesystem=True),
    )


def _registrar(plugin: NodePlugin) -> ContainerArgs:
    """It makes a socket in a folder of root's on the node, and so is root; it needs nothing else of that."""
    return ContainerArgs(
        name="registrar",
        image=image("csi-node-driver-registrar").reference,
        args=[f"--csi-address={plugin.socket}", f"--kubelet-registration-path={plugin.socket}"],
        volume_mounts=[
            VolumeMountArgs(name="kubelet", mount_path=plugin.kubelet, read_only=True),
            VolumeMountArgs(name="registration", mount_path="/registration"),
        ],
        resources=_REGISTRATION.requirements(),
        security_context=SecurityContextArgs(
            run_as_user=0,
            allow_privilege_escalation=False,
            read_only_root_filesystem=True,
            capabilities=CapabilitiesArgs(drop=["ALL"]),
            seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
        ),
    )


def _volumes(plugin: NodePlugin) -> list[VolumeArgs]:
    """Upstream also edits the node's own list of what `locate` leaves out; that is the node's affair."""
    return [
        host_path("kubelet", plugin.kubelet, "Directory"),
        host_path("registration", f"{plugin.kubelet}/plugins_registry", "DirectoryOrCreate"),
        host_path("mounts", plugin.settings.mount_root, "DirectoryOrCreate"),
        *(volume for volume, _ in plugin.login),
    ]


def _shown(name: str, path: str, kind: str, inside: str) -> tuple[VolumeArgs, VolumeMountArgs]:
    return host_path(name, path, kind), VolumeMountArgs(name=name, mount_path=inside, read_only=True)


def _field(path: str) -> EnvVarSourceArgs:
    return EnvVarSourceArgs(field_ref=ObjectFieldSelectorArgs(field_path=path))
