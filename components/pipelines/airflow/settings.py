"""What a stack file says of Airflow, and what the program wires into it."""

from typing import Literal, Self

from pydantic import Field, InstanceOf, model_validator

from ...access import Access
from ...base import Args, Settings, Text
from ...k8s.resources import Resources
from ...storage.contracts import Bucket, SqlClient
from ...types import Count, Name, Rotation, Schedule
from ..space import Space

AIRFLOW_DATABASE = "airflow"


class AirflowPartSettings(Settings):
    """One of Airflow's servers. Each of them may run several times."""

    replicas: Count = 2
    resources: Resources = Resources(cpu="250m", memory="1Gi", memory_limit="2Gi")


class ApiServerSettings(AirflowPartSettings):
    workers: int = Field(default=2, ge=1, le=32)
    """Processes per replica, each of about half a gigabyte."""


class DagProcessorSettings(AirflowPartSettings):
    parsing_processes: int = Field(default=2, ge=1, le=32)
    """Files that are read at the same time."""


class DagsSettings(Settings):
    """Where users' own DAGs come from; the platform's are always there beside them."""

    from_: Literal["image", "git"] = Field(default="image", alias="from")
    """`image`: the folder /opt/airflow/dags of the catalogue's image. `git`: a branch, fetched again and again."""
    url: str | None = Field(default=None, pattern=r"^(https://[^@/]+/|ssh://|git@).+")
    """Without a login in it: that belongs into `credentials`."""
    ref: str = "main"
    subdir: str | None = None
    """The folder with DAGs; the repository's root if not given."""
    refresh: int = Field(default=60, ge=5, le=3600)
    """Seconds until the branch is looked at again."""
    credentials: Name | None = None
    """A Secret, in both of Airflow's namespaces, whose key AIRFLOW_CONN_GIT_DEFAULT holds a connection of type git."""

    @model_validator(mode="after")
    def _says_which_repository(self) -> Self:
        if (self.from_ == "git") != bool(self.url):
            raise ValueError("write `url:` with `from: git`, and nothing of a repository with `from: image`")
        return self


class AirflowSettings(Settings):
    """Defaults suit a team; each part's `replicas` and `resources` are its own."""

    namespace: Name = "airflow"
    """Of the servers."""
    runs_namespace: Name = "airflow-runs"
    """Of the pods of tasks and steps."""
    executor: Literal["KubernetesExecutor", "LocalExecutor"] = "KubernetesExecutor"
    """`KubernetesExecutor`: a pod for each task. `LocalExecutor`: in the scheduler's pod, quicker and less apart."""
    dags: DagsSettings = DagsSettings()
    public_url: str | None = Field(default=None, pattern=r"^https?://")
    """The address of a proxy before the API server, if there is one."""
    api_server: ApiServerSettings = ApiServerSettings()
    scheduler: AirflowPartSettings = AirflowPartSettings()
    dag_processor: DagProcessorSettings = DagProcessorSettings()
    triggerer: AirflowPartSettings = AirflowPartSettings()
    worker: Resources = Resources(cpu="250m", memory="512Mi", memory_limit="1Gi")
    """Of a task's pod. A task asks for more by its `executor_config`."""
    parallelism: int = Field(default=32, ge=1)
    """Tasks that run at the same time, for each scheduler."""
    keep_history: int = Field(default=90, ge=1)
    """Days that runs stay in the database."""
    history_schedule: Schedule = "0 4 * * 0"
    """When older ones are removed."""
    password_rotation: Rotation = 1


class AirflowArgs(Args):
    """`database` owns AIRFLOW_DATABASE; logs go into `artifacts`, below `logs/`."""

    settings: AirflowSettings = AirflowSettings()
    namespace: Text
    space: InstanceOf[Space]
    database: SqlClient
    artifacts: Bucket
    access: Access = Access()
