"""An MLflow Project that runs in the cluster: its files, its parameters and, if it has one, its schedule."""

from dataclasses import replace
from pathlib import Path

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.batch.v1 import CronJob
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pydantic import Field, field_validator

from ..base import Args, Settings, Text
from ..catalog import image
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.resources import Resources
from ..k8s.server import service_account
from ..k8s.volumes import config_files
from ..k8s.workload import Workload
from ..sources import Source, texts
from ..types import Schedule
from .contracts import TrackingServer
from .runtime import ENVIRONMENT, USER, writable

_PROJECT = "/project"


class ProjectSettings(Settings):
    """A folder with an `MLproject` file, run in the image that has MLflow and scikit-learn."""

    source: Source
    entry_point: str = "main"
    parameters: dict[str, str | int | float] = Field(default_factory=dict)
    schedule: Schedule | None = None
    """Cron, in UTC. Without one, runs are started by hand: `kubectl create job --from=cronjob/<name>`."""
    timeout: int = Field(default=3600, ge=60, le=7 * 24 * 3600)
    """Seconds until a run is given up."""
    retries: int = Field(default=1, ge=0, le=10)
    resources: Resources = Resources(cpu="250m", memory="1Gi", memory_limit="2Gi")

    @field_validator("source")
    @classmethod
    def _is_a_project(cls, source: Path) -> Path:
        if not (source / "MLproject").is_file():
            raise ValueError(f"{source} has no file MLproject: write the path of a project's folder")
        return source


class ProjectArgs(Args):
    """`tracking` is where its runs are logged."""

    settings: ProjectSettings
    namespace: Text
    tracking: TrackingServer


class MlflowProject(ComponentResource):
    """A CronJob of `mlflow run`, whose runs end up in the experiment of the project's name."""

    cron_job: Output[str]

    def __init__(self, name: str, args: ProjectArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:tracking:MlflowProject", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, identity = args.settings, Identity("mlflow-project", name, "run")
        place = ObjectMetaArgs(namespace=args.namespace, labels=identity.labels)
        files = ConfigMap(f"{name}-files", metadata=place, data=texts(settings.source), opts=child)
        login = Secret(f"{name}-login", metadata=place, string_data=args.tracking.credentials, opts=child)
        if args.tracking.peer:
            connect(f"{name}-tracking", Peer(args.namespace, identity.selector), args.tracking.peer, child)
        parameters = [f"-P{key}={value}" for key, value in settings.parameters.items()]
        work = Workload(
            identity=identity,
            image=image("mlflow").reference,
            user=USER,
            command=["mlflow", "run", _PROJECT],
            args=[
                "--env-manager=local",
                f"--entry-point={settings.entry_point}",
                f"--experiment-name={name}",
                *parameters,
            ],
            working_dir="/tmp",
            env={**ENVIRONMENT, **args.tracking.environment},
            secrets=[login.metadata.name],
            mounts=[writable("4Gi"), config_files("project", _PROJECT, files.metadata.name)],
            resources=settings.resources,
        )
        work = replace(work, service_account=service_account(name, work, args.namespace, child))
        job = work.job(timeout=settings.timeout, retries=settings.retries, keep=7 * 24 * 3600)
        made = CronJob(
            f"{name}-runs",
            metadata=ObjectMetaArgs(name=name, namespace=args.namespace, labels=identity.labels),
            spec=work.cron_job(job, settings.schedule),
            opts=child,
        )
        self.cron_job = made.metadata.name
        self.register_outputs({"cronJob": self.cron_job})
