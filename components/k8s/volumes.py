"""What a container may read or write besides its image: scratch space, files from objects, claimed storage."""

from dataclasses import dataclass

from pulumi import Input
from pulumi_kubernetes.core.v1 import (
    ConfigMapVolumeSourceArgs,
    EmptyDirVolumeSourceArgs,
    HostPathVolumeSourceArgs,
    PersistentVolumeClaimArgs,
    PersistentVolumeClaimSpecArgs,
    PersistentVolumeClaimVolumeSourceArgs,
    ProjectedVolumeSourceArgs,
    SecretVolumeSourceArgs,
    ServiceAccountTokenProjectionArgs,
    VolumeArgs,
    VolumeMountArgs,
    VolumeProjectionArgs,
    VolumeResourceRequirementsArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs


@dataclass(frozen=True)
class Mount:
    """A path in the container, and the volume behind it. A claim template brings its own volume: then there is none."""

    mount: VolumeMountArgs
    volume: VolumeArgs | None


def host_path(name: str, path: str, kind: str = "Directory") -> VolumeArgs:
    """A folder or file of the node, for the few pods that may have one."""
    return VolumeArgs(name=name, host_path=HostPathVolumeSourceArgs(path=path, type=kind))


def scratch(name: str, path: str, size: str, *, memory: bool = False) -> Mount:
    """Empty at each start of the pod. In memory it counts against the container's limit."""
    medium = "Memory" if memory else None
    source = EmptyDirVolumeSourceArgs(size_limit=size, medium=medium)
    return Mount(VolumeMountArgs(name=name, mount_path=path), VolumeArgs(name=name, empty_dir=source))


def config_files(name: str, path: str, config_map: Input[str]) -> Mount:
    """Each key of a ConfigMap as a file."""
    source = ConfigMapVolumeSourceArgs(name=config_map)
    return Mount(VolumeMountArgs(name=name, mount_path=path, read_only=True), VolumeArgs(name=name, config_map=source))


def secret_files(name: str, path: str, secret: Input[str]) -> Mount:
    """Each key of a Secret as a file that only the pod's own user and group read."""
    source = SecretVolumeSourceArgs(secret_name=secret, default_mode=0o440)
    return Mount(VolumeMountArgs(name=name, mount_path=path, read_only=True), VolumeArgs(name=name, secret=source))


def account_token(name: str, path: str, seconds: int) -> Mount:
    """The file `token`, which shows systems that ask the cluster whose pod this is. Renewed within so many seconds."""
    token = ServiceAccountTokenProjectionArgs(path="token", expiration_seconds=seconds)
    source = ProjectedVolumeSourceArgs(sources=[VolumeProjectionArgs(service_account_token=token)])
    return Mount(VolumeMountArgs(name=name, mount_path=path, read_only=True), VolumeArgs(name=name, projected=source))


def claimed(name: str, path: str) -> Mount:
    """Where a StatefulSet's claim template of the same name is mounted."""
    return Mount(VolumeMountArgs(name=name, mount_path=path), None)


def given(name: str, path: str, claim_name: Input[str]) -> Mount:
    """A claim that outlives the pods, and that several of them may share."""
    source = PersistentVolumeClaimVolumeSourceArgs(claim_name=claim_name)
    return Mount(VolumeMountArgs(name=name, mount_path=path), VolumeArgs(name=name, persistent_volume_claim=source))


def claim(
    name: str, size: str, storage_class: str | None, *, access_mode: str = "ReadWriteOnce"
) -> PersistentVolumeClaimArgs:
    """A claim template. Without a class the cluster's default one serves it."""
    return PersistentVolumeClaimArgs(
        metadata=ObjectMetaArgs(name=name),
        spec=PersistentVolumeClaimSpecArgs(
            access_modes=[access_mode],
            resources=VolumeResourceRequirementsArgs(requests={"storage": size}),
            storage_class_name=storage_class,
        ),
    )
