"""What MLRun's API reads from its environment: the keys of its configuration in capitals, levels joined by `__`."""

from pulumi import Input, Output

from ...base import Text
from ...catalog import image
from ...storage.contracts import Bucket
from ..space import Space
from .settings import MlrunSettings

PORT = 8080
DATA = "/mlrun/db"


def environment(
    settings: MlrunSettings, space: Space, artifacts: Bucket, api: Text, chief: Text, nuclio: Text | None
) -> dict[str, Input[str]]:
    """The plain part, alike for chief and workers. `api`, `chief` and `nuclio` are the addresses of Services."""
    projects = Output.concat(artifacts.url, "/projects/")
    return {
        "HOME": "/tmp",
        "GIT_PYTHON_REFRESH": "quiet",
        # At INFO it prints its whole configuration when it starts, passwords included.
        "MLRUN_LOG_LEVEL": "WARNING",
        "MLRUN_NAMESPACE": space.namespace,
        "MLRUN_HTTPDB__PORT": str(PORT),
        "MLRUN_HTTPDB__DIRPATH": DATA,
        "MLRUN_HTTPDB__LOGS_PATH": f"{DATA}/logs",
        "MLRUN_HTTPDB__API_URL": api,
        "MLRUN_HTTPDB__CLUSTERIZATION__CHIEF__URL": chief,
        # Basic authentication it has as well, but its own client can't do that.
        "MLRUN_HTTPDB__AUTHENTICATION__MODE": "bearer",
        # There never was a database in a file to move over, the server's modes are not this user's to set, and back-ups
        # are made from outside: its own would put the password on a command line.
        "MLRUN_HTTPDB__DB__DATABASE_MIGRATION_MODE": "disabled",
        "MLRUN_HTTPDB__DB__MYSQL__MODES": "none",
        "MLRUN_HTTPDB__DB__BACKUP__MODE": "disabled",
        "MLRUN_RUNS_MONITORING_INTERVAL": str(settings.watch_interval),
        "MLRUN_RUNTIME_RESOURCES_DELETION_GRACE_PERIOD": str(settings.keep_pods),
        # No registry, so no builds: a builder is root in its pod, which the level `restricted` refuses.
        "MLRUN_HTTPDB__BUILDER__DOCKER_REGISTRY": "",
        # A list of functions on the internet.
        "MLRUN_HUB__DEFAULT_SOURCE__CREATE": "false",
        **_jobs(space),
        **_files(artifacts, projects),
        **_nuclio(settings, nuclio),
    }


def _jobs(space: Space) -> dict[str, Input[str]]:
    """Defaults of the pods that it starts. What is secret they get by reference, so nothing is mounted of itself."""
    jobs: dict[str, Input[str]] = {
        "MLRUN_FUNCTION__SPEC__SERVICE_ACCOUNT__DEFAULT": space.account,
        "MLRUN_STORAGE__AUTO_MOUNT_TYPE": "none",
    }
    if space.context.pull_secrets:
        jobs["MLRUN_FUNCTION__SPEC__IMAGE_PULL_SECRET__DEFAULT"] = space.context.pull_secrets[0]
    return jobs


def _files(artifacts: Bucket, projects: Output[str]) -> dict[str, Input[str]]:
    """Every default that would otherwise lead to Iguazio's own store, and what S3 clients read."""
    prefix = Output.concat(projects, "{project}/FeatureStore/{name}/{kind}")
    files: dict[str, Input[str]] = {
        **artifacts.environment,
        "MLRUN_ARTIFACT_PATH": Output.concat(projects, "{{run.project}}/artifacts"),
        "MLRUN_HTTPDB__ALLOWED_FILE_PATHS": Output.concat(artifacts.url, "/"),
        "MLRUN_FEATURE_STORE__DATA_PREFIXES__DEFAULT": prefix,
        "MLRUN_FEATURE_STORE__DATA_PREFIXES__NOSQL": prefix,
        "MLRUN_FEATURE_STORE__DEFAULT_TARGETS": "parquet",
    }
    if artifacts.endpoint is not None:
        # The one is read since 1.10, the other before.
        files |= {"AWS_ENDPOINT_URL_S3": artifacts.endpoint, "S3_ENDPOINT_URL": artifacts.endpoint}
    return files


def _nuclio(settings: MlrunSettings, dashboard: Text | None) -> dict[str, Input[str]]:
    if settings.nuclio is None or dashboard is None:
        return {"MLRUN_NUCLIO_MODE": "disabled"}
    return {
        "MLRUN_NUCLIO_MODE": "enabled",
        "MLRUN_NUCLIO_DASHBOARD_URL": dashboard,
        # Told, so that it need not ask the dashboard before it can answer a client.
        "MLRUN_NUCLIO_VERSION": image("nuclio-dashboard").version.partition("-")[0],
        "MLRUN_HTTPDB__PROJECTS__FOLLOWERS": "nuclio" if settings.nuclio.follow_projects else "",
    }
