"""Airflow's servers as workloads: what each runs, how it is probed, what it may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...base import Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.probes import Probes
from ...k8s.rbac import Grant, Rule
from ...k8s.resources import Resources
from ...k8s.volumes import Mount, config_files, scratch
from ...k8s.workload import Workload
from ..space import Space
from . import grants
from .configuration import API_PORT, HEALTH_PORT, STEPS, TASK_LOGS_PORT, TEMPLATES, TRIGGER_LOGS_PORT
from .settings import AirflowPartSettings, AirflowSettings

SCRIPTS = "/opt/airflow/scripts"
SMALL = Resources(cpu="100m", memory="512Mi", memory_limit="1Gi")

_USER = 50000
_BOOT = 600  # seconds that Python takes to load all of Airflow on a machine with far more to do than it can


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Of one Airflow: everything that its servers have in common is in here."""

    name: str
    settings: AirflowSettings
    space: Space
    environment: Mapping[str, Text]
    secrets: Sequence[Text]
    dags: Text
    """Names of the ConfigMaps with the platform's DAGs, with scripts, and with the pod of a task."""
    scripts: Text
    templates: Text
    trusted: Sequence[Mount] = ()
    """What the database is known by."""

    def api_server(self) -> Workload:
        return replace(
            self._server("api-server", self.settings.api_server, grants.API_SERVER),
            ports={"http": API_PORT},
            probes=Probes(port=API_PORT, path="/api/v2/version", starts_within=_BOOT, timeout=20),
        )

    def scheduler(self) -> Workload:
        """With the LocalExecutor it runs the tasks too: it then needs their code and their rights, and serves logs."""
        local = self.settings.executor == "LocalExecutor"
        part = self._server("scheduler", self.settings.scheduler, grants.TASK if local else grants.EXECUTOR)
        mounts = [self._dags()] if local else [config_files("templates", TEMPLATES, self.templates)]
        return replace(
            part,
            ports={"logs": TASK_LOGS_PORT} if local else {},
            mounts=[*part.mounts, *mounts],
            secrets=[*part.secrets, *(git_login(self.settings) if local else [])],
            probes=Probes(port=HEALTH_PORT, path="/health", starts_within=_BOOT, timeout=20),
        )

    def dag_processor(self) -> Workload:
        part = self._server("dag-processor", self.settings.dag_processor)
        return replace(
            part,
            mounts=[*part.mounts, self._dags()],
            secrets=[*part.secrets, *git_login(self.settings)],
            probes=_heartbeat("DagProcessorJob"),
        )

    def triggerer(self) -> Workload:
        return replace(
            self._server("triggerer", self.settings.triggerer, grants.TRIGGERER),
            ports={"logs": TRIGGER_LOGS_PORT},
            probes=_heartbeat("TriggererJob"),
        )

    def job(self, component: str, *command: str, rules: Sequence[Rule] = ()) -> Workload:
        """For what runs once or by the clock, and not for long."""
        once = AirflowPartSettings(replicas=1, resources=SMALL)
        return replace(self._server(component, once, rules), command=["dumb-init", "--", *command], cloud=None)

    def _server(self, component: str, part: AirflowPartSettings, rules: Sequence[Rule] = ()) -> Workload:
        return replace(
            process(Identity("airflow", self.name, component), self.environment, part.resources),
            command=["dumb-init", "--", "airflow", component],
            secrets=self.secrets,
            mounts=[scratch("tmp", "/tmp", "4Gi"), config_files("scripts", SCRIPTS, self.scripts), *self.trusted],
            replicas=part.replicas,
            grants=[Grant(rules, self.space.namespace)] if rules else [],
            # The logs of tasks lie in the bucket.
            cloud=self.space.context.artifacts.identity,
            grace_seconds=60,
        )

    def _dags(self) -> Mount:
        return config_files("steps", STEPS, self.dags)


def process(identity: Identity, environment: Mapping[str, Text], resources: Resources) -> Workload:
    """A container of Airflow's image, whatever it runs."""
    return Workload(
        identity=identity,
        image=image("airflow").reference,
        user=_USER,
        env=environment,
        mounts=[scratch("tmp", "/tmp", "4Gi")],
        resources=resources,
    )


def git_login(settings: AirflowSettings) -> list[Text]:
    """For whoever fetches users' DAGs."""
    return [settings.dags.credentials] if settings.dags.credentials else []


def _heartbeat(job: str) -> Probes:
    """These two listen on no port that would tell of their health."""
    return Probes(
        port=0, command=["python", f"{SCRIPTS}/heartbeat.py", job], starts_within=_BOOT, timeout=20, period=15
    )
