"""MLflow on a cluster, a bucket and a database that this program has already."""

from exquisite_mlops import Bucket, Mlflow, MlflowArgs, Namespace, NamespaceArgs, Outside, SqlClient
from pulumi import Config, ResourceOptions, export
from pulumi_kubernetes import Provider

config = Config()
secret = config.require_secret
cluster = ResourceOptions(provider=Provider("cluster", context=config.get("context")))
way = Outside(ways=((config.require("outside"), (443, 5432)),))
bucket = Bucket(
    name="experiments",
    region="eu-central-1",
    endpoint=config.require("bucketEndpoint"),
    access_key=secret("bucketKey"),
    secret_key=secret("bucketSecret"),
    peer=way,
)
host, password = config.require("databaseHost"), secret("databasePassword")
database = SqlClient(host=host, port=5432, username="mlflow", password=password, peer=way)
place = Namespace("experiments", NamespaceArgs(name="experiments"), cluster)
mlflow = Mlflow("mlflow", MlflowArgs(namespace=place.name, artifacts=bucket, database=database), cluster)
export("mlflow", mlflow.endpoint.export())
