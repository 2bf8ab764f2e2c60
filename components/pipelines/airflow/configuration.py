"""Airflow's configuration, all of it in environment variables, and which pods are given which part."""

import json
from typing import Any

from pulumi import Output

from ...base import Text
from ...storage.contracts import Bucket
from .settings import AIRFLOW_DATABASE, AirflowArgs, DagsSettings

API_PORT, HEALTH_PORT, TASK_LOGS_PORT, TRIGGER_LOGS_PORT = 8080, 8974, 8793, 8794

STEPS = "/opt/airflow/steps"
"""Where the platform's own DAGs lie, with the pods that they start."""

TEMPLATES = "/opt/airflow/pod_templates"
WORKER_TEMPLATE = "worker.json"

_QUEUED_FOR = 600

_ALWAYS: dict[str, Text] = {
    "HOME": "/tmp",
    # Here Airflow writes its configuration and local logs; the image's own folder is read-only.
    "AIRFLOW_HOME": "/tmp/airflow",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
    "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
}


def everywhere(name: str, args: AirflowArgs) -> dict[str, Text]:
    """For servers and tasks alike: nothing here opens the database or another's password."""
    execution_api = Output.concat("http://", name, ".", args.namespace, f":{API_PORT}/execution/")
    return {
        **_ALWAYS,
        "AIRFLOW__CORE__DAGS_FOLDER": "/opt/airflow/dags",
        "AIRFLOW__CORE__PLUGINS_FOLDER": "/opt/airflow/plugins",
        "AIRFLOW__CORE__EXECUTOR": args.settings.executor,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": execution_api,
        # Pods are found by their address: their names are in no DNS.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "airflow.utils.net.get_host_ip_address",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles(args.settings.dags)),
        # Importing Airflow's providers alone takes a busy machine longer than the half minute that is usual.
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
        # A task outlives a restart of the API server, and a busy one: it has a step's pod in its care.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "10",
        "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "20",
        **logs(args.artifacts),
        **_git(args.settings.dags),
        **args.artifacts.environment,
    }


def set_up(args: AirflowArgs, database: Text) -> dict[str, Text]:
    """For what works on the database alone, so that no other setting makes it run again."""
    return {
        **_ALWAYS,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": args.database.url(AIRFLOW_DATABASE, "postgresql+asyncpg"),
    }


def servers(name: str, args: AirflowArgs, database: Text) -> dict[str, Text]:
    """For Airflow's own processes; `database` is the address of the one that is up to date."""
    settings = args.settings
    return {
        **everywhere(name, args),
        **set_up(args, database),
        "AIRFLOW__CORE__PARALLELISM": str(settings.parallelism),
        "AIRFLOW__API__WORKERS": str(settings.api_server.workers),
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "True",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": str(_QUEUED_FOR),
        # A task's token is made when it is queued, and must still be good when its pod starts at last.
        "AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME": str(_QUEUED_FOR + 300),
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "180",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": str(settings.dag_processor.parsing_processes),
        "AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE": args.space.namespace,
        "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE": f"{TEMPLATES}/{WORKER_TEMPLATE}",
        "AIRFLOW__KUBERNETES_EXECUTOR__WORKER_PODS_CREATION_BATCH_SIZE": "16",
        **_behind_proxy(settings.public_url or args.access.page_url(name)),
    }


def logs(bucket: Bucket) -> dict[str, Text]:
    """Where the logs of tasks go, and by which connection.

    That holds no key: it is in the environment too, from a Secret, or the pod has an identity that the cloud knows.
    """
    connections: dict[str, tuple[str, dict[str, Any]]] = {
        "s3": ("aws_default", {"conn_type": "aws", "extra": {"region_name": bucket.region}}),
        "gs": ("google_cloud_default", {"conn_type": "google_cloud_platform"}),
    }
    name, connection = connections[bucket.scheme]
    return {
        "AIRFLOW__LOGGING__REMOTE_LOGGING": "True",
        "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": Output.concat(bucket.url, "/logs"),
        "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID": name,
        f"AIRFLOW_CONN_{name.upper()}": json.dumps(connection),
    }


def bundles(dags: DagsSettings) -> list[dict[str, Any]]:
    """The platform's DAGs, and the users'."""
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    steps = {"name": "steps", "classpath": local, "kwargs": {"path": STEPS}}
    if dags.from_ == "image":
        return [steps, {"name": "image", "classpath": local, "kwargs": {}}]
    repository = {"repo_url": dags.url, "tracking_ref": dags.ref, "subdir": dags.subdir}
    kwargs = {key: value for key, value in repository.items() if value} | {"refresh_interval": dags.refresh}
    return [steps, {"name": "git", "classpath": "airflow.providers.git.bundles.git.GitDagBundle", "kwargs": kwargs}]


def _git(dags: DagsSettings) -> dict[str, Text]:
    """An open repository needs a connection too, if an empty one: its lack would be logged at each look."""
    anonymous = dags.from_ == "git" and not dags.credentials
    return {"AIRFLOW_CONN_GIT_DEFAULT": json.dumps({"conn_type": "git"})} if anonymous else {}


def _behind_proxy(public_url: str | None) -> dict[str, Text]:
    if public_url is None:
        return {}
    return {
        "AIRFLOW__API__BASE_URL": public_url,
        "AIRFLOW__FAB__ENABLE_PROXY_FIX": "True",
        "AIRFLOW__FAB__COOKIE_SECURE": str(public_url.startswith("https://")),
    }
