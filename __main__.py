"""One environment of the platform, from the machines up."""

from collections.abc import Callable

from pulumi import Output, Resource, ResourceOptions, export, get_stack

from components.base import Args
from components.compute.ground import ground
from components.compute.queues.definitions import KueueDefinitions, KueueDefinitionsArgs
from components.compute.queues.kueue import Kueue, KueueArgs
from components.compute.queues.queues import Queues, QueuesArgs
from components.data.alluxio.alluxio import Alluxio, AlluxioArgs
from components.data.dataset import Dataset, DatasetArgs
from components.data.fluid.definitions import FluidDefinitions, FluidDefinitionsArgs
from components.data.fluid.fluid import Fluid, FluidArgs
from components.data.kafka import Kafka, KafkaArgs
from components.data.opensearch.opensearch import OpenSearch, OpenSearchArgs
from components.data.valkey import Valkey, ValkeyArgs
from components.edge.cert_manager.cert_manager import CertManager, CertManagerArgs
from components.edge.cert_manager.definitions import CertManagerDefinitions, CertManagerDefinitionsArgs
from components.edge.front_door.front_door import FrontDoor, FrontDoorArgs
from components.features.feast import Feast
from components.features.settings import REGISTRY_DATABASE, FeastArgs
from components.governance.admission import Admission, AdmissionArgs
from components.k8s.namespace import Namespace, NamespaceArgs
from components.metadata.contracts import Recipe
from components.metadata.datahub.engine import DataHub
from components.metadata.datahub.settings import DATAHUB_DATABASE, DataHubArgs
from components.metadata.ingestion import Ingestion, IngestionArgs
from components.pipelines.airflow.engine import Airflow
from components.pipelines.airflow.settings import AIRFLOW_DATABASE, AirflowArgs
from components.pipelines.argo.argo import Argo, ArgoArgs
from components.pipelines.argo.configuration import ARGO_DATABASE
from components.pipelines.argo.definitions import ArgoDefinitions, ArgoDefinitionsArgs
from components.pipelines.contracts import PipelineContext
from components.pipelines.luigi.engine import Luigi
from components.pipelines.luigi.settings import LUIGI_DATABASE, LuigiArgs
from components.pipelines.mlrun.definitions import NuclioDefinitions, NuclioDefinitionsArgs
from components.pipelines.mlrun.mlrun import MLRUN_DATABASE, Mlrun, MlrunArgs
from components.pipelines.prefect.engine import Prefect
from components.pipelines.prefect.settings import PREFECT_DATABASE, PrefectArgs
from components.pipelines.space import PipelineSpace, PipelineSpaceArgs, Space
from components.storage.cloud import CloudDatabaseSettings, CloudStoreSettings
from components.storage.cloudnative_pg.operated import operated
from components.storage.cloudnative_pg.settings import OperatedDatabaseSettings
from components.storage.contracts import MySqlClient, SqlClient
from components.storage.database import Database, DatabaseArgs
from components.storage.mariadb import MariaDb, MariaDbArgs
from components.storage.mysql_database import MySqlDatabase, MySqlDatabaseArgs
from components.storage.object_store import ObjectStore, ObjectStoreArgs
from components.storage.postgres import Postgres, PostgresArgs
from components.tracking.mlflow import AUTH_DATABASE, TRACKING_DATABASE, Mlflow, MlflowArgs
from components.tracking.model_server import ModelServer, ModelServerArgs
from components.tracking.project import MlflowProject, ProjectArgs
from stacks.admission import rules
from stacks.environment import ARTIFACTS, BUCKETS, FEATURES, PIPELINES, Environment
from stacks.front_door import authorities, client_secret, shown
from stacks.queues import places

env = Environment.load()
access, door_secret = env.reached, client_secret(env)
endpoints, datasets = {}, {}
recipes: dict[str, Recipe] = {}  # how the metadata catalogue reads each layer that is on

cluster = ground("cluster", env.cluster)
inside = ResourceOptions(provider=cluster.kubernetes)
gpu = env.pipelines.gpu.of(cluster.gpu_pools) if env.pipelines and env.pipelines.gpu else None


def namespace(layer: str, name: str, level: str = "restricted", *needed: Resource) -> Output[str]:
    # Whatever mounted a volume has to take it off again: Fluid goes after the last pods that read a data set.
    mounting = [fluid] if name in env.dataset_namespaces else []
    opts = ResourceOptions.merge(inside, ResourceOptions(depends_on=[*needed, *mounting]))
    return Namespace(layer, NamespaceArgs(name=name, level=level), opts).name


def on_kinds(kinds: Callable[..., Resource], name: str, args: Args) -> ResourceOptions:
    """For what stands on kinds of its own, which a cluster has once: they are made, or taken over."""
    made = kinds(name, args, ResourceOptions(provider=cluster.shared))
    return ResourceOptions.merge(inside, ResourceOptions(depends_on=[made]))


def records(layer: str, owner: str, *names: str) -> SqlClient:
    """Databases of its own for one system."""
    rotation = env.database.password_rotation
    server, place = postgres.server, databases
    args = DatabaseArgs(server=server, namespace=place, owner=owner, names=names, password_rotation=rotation)
    return Database(f"{layer}-records", args, inside).client


def mysql_records(layer: str, owner: str, *names: str) -> MySqlClient:
    """The same on MySQL."""
    rotation = env.mysql.password_rotation
    server, place = mysql.server, mysql_place
    args = MySqlDatabaseArgs(server=server, namespace=place, owner=owner, names=names, password_rotation=rotation)
    return MySqlDatabase(f"{layer}-records", args, inside).client


def space(engine: str, name: str) -> Space:
    """Where that engine's steps run, with a folder of its own for what they keep."""
    context = PipelineContext(
        tracking=tracking.tracking,
        artifacts=store.bucket(PIPELINES, engine),
        gpu=gpu,
        datasets=datasets,
        features=features.client if env.features else None,
        queues=queues.queues if env.queues else None,
        queue=env.pipelines.queue,
    )
    # Its last pods end with Kueue's help, so it goes before that.
    place = namespace(f"{engine}-runs", name, "restricted", *([queues] if env.queues else []))
    args = PipelineSpaceArgs(namespace=place, context=context, steps=env.pipelines.steps)
    return PipelineSpace(f"{engine}-steps", args, inside).space


if env.fluid:
    kept = FluidDefinitionsArgs(keep=env.fluid.keep_definitions)
    fluid = Fluid(
        "fluid",
        FluidArgs(
            settings=env.fluid,
            namespace=namespace("fluid", env.fluid.namespace),
            # Its pods mount file systems for the node that they are on, which is what `privileged` means.
            node_namespace=namespace("fluid-nodes", env.fluid.node_namespace, "privileged"),
            # So do the pods that show a bucket as a file system.
            datasets_namespace=namespace("datasets", env.fluid.datasets_namespace, "privileged"),
            kubelet_root=env.cluster.kubelet_root,
        ),
        on_kinds(FluidDefinitions, "fluid-kinds", kept),
    )

if env.admission:
    governance = namespace("governance", env.admission.namespace)
    args = AdmissionArgs(settings=env.admission, namespace=governance, rules=rules(get_stack()))
    Admission("admission", args, inside)

if env.queues:
    pools = places(env, cluster.gpu_pools)
    kept = KueueDefinitionsArgs(keep=env.queues.controller.keep_definitions)
    kueue = Kueue(
        "kueue",
        KueueArgs(
            settings=env.queues.controller,
            namespace=namespace("kueue", env.queues.controller.namespace),
            namespaces=env.run_namespaces,
            devices=tuple(sorted({pool.resource for pool in pools.values()})) if env.pipelines.queue else (),
        ),
        on_kinds(KueueDefinitions, "kueue-kinds", kept),
    )
    args = QueuesArgs(settings=env.queues, controller=kueue.controller, namespaces=env.run_namespaces, pools=pools)
    queues = Queues("queues", args, inside)

if env.object_store:
    if isinstance(env.object_store, CloudStoreSettings):
        store = cluster.object_store("object-store", env.object_store, env.buckets)
    else:
        storage = namespace("storage", env.object_store.namespace)
        store = ObjectStore(
            "object-store",
            ObjectStoreArgs(
                settings=env.object_store,
                namespace=storage,
                buckets=env.buckets,
                folders=env.folders,
                access=access,
            ),
            inside,
        )
        endpoints["object-store"] = store.endpoint
    # What lies in the artefacts' bucket is told with the runs that have put it there.
    tables = dict.fromkeys(name for name in (*BUCKETS, *env.object_store.buckets) if name != ARTIFACTS)
    recipes |= {f"bucket-{name}": store.bucket(name).recipe for name in tables}

if env.database:
    databases = namespace("databases", env.database.namespace)
    if isinstance(env.database, CloudDatabaseSettings):
        postgres = cluster.database("postgres", env.database)
    elif isinstance(env.database, OperatedDatabaseSettings):
        postgres = operated(
            "postgres",
            env.database,
            namespace=databases,
            home=namespace("cloudnative-pg", env.database.operator.namespace),
            backups=store.bucket(env.database.backup.bucket) if env.database.backup else None,
            shared=cluster.shared,
            opts=inside,
        )
    else:
        postgres = Postgres("postgres", PostgresArgs(settings=env.database, namespace=databases), inside)

if env.cache:
    valkey = Valkey("valkey", ValkeyArgs(settings=env.cache, namespace=namespace("cache", env.cache.namespace)), inside)

if env.event_log:
    events = namespace("event-log", env.event_log.namespace)
    kafka = Kafka("kafka", KafkaArgs(settings=env.event_log, namespace=events), inside)

if env.search:
    index = namespace("search", env.search.namespace)
    search = OpenSearch("opensearch", OpenSearchArgs(settings=env.search, namespace=index, access=access), inside)
    endpoints["opensearch"] = search.endpoint

if env.alluxio:
    Alluxio(
        "alluxio",
        AlluxioArgs(
            settings=env.alluxio,
            namespace=namespace("alluxio", env.alluxio.namespace),
            bucket=store.bucket(env.alluxio.bucket),
        ),
        inside,
    )

for name, settings in env.datasets.items():
    pool = gpu.placement(1) if settings.on_gpu_pool else None
    args = DatasetArgs(settings=settings, plane=fluid.plane, bucket=store.bucket(settings.bucket), pool=pool)
    dataset = Dataset(name, args, inside)
    datasets[name], recipes[f"dataset-{name}"] = dataset.volume, dataset.recipe

if env.mysql:
    mysql_place = namespace("mysql", env.mysql.namespace)
    mysql = MariaDb("mariadb", MariaDbArgs(settings=env.mysql, namespace=mysql_place), inside)

if env.tracking:
    tracking = Mlflow(
        "mlflow",
        MlflowArgs(
            settings=env.tracking,
            namespace=namespace("tracking", env.tracking.namespace),
            artifacts=store.bucket(ARTIFACTS),
            database=records("tracking", "mlflow", TRACKING_DATABASE, AUTH_DATABASE),
            access=access,
        ),
        inside,
    )
    endpoints["mlflow"] = tracking.endpoint
    recipes["mlflow"] = tracking.tracking.recipe

if env.projects:
    projects = namespace("projects", env.projects_namespace)
for name, settings in env.projects.items():
    MlflowProject(name, ProjectArgs(settings=settings, namespace=projects, tracking=tracking.tracking), inside)

if env.model_servers:
    serving = namespace("serving", env.serving_namespace)
for name, settings in env.model_servers.items():
    model = ModelServer(
        name,
        ModelServerArgs(settings=settings, namespace=serving, tracking=tracking.tracking, access=access),
        inside,
    )
    endpoints[name] = model.endpoint

if env.features:
    features = Feast(
        "feast",
        FeastArgs(
            settings=env.features,
            namespace=namespace("features", env.features.namespace),
            database=records("features", "feast", REGISTRY_DATABASE),
            files=store.bucket(FEATURES),
            cache=valkey.cache if env.cache else None,
            readers=env.run_namespaces,
            access=access,
        ),
        inside,
    )
    endpoints |= features.endpoints
    recipes["feast"] = features.recipe

if env.argo:
    kept = ArgoDefinitionsArgs(keep=env.argo.keep_definitions)
    argo = Argo(
        "argo",
        ArgoArgs(
            settings=env.argo,
            namespace=namespace("argo", env.argo.namespace),
            space=space("argo", env.argo.runs_namespace),
            database=records("argo", "argo", ARGO_DATABASE),
            access=access,
        ),
        on_kinds(ArgoDefinitions, "argo-kinds", kept),
    )
    endpoints["argo"] = argo.endpoint

if env.prefect:
    prefect = Prefect(
        "prefect",
        PrefectArgs(
            settings=env.prefect,
            namespace=namespace("prefect", env.prefect.namespace),
            space=space("prefect", env.prefect.runs_namespace),
            database=records("prefect", "prefect", PREFECT_DATABASE),
            cache=valkey.cache if env.cache else None,
            access=access,
        ),
        inside,
    )
    endpoints["prefect"] = prefect.endpoint
    recipes["prefect"] = prefect.recipe

if env.luigi:
    luigi = Luigi(
        "luigi",
        LuigiArgs(
            settings=env.luigi,
            namespace=namespace("luigi", env.luigi.namespace),
            space=space("luigi", env.luigi.runs_namespace),
            database=records("luigi", "luigi", LUIGI_DATABASE),
            access=access,
        ),
        inside,
    )
    endpoints["luigi"] = luigi.endpoint

if env.airflow:
    airflow = Airflow(
        "airflow",
        AirflowArgs(
            settings=env.airflow,
            namespace=namespace("airflow", env.airflow.namespace),
            space=space("airflow", env.airflow.runs_namespace),
            database=records("airflow", "airflow", AIRFLOW_DATABASE),
            artifacts=store.bucket(PIPELINES, "airflow"),
            access=access,
        ),
        inside,
    )
    endpoints["airflow"] = airflow.endpoint
    recipes["airflow"] = airflow.recipe

if env.mlrun:
    nuclio = env.mlrun.nuclio
    kept = NuclioDefinitionsArgs(keep=nuclio.keep_definitions) if nuclio else None
    mlrun = Mlrun(
        "mlrun",
        MlrunArgs(
            settings=env.mlrun,
            namespace=namespace("mlrun", env.mlrun.namespace),
            space=space("mlrun", env.mlrun.runs_namespace),
            database=mysql_records("mlrun", "mlrun", MLRUN_DATABASE),
            artifacts=store.bucket(PIPELINES, "mlrun"),
            access=access,
        ),
        on_kinds(NuclioDefinitions, "nuclio-kinds", kept) if kept else inside,
    )
    endpoints |= {"mlrun": mlrun.endpoint, "mlrun-ui": mlrun.ui}

if env.metadata:
    catalogue = namespace("metadata", env.metadata.namespace)
    on_sql = mysql_records if env.metadata.sql == "mysql" else records
    datahub = DataHub(
        "datahub",
        DataHubArgs(
            settings=env.metadata,
            namespace=catalogue,
            database=on_sql("metadata", "datahub", DATAHUB_DATABASE),
            event_log=kafka.log,
            search=search.search,
            access=access,
        ),
        inside,
    )
    endpoints["datahub"] = datahub.endpoint
    Ingestion(
        "ingestion",
        IngestionArgs(settings=env.metadata.ingestion, namespace=catalogue, server=datahub.server, recipes=recipes),
        inside,
    )

zone = cluster.dns_zone("front-door", env.front_door.dns.zone) if env.front_door and env.front_door.dns.zone else None

if env.cert_manager:
    proof = zone if env.front_door and env.front_door.proves_in_its_zone else None
    kept = CertManagerDefinitionsArgs(keep=env.cert_manager.keep_definitions)
    certificates = CertManager(
        "cert-manager",
        CertManagerArgs(
            settings=env.cert_manager,
            namespace=namespace("cert-manager", env.cert_manager.namespace),
            cloud=proof.identity if proof else None,
            reaches=authorities(env) | ({"zone": proof.peer} if proof else {}),
        ),
        on_kinds(CertManagerDefinitions, "cert-manager-kinds", kept),
    )

if env.front_door:
    # Its Certificate is refused before cert-manager answers, and what that asked for goes with cert-manager's help.
    signer = [certificates] if env.cert_manager else []
    door = FrontDoor(
        "front-door",
        FrontDoorArgs(
            settings=env.front_door,
            namespace=namespace("front-door", env.front_door.namespace, "restricted", *signer),
            pages=shown(env, endpoints),
            client_secret=door_secret,
            zone=zone,
        ),
        inside,
    )
    export("frontDoor", {"address": door.address, "urls": door.urls})

export("endpoints", {system: endpoint.export() for system, endpoint in endpoints.items()})
