"""All that is public. What isn't here may change in any release; what is here changes as CHANGELOG.md says."""

# What every component takes or gives
from .access import Access as Access
from .access import Endpoint as Endpoint
from .access import Page as Page
from .base import Args as Args
from .base import Settings as Settings
from .catalog import Image as Image
from .catalog import ImageSettings as ImageSettings
from .catalog import choose as choose
from .catalog import image as image

# Machines
from .compute.aws.cluster import AwsCluster as AwsCluster
from .compute.aws.cluster import AwsClusterArgs as AwsClusterArgs
from .compute.aws.settings import AwsGpuPoolSettings as AwsGpuPoolSettings
from .compute.aws.settings import AwsSettings as AwsSettings
from .compute.cluster import GivenCluster as GivenCluster
from .compute.cluster import GivenClusterArgs as GivenClusterArgs
from .compute.cluster import GivenClusterSettings as GivenClusterSettings
from .compute.contracts import Cluster as Cluster
from .compute.gcp.cluster import GcpCluster as GcpCluster
from .compute.gcp.cluster import GcpClusterArgs as GcpClusterArgs
from .compute.gcp.settings import GcpGpuPoolSettings as GcpGpuPoolSettings
from .compute.gcp.settings import GcpSettings as GcpSettings
from .compute.gpus import GpuNodes as GpuNodes
from .compute.gpus import GpuPoolSettings as GpuPoolSettings
from .compute.ground import ground as ground
from .compute.queues.contracts import TeamQueues as TeamQueues
from .compute.queues.definitions import KueueDefinitions as KueueDefinitions
from .compute.queues.definitions import KueueDefinitionsArgs as KueueDefinitionsArgs
from .compute.queues.kueue import Kueue as Kueue
from .compute.queues.kueue import KueueArgs as KueueArgs
from .compute.queues.queues import Queues as Queues
from .compute.queues.queues import QueuesArgs as QueuesArgs
from .compute.queues.settings import KueueSettings as KueueSettings
from .compute.queues.settings import QueueSettings as QueueSettings

# Data
from .data.alluxio.alluxio import Alluxio as Alluxio
from .data.alluxio.alluxio import AlluxioArgs as AlluxioArgs
from .data.alluxio.settings import AlluxioSettings as AlluxioSettings
from .data.contracts import Cache as Cache
from .data.contracts import EventLog as EventLog
from .data.contracts import FileCache as FileCache
from .data.contracts import Search as Search
from .data.dataset import Dataset as Dataset
from .data.dataset import DatasetArgs as DatasetArgs
from .data.dataset import DatasetSettings as DatasetSettings
from .data.fluid.contracts import DataPlane as DataPlane
from .data.fluid.contracts import Volume as Volume
from .data.fluid.definitions import FluidDefinitions as FluidDefinitions
from .data.fluid.definitions import FluidDefinitionsArgs as FluidDefinitionsArgs
from .data.fluid.fluid import Fluid as Fluid
from .data.fluid.fluid import FluidArgs as FluidArgs
from .data.fluid.settings import FluidSettings as FluidSettings
from .data.kafka import Kafka as Kafka
from .data.kafka import KafkaArgs as KafkaArgs
from .data.kafka import KafkaSettings as KafkaSettings
from .data.opensearch.opensearch import OpenSearch as OpenSearch
from .data.opensearch.opensearch import OpenSearchArgs as OpenSearchArgs
from .data.opensearch.opensearch import OpenSearchSettings as OpenSearchSettings
from .data.valkey import Valkey as Valkey
from .data.valkey import ValkeyArgs as ValkeyArgs
from .data.valkey import ValkeySettings as ValkeySettings

# The front door
from .edge.aws.dns import Route53Zone as Route53Zone
from .edge.aws.dns import Route53ZoneArgs as Route53ZoneArgs
from .edge.cert_manager.cert_manager import CertManager as CertManager
from .edge.cert_manager.cert_manager import CertManagerArgs as CertManagerArgs
from .edge.cert_manager.definitions import CertManagerDefinitions as CertManagerDefinitions
from .edge.cert_manager.definitions import CertManagerDefinitionsArgs as CertManagerDefinitionsArgs
from .edge.cert_manager.settings import CertManagerSettings as CertManagerSettings
from .edge.dns import DnsZone as DnsZone
from .edge.front_door.front_door import FrontDoor as FrontDoor
from .edge.front_door.front_door import FrontDoorArgs as FrontDoorArgs
from .edge.front_door.settings import FrontDoorSettings as FrontDoorSettings
from .edge.gcp.dns import CloudDnsZone as CloudDnsZone
from .edge.gcp.dns import CloudDnsZoneArgs as CloudDnsZoneArgs

# Features
from .features.contracts import FeatureStoreClient as FeatureStoreClient
from .features.feast import Feast as Feast
from .features.settings import REGISTRY_DATABASE as REGISTRY_DATABASE
from .features.settings import FeastArgs as FeastArgs
from .features.settings import FeastSettings as FeastSettings

# Governance
from .governance.admission import Admission as Admission
from .governance.admission import AdmissionArgs as AdmissionArgs
from .governance.admission import AdmissionSettings as AdmissionSettings
from .governance.rules import Rules as Rules

# Kubernetes
from .k8s.cloud import CloudIdentity as CloudIdentity
from .k8s.namespace import Namespace as Namespace
from .k8s.namespace import NamespaceArgs as NamespaceArgs
from .k8s.network import Outside as Outside
from .k8s.network import Peer as Peer
from .k8s.resources import Resources as Resources

# Metadata
from .metadata.contracts import MetadataServer as MetadataServer
from .metadata.contracts import Recipe as Recipe
from .metadata.datahub.engine import DataHub as DataHub
from .metadata.datahub.settings import DATAHUB_DATABASE as DATAHUB_DATABASE
from .metadata.datahub.settings import DataHubArgs as DataHubArgs
from .metadata.datahub.settings import DataHubSettings as DataHubSettings
from .metadata.ingestion import Ingestion as Ingestion
from .metadata.ingestion import IngestionArgs as IngestionArgs
from .metadata.ingestion import IngestionSettings as IngestionSettings

# Pipelines
from .pipelines.airflow.engine import Airflow as Airflow
from .pipelines.airflow.settings import AIRFLOW_DATABASE as AIRFLOW_DATABASE
from .pipelines.airflow.settings import AirflowArgs as AirflowArgs
from .pipelines.airflow.settings import AirflowSettings as AirflowSettings
from .pipelines.argo.argo import Argo as Argo
from .pipelines.argo.argo import ArgoArgs as ArgoArgs
from .pipelines.argo.configuration import ARGO_DATABASE as ARGO_DATABASE
from .pipelines.argo.definitions import ArgoDefinitions as ArgoDefinitions
from .pipelines.argo.definitions import ArgoDefinitionsArgs as ArgoDefinitionsArgs
from .pipelines.argo.settings import ArgoSettings as ArgoSettings
from .pipelines.contracts import GpuPool as GpuPool
from .pipelines.contracts import PipelineContext as PipelineContext
from .pipelines.luigi.engine import Luigi as Luigi
from .pipelines.luigi.settings import LUIGI_DATABASE as LUIGI_DATABASE
from .pipelines.luigi.settings import LuigiArgs as LuigiArgs
from .pipelines.luigi.settings import LuigiSettings as LuigiSettings
from .pipelines.mlrun.definitions import NuclioDefinitions as NuclioDefinitions
from .pipelines.mlrun.definitions import NuclioDefinitionsArgs as NuclioDefinitionsArgs
from .pipelines.mlrun.mlrun import MLRUN_DATABASE as MLRUN_DATABASE
from .pipelines.mlrun.mlrun import Mlrun as Mlrun
from .pipelines.mlrun.mlrun import MlrunArgs as MlrunArgs
from .pipelines.mlrun.settings import MlrunSettings as MlrunSettings
from .pipelines.prefect.engine import Prefect as Prefect
from .pipelines.prefect.settings import PREFECT_DATABASE as PREFECT_DATABASE
from .pipelines.prefect.settings import PrefectArgs as PrefectArgs
from .pipelines.prefect.settings import PrefectSettings as PrefectSettings
from .pipelines.space import PipelineSpace as PipelineSpace
from .pipelines.space import PipelineSpaceArgs as PipelineSpaceArgs
from .pipelines.space import Space as Space
from .pipelines.step import StepSettings as StepSettings

# Storage
from .storage.aws.buckets import S3Store as S3Store
from .storage.aws.buckets import S3StoreArgs as S3StoreArgs
from .storage.aws.database import Rds as Rds
from .storage.aws.database import RdsArgs as RdsArgs
from .storage.cloud import BucketStore as BucketStore
from .storage.cloud import CloudDatabaseSettings as CloudDatabaseSettings
from .storage.cloud import CloudStoreSettings as CloudStoreSettings
from .storage.cloud import SqlService as SqlService
from .storage.cloudnative_pg.cluster import PostgresCluster as PostgresCluster
from .storage.cloudnative_pg.cluster import PostgresClusterArgs as PostgresClusterArgs
from .storage.cloudnative_pg.contracts import DatabaseOperator as DatabaseOperator
from .storage.cloudnative_pg.definitions import CloudNativePgDefinitions as CloudNativePgDefinitions
from .storage.cloudnative_pg.definitions import CloudNativePgDefinitionsArgs as CloudNativePgDefinitionsArgs
from .storage.cloudnative_pg.operator import CloudNativePg as CloudNativePg
from .storage.cloudnative_pg.operator import CloudNativePgArgs as CloudNativePgArgs
from .storage.cloudnative_pg.settings import CloudNativePgSettings as CloudNativePgSettings
from .storage.cloudnative_pg.settings import OperatedDatabaseSettings as OperatedDatabaseSettings
from .storage.contracts import Bucket as Bucket
from .storage.contracts import MySqlClient as MySqlClient
from .storage.contracts import MySqlServer as MySqlServer
from .storage.contracts import SqlClient as SqlClient
from .storage.contracts import SqlServer as SqlServer
from .storage.contracts import Tls as Tls
from .storage.database import Database as Database
from .storage.database import DatabaseArgs as DatabaseArgs
from .storage.gcp.buckets import GcsStore as GcsStore
from .storage.gcp.buckets import GcsStoreArgs as GcsStoreArgs
from .storage.gcp.database import CloudSql as CloudSql
from .storage.gcp.database import CloudSqlArgs as CloudSqlArgs
from .storage.mariadb import MariaDb as MariaDb
from .storage.mariadb import MariaDbArgs as MariaDbArgs
from .storage.mariadb import MariaDbSettings as MariaDbSettings
from .storage.mysql_database import MySqlDatabase as MySqlDatabase
from .storage.mysql_database import MySqlDatabaseArgs as MySqlDatabaseArgs
from .storage.object_store import ObjectStore as ObjectStore
from .storage.object_store import ObjectStoreArgs as ObjectStoreArgs
from .storage.object_store import ObjectStoreSettings as ObjectStoreSettings
from .storage.postgres import Postgres as Postgres
from .storage.postgres import PostgresArgs as PostgresArgs
from .storage.postgres import PostgresSettings as PostgresSettings

# Tracking
from .tracking.contracts import TrackingServer as TrackingServer
from .tracking.mlflow import AUTH_DATABASE as AUTH_DATABASE
from .tracking.mlflow import TRACKING_DATABASE as TRACKING_DATABASE
from .tracking.mlflow import Mlflow as Mlflow
from .tracking.mlflow import MlflowArgs as MlflowArgs
from .tracking.mlflow import MlflowSettings as MlflowSettings
from .tracking.model_server import ModelServer as ModelServer
from .tracking.model_server import ModelServerArgs as ModelServerArgs
from .tracking.model_server import ModelServerSettings as ModelServerSettings
from .tracking.project import MlflowProject as MlflowProject
from .tracking.project import ProjectArgs as ProjectArgs
from .tracking.project import ProjectSettings as ProjectSettings

__version__: str
