"""The typed model of a stack file's `environment`: a layer is on when its section is present."""

from typing import Self

from pulumi import Config, RunError, get_stack
from pydantic import Field, ValidationError

from components.access import Access
from components.base import Settings
from components.compute.cluster import GivenClusterSettings
from components.data.alluxio.settings import AlluxioSettings
from components.data.dataset import DatasetSettings
from components.data.fluid.settings import FluidSettings
from components.data.kafka import KafkaSettings
from components.data.opensearch.opensearch import OpenSearchSettings
from components.data.valkey import ValkeySettings
from components.features.settings import FeastSettings
from components.metadata.datahub.settings import DataHubSettings
from components.pipelines.airflow.settings import AirflowSettings
from components.pipelines.argo.settings import ArgoSettings
from components.pipelines.luigi.settings import LuigiSettings
from components.pipelines.mlrun.settings import MlrunSettings
from components.pipelines.prefect.settings import PrefectSettings
from components.pipelines.settings import PipelineSettings
from components.storage.mariadb import MariaDbSettings
from components.storage.object_store import ObjectStoreSettings
from components.storage.postgres import PostgresSettings
from components.tracking.mlflow import MlflowSettings
from components.tracking.model_server import ModelServerSettings
from components.tracking.project import ProjectSettings
from components.types import Name

from .datasets import misfits
from .mistakes import explain, missing_layers

BUCKETS = ARTIFACTS, PIPELINES, FEATURES = "mlflow", "pipelines", "features"
"""That the layers bring, whatever else a stack file asks for."""


class Environment(Settings):
    """One environment of the platform. Defaults are safe for production; a small machine's file shrinks them."""

    cluster: GivenClusterSettings = GivenClusterSettings()
    access: Access = Access()
    object_store: ObjectStoreSettings | None = None
    database: PostgresSettings | None = None
    mysql: MariaDbSettings | None = None
    cache: ValkeySettings | None = None
    event_log: KafkaSettings | None = None
    search: OpenSearchSettings | None = None
    alluxio: AlluxioSettings | None = None
    fluid: FluidSettings | None = None
    datasets: dict[Name, DatasetSettings] = Field(default_factory=dict)
    tracking: MlflowSettings | None = None
    projects: dict[Name, ProjectSettings] = Field(default_factory=dict)
    projects_namespace: Name = "projects"
    model_servers: dict[Name, ModelServerSettings] = Field(default_factory=dict)
    serving_namespace: Name = "serving"
    features: FeastSettings | None = None
    pipelines: PipelineSettings | None = None
    mlrun: MlrunSettings | None = None
    argo: ArgoSettings | None = None
    prefect: PrefectSettings | None = None
    luigi: LuigiSettings | None = None
    airflow: AirflowSettings | None = None
    metadata: DataHubSettings | None = None

    @property
    def run_namespaces(self) -> tuple[str, ...]:
        """Where steps run, whichever engine runs them."""
        engines = (self.argo, self.prefect, self.luigi, self.airflow, self.mlrun)
        return tuple(engine.runs_namespace for engine in engines if engine)

    @classmethod
    def load(cls) -> Self:
        """The selected stack's environment. Raises RunError, before any resource, naming every mistake at once."""
        raw = Config().get_object("environment")
        where = f"stacks/Pulumi.{get_stack()}.yaml"
        if not isinstance(raw, dict):
            raise RunError(f"{where}: write a map under the key `exquisite-mlops:environment`")
        mistakes = missing_layers(raw)
        try:
            environment = cls.model_validate(raw)
        except ValidationError as error:
            mistakes = [*explain(error, cls, raw), *mistakes]
        else:
            mistakes = [*misfits(environment, BUCKETS), *mistakes]
        if mistakes:
            lines = "\n".join(f"  environment.{mistake}" for mistake in mistakes)
            raise RunError(f"{where} has {len(mistakes)} mistake(s); nothing was changed:\n{lines}")
        return environment
