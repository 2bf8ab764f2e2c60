"""A container and what the cluster must know to run it: pure data from which each kind of workload is built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input
from pulumi_kubernetes.apps.v1 import (
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDeploymentArgs,
    StatefulSetSpecArgs,
)
from pulumi_kubernetes.batch.v1 import CronJobSpecArgs, JobSpecArgs, JobTemplateSpecArgs
from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    ContainerArgs,
    ContainerPortArgs,
    EnvFromSourceArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    LifecycleArgs,
    LocalObjectReferenceArgs,
    ObjectFieldSelectorArgs,
    PersistentVolumeClaimArgs,
    PodAffinityTermArgs,
    PodAntiAffinityArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    SecretEnvSourceArgs,
    TopologySpreadConstraintArgs,
    VolumeArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from ..base import Text
from .backup import BackupHook
from .cloud import CloudIdentity
from .labels import Identity
from .placement import ANYWHERE, Placement
from .probes import Probes
from .rbac import Grant
from .resources import Resources
from .security import container_security, pod_security
from .volumes import Mount

STAYS = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
"""Annotation of a pod that runs to its end: an autoscaler may else move it in its middle, off a node of little use."""

_NEVER_USED = "@yearly"  # a schedule is obligatory, also where the CronJob is suspended


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Makes no resource. Hardened throughout; what a pod must write to is mounted, never part of its image."""

    identity: Identity
    name: str | None = None
    """Of the container; the identity's app if not given."""
    image: Text
    user: int
    """Numeric user and group that the image's process runs as."""
    command: Sequence[Input[str]] | None = None
    args: Sequence[Input[str]] | None = None
    working_dir: str | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    env: Mapping[str, Input[str]] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    """Environment variable -> the field of the pod that it holds, such as `metadata.name`."""
    secrets: Sequence[Input[str]] = ()
    """Names of Secrets whose keys become environment variables."""
    mounts: Sequence[Mount] = ()
    probes: Probes | None = None
    lifecycle: LifecycleArgs | None = None
    backup: BackupHook | None = None
    """Runs in this container before the pod's volumes are backed up."""
    resources: Resources = field(default_factory=Resources)
    replicas: int = 1
    recreate: bool = False
    """For a process that must never run twice, not even while it is replaced."""
    together: bool = False
    """For a StatefulSet whose pods get ready only with each other: all start at once."""
    apart: bool = False
    """Never two on one node, even if one then can't be placed: for copies of data, and for those that vote."""
    before: Sequence["Workload"] = ()
    """Run one after another to their end before the container starts. Their identity and pod settings don't count."""
    beside: Sequence["Workload"] = ()
    """Run in the same pod, reached by `localhost`."""
    placement: Placement = ANYWHERE
    pull_secrets: Sequence[Input[str]] = ()
    service_account: Input[str] | None = None
    grants: Sequence[Grant] = ()
    """What the account may ask of the Kubernetes API. Only where there is something, a pod gets its token."""
    cloud: CloudIdentity | None = None
    """What the account may do in a cloud, where that is where the data lies."""
    grace_seconds: int = 30

    def deployment(self) -> DeploymentSpecArgs:
        """Rolls without losing capacity, a new pod being ready before an old one goes; or else never runs two."""
        rolling = DeploymentStrategyArgs(
            type="RollingUpdate", rolling_update=RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0)
        )
        return DeploymentSpecArgs(
            replicas=self.replicas,
            selector=self._selector(),
            strategy=DeploymentStrategyArgs(type="Recreate") if self.recreate else rolling,
            template=self.pod(),
        )

    def stateful_set(self, service: Input[str], claims: Sequence[PersistentVolumeClaimArgs]) -> StatefulSetSpecArgs:
        return StatefulSetSpecArgs(
            replicas=self.replicas,
            selector=self._selector(),
            service_name=service,
            pod_management_policy="Parallel" if self.together else None,
            template=self.pod(),
            volume_claim_templates=list(claims),
        )

    def job(self, *, timeout: int = 600, retries: int = 6, keep: int | None = None) -> JobSpecArgs:
        """Runs to completion within `timeout` seconds, retried meanwhile; once done it is kept for `keep` seconds."""
        return JobSpecArgs(
            backoff_limit=retries,
            active_deadline_seconds=timeout,
            ttl_seconds_after_finished=keep,
            # A failed pod stays to be looked at, where a restarted container would take its log along.
            template=self.pod(restart_policy="Never"),
        )

    def cron_job(self, job: JobSpecArgs, schedule: str | None) -> CronJobSpecArgs:
        """Runs `job` by the clock; without a schedule it waits for `kubectl create job --from`."""
        return CronJobSpecArgs(
            schedule=schedule or _NEVER_USED,
            suspend=schedule is None,
            concurrency_policy="Forbid",
            starting_deadline_seconds=600,
            job_template=JobTemplateSpecArgs(metadata=ObjectMetaArgs(labels=self.identity.labels), spec=job),
        )

    def pod(self, restart_policy: str = "Always") -> PodTemplateSpecArgs:
        return PodTemplateSpecArgs(
            metadata=ObjectMetaArgs(
                labels=self.identity.labels,
                annotations=self._annotations(ends=restart_policy == "Never") or None,
            ),
            spec=PodSpecArgs(
                init_containers=[one._container() for one in self.before] or None,
                containers=[self._container(), *(one._container() for one in self.beside)],
                volumes=self._volumes(),
                security_context=pod_security(self.user),
                service_account_name=self.service_account,
                automount_service_account_token=bool(self.grants),
                image_pull_secrets=[LocalObjectReferenceArgs(name=name) for name in self.pull_secrets] or None,
                node_selector=dict(self.placement.node_labels) or None,
                tolerations=list(self.placement.tolerations) or None,
                affinity=self._apart(),
                # A Service called `postgres` would otherwise put POSTGRES_PORT=tcp://... into every container.
                enable_service_links=False,
                restart_policy=restart_policy,
                termination_grace_period_seconds=self.grace_seconds,
                topology_spread_constraints=self._spread() if self.replicas > 1 else None,
            ),
        )

    def _annotations(self, ends: bool) -> dict[str, str]:
        before_backups = self.backup.annotations(self._container_name) if self.backup else {}
        return {**before_backups, **(STAYS if ends else {})}

    @property
    def _container_name(self) -> str:
        return self.name or self.identity.app

    def _container(self) -> ContainerArgs:
        return ContainerArgs(
            name=self._container_name,
            image=self.image,
            command=self.command and list(self.command),
            args=self.args and list(self.args),
            working_dir=self.working_dir,
            ports=[ContainerPortArgs(name=name, container_port=port) for name, port in self.ports.items()],
            env=[
                *(EnvVarArgs(name=name, value=value) for name, value in self.env.items()),
                *(EnvVarArgs(name=name, value_from=_pod_field(path)) for name, path in self.fields.items()),
            ],
            env_from=[EnvFromSourceArgs(secret_ref=SecretEnvSourceArgs(name=name)) for name in self.secrets],
            volume_mounts=[mount.mount for mount in self.mounts],
            startup_probe=self.probes and self.probes.startup(),
            readiness_probe=self.probes and self.probes.readiness(),
            liveness_probe=self.probes and self.probes.liveness(),
            lifecycle=self.lifecycle,
            resources=self.resources.requirements(self.placement.devices),
            security_context=container_security(),
        )

    def _volumes(self) -> list[VolumeArgs]:
        """One for each name: containers of a pod share what they mount under the same one."""
        mounts = [mount for one in (self, *self.before, *self.beside) for mount in one.mounts]
        return list({mount.mount.name: mount.volume for mount in mounts if mount.volume}.values())

    def _selector(self) -> LabelSelectorArgs:
        return LabelSelectorArgs(match_labels=self.identity.selector)

    def _spread(self) -> list[TopologySpreadConstraintArgs]:
        """Over nodes and zones, but never at the price of a pod that can't be placed."""
        return [
            TopologySpreadConstraintArgs(
                max_skew=1, topology_key=key, when_unsatisfiable="ScheduleAnyway", label_selector=self._selector()
            )
            for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
        ]

    def _apart(self) -> AffinityArgs | None:
        if not self.apart:
            return None
        others = PodAffinityTermArgs(topology_key="kubernetes.io/hostname", label_selector=self._selector())
        return AffinityArgs(
            pod_anti_affinity=PodAntiAffinityArgs(required_during_scheduling_ignored_during_execution=[others])
        )


def _pod_field(path: str) -> EnvVarSourceArgs:
    return EnvVarSourceArgs(field_ref=ObjectFieldSelectorArgs(field_path=path))
