"""Which page tells of which components, and where in it the facts stand."""

from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
_OF = {
    "components/admission.md": ("Admission",),
    "components/airflow.md": ("Airflow",),
    "components/alluxio.md": ("Alluxio",),
    "components/argo.md": ("Argo", "ArgoDefinitions"),
    "components/aws.md": ("AwsCluster", "S3Store", "Rds", "Route53Zone"),
    "components/gcp.md": ("GcpCluster", "GcsStore", "CloudSql", "CloudDnsZone"),
    "components/cert-manager.md": ("CertManager", "CertManagerDefinitions"),
    "components/cloudnative-pg.md": ("CloudNativePg", "CloudNativePgDefinitions", "PostgresCluster"),
    "components/cluster.md": ("GivenCluster", "Namespace"),
    "components/datahub.md": ("DataHub", "Ingestion"),
    "components/feast.md": ("Feast",),
    "components/fluid.md": ("Fluid", "FluidDefinitions", "Dataset"),
    "components/front-door.md": ("FrontDoor",),
    "components/kafka.md": ("Kafka",),
    "components/kueue.md": ("Kueue", "KueueDefinitions", "Queues"),
    "components/luigi.md": ("Luigi",),
    "components/mariadb.md": ("MariaDb", "MySqlDatabase"),
    "components/mlflow.md": ("Mlflow", "MlflowProject", "ModelServer"),
    "components/mlrun.md": ("Mlrun", "NuclioDefinitions"),
    "components/object-store.md": ("ObjectStore",),
    "components/opensearch.md": ("OpenSearch",),
    "components/postgres.md": ("Postgres", "Database"),
    "components/prefect.md": ("Prefect",),
    "components/valkey.md": ("Valkey",),
    "pipelines.md": ("PipelineSpace",),
}
COMPONENTS = {name for names in _OF.values() for name in names}
PAGES = {DOCS / page: names for page, names in _OF.items()}
BEGIN, END = "<!-- facts: make docs -->\n", "<!-- end of facts -->\n"


def with_facts(page: Path, text: str) -> str:
    """The page with its facts as they are now: between the two marks, or at its end where there are none yet."""
    from reference.facts import facts  # which asks here what has a page of its own

    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before.rstrip()}\n\n{BEGIN}{facts(PAGES[page])}{END}{after}"


def current(page: Path, text: str) -> bool:
    return with_facts(page, text) == text
