"""The typed model of a stack file's `environment`: a layer is on when its section is present."""

from typing import Any, Self

from pulumi import Config, RunError, get_stack
from pydantic import Field, ValidationError, model_validator

from components.access import Access
from components.base import Settings
from components.catalog import ImageSettings, choose
from components.compute.cluster import GivenClusterSettings
from components.compute.ground import GroundSettings
from components.compute.queues.settings import QueueSettings
from components.data.alluxio.settings import AlluxioSettings
from components.data.dataset import DatasetSettings
from components.data.fluid.settings import FluidSettings
from components.data.kafka import KafkaSettings
from components.data.opensearch.opensearch import OpenSearchSettings
from components.data.valkey import ValkeySettings
from components.edge.cert_manager.settings import CertManagerSettings
from components.edge.front_door.settings import FrontDoorSettings
from components.features.settings import FeastSettings
from components.governance.admission import AdmissionSettings
from components.metadata.datahub.settings import DataHubSettings
from components.pipelines.airflow.settings import AirflowSettings
from components.pipelines.argo.settings import ArgoSettings
from components.pipelines.luigi.settings import LuigiSettings
from components.pipelines.mlrun.settings import MlrunSettings
from components.pipelines.prefect.settings import PrefectSettings
from components.pipelines.settings import PipelineSettings
from components.storage.cloud import CloudDatabaseSettings, CloudStoreSettings
from components.storage.cloudnative_pg.settings import OperatedDatabaseSettings
from components.storage.mariadb import MariaDbSettings
from components.storage.object_store import ObjectStoreSettings
from components.storage.postgres import PostgresSettings
from components.tracking.mlflow import MlflowSettings
from components.tracking.model_server import ModelServerSettings
from components.tracking.project import ProjectSettings
from components.types import Name

from .databases import unkept
from .datasets import misfits
from .front_door import mishung
from .ground import ungrounded
from .kinds import told
from .mistakes import explain, missing_layers
from .names import taken
from .queues import misqueued
from .steps import unmet

BUCKETS = ARTIFACTS, PIPELINES, FEATURES = "mlflow", "pipelines", "features"
"""That the layers bring, whatever else a stack file asks for."""

_ENGINES = ("argo", "prefect", "luigi", "airflow", "mlrun")


class Environment(Settings):
    """One environment of the platform. Defaults are safe for production; a small machine's file shrinks them."""

    cluster: GroundSettings = Field(default=GivenClusterSettings(), discriminator="kind")
    access: Access = Access()
    admission: AdmissionSettings | None = None
    images: ImageSettings = ImageSettings()
    queues: QueueSettings | None = None
    object_store: ObjectStoreSettings | CloudStoreSettings | None = Field(default=None, discriminator="kind")
    database: OperatedDatabaseSettings | PostgresSettings | CloudDatabaseSettings | None = Field(
        default=None, discriminator="kind"
    )
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
    cert_manager: CertManagerSettings | None = None
    front_door: FrontDoorSettings | None = None

    @model_validator(mode="before")
    @classmethod
    def _usual_kinds(cls, raw: Any) -> Any:
        return told(raw) if isinstance(raw, dict) else raw

    @property
    def buckets(self) -> tuple[str, ...]:
        """That the layers which are on bring."""
        caches = (self.alluxio.bucket,) if self.alluxio else ()
        operated = isinstance(self.database, OperatedDatabaseSettings) and self.database.backup
        return (*BUCKETS, *caches, *((operated.bucket,) if operated else ()))

    @property
    def folders(self) -> dict[str, tuple[str, ...]]:
        """Bucket -> the folders in it that pods open who open nothing else there."""
        return {PIPELINES: tuple(engine for engine in _ENGINES if getattr(self, engine))}

    @property
    def reached(self) -> Access:
        """How each system is reached, by the front door too."""
        return self.access.model_copy(update={"domain": self.front_door.domain}) if self.front_door else self.access

    @property
    def run_namespaces(self) -> tuple[str, ...]:
        """Where steps run, whichever engine runs them."""
        engines = (getattr(self, engine) for engine in _ENGINES)
        return tuple(engine.runs_namespace for engine in engines if engine)

    @property
    def dataset_namespaces(self) -> set[str]:
        """Where pods may mount a data set."""
        readers = {reader for dataset in self.datasets.values() for reader in dataset.readers}
        return readers | set(self.run_namespaces) if self.datasets else set()

    @classmethod
    def load(cls) -> Self:
        """The selected stack's environment. Raises RunError, before any resource, naming every mistake at once."""
        raw = Config().get_object("environment")
        where = f"stacks/Pulumi.{get_stack()}.yaml"
        if not isinstance(raw, dict):
            raise RunError(f"{where}: write a map under the key `exquisite-mlops:environment`")
        environment, mistakes = cls.read(raw)
        if mistakes:
            lines = "\n".join(f"  environment.{mistake}" for mistake in mistakes)
            raise RunError(f"{where} has {len(mistakes)} mistake(s); nothing was changed:\n{lines}")
        assert environment, "without a mistake there is one"
        choose(environment.images)
        return environment

    @classmethod
    def read(cls, raw: dict[str, Any]) -> tuple[Self | None, list[str]]:
        """The environment, unless a field of it is wrong, and every mistake by its path."""
        missing = missing_layers(raw)
        try:
            read = cls.model_validate(raw)
        except ValidationError as error:
            return None, [*explain(error, cls), *missing]
        checks = (taken, unmet, ungrounded, misqueued, unkept, mishung)
        found = (misfits(read, BUCKETS), *(check(read) for check in checks))
        return read, [mistake for of_a_kind in (*found, missing) for mistake in of_a_kind]
