"""Ready-made wires and components for the tests of what stands on them."""

from components.data.contracts import EventLog, Search
from components.k8s.network import Peer
from components.pipelines.contracts import GpuPool, PipelineContext
from components.pipelines.space import PipelineSpace, PipelineSpaceArgs, Space
from components.pipelines.step import StepSettings
from components.storage.contracts import Bucket, MySqlClient, MySqlServer, SqlClient, SqlServer
from components.tracking.contracts import TrackingServer

BUCKET = {
    "name": "mlflow",
    "region": "us-east-1",
    "endpoint": "http://object-store.storage:8333",
    "access_key": "mlflow",
    "secret_key": "the-bucket-key",
}


def bucket() -> Bucket:
    return Bucket(**BUCKET, peer=Peer("storage", {"app": "store"}, (8333,)))


def sql_server() -> SqlServer:
    return SqlServer(
        host="postgres.databases",
        username="postgres",
        password="the-admin-password",
        image="docker.io/library/postgres:15",
        peer=Peer("databases", {"app": "postgres"}, (5432,)),
    )


def sql_client() -> SqlClient:
    return SqlClient(
        host="postgres.databases",
        port=5432,
        username="mlflow",
        password="the-database-password",
        peer=Peer("databases", {"app": "postgres"}, (5432,)),
    )


def mysql_server() -> MySqlServer:
    return MySqlServer(
        host="mariadb.mysql",
        username="root",
        password="the-admin-password",
        image="docker.io/library/mariadb:10.11",
        peer=Peer("mysql", {"app": "mariadb"}, (3306,)),
    )


def mysql_client() -> MySqlClient:
    return MySqlClient(
        host="mariadb.mysql",
        port=3306,
        username="mlrun",
        password="the-mysql-password",
        peer=Peer("mysql", {"app": "mariadb"}, (3306,)),
    )


def tracking_server() -> TrackingServer:
    return TrackingServer(
        url="http://mlflow.tracking:5000",
        username="admin",
        password="the-tracking-password",
        peer=Peer("tracking", {"app": "mlflow"}, (5000,)),
    )


STEPS = {
    "training": StepSettings(source="examples/training", command=["python", "train.py"], env={"DEPTH": "3"}),
    "accelerated": StepSettings(source="examples/training", command=["python", "train.py"], gpus=1),
}


def pipeline_space(gpu: GpuPool | None = None, engine: str = "luigi") -> Space:
    """Where an engine's steps run, with two steps; the second one asks for a GPU."""
    context = PipelineContext(tracking=tracking_server(), artifacts=bucket(), gpu=gpu)
    args = PipelineSpaceArgs(namespace=f"{engine}-runs", context=context, steps=STEPS)
    return PipelineSpace(f"{engine}-steps", args).space


def event_log() -> EventLog:
    return EventLog(
        bootstrap="kafka.event-log:9092",
        brokers=3,
        username="platform",
        password="the-kafka-password",
        peer=Peer("event-log", {"app": "kafka"}, (9092,)),
    )


def search() -> Search:
    return Search(
        host="opensearch.search",
        username="platform",
        password="the-search-password",
        authority="the-authority",
        peer=Peer("search", {"app": "opensearch"}, (9200,)),
    )
