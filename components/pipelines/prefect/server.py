"""Prefect's server: the API with its page, the services behind it, and the Job that brings its database up to date."""

from dataclasses import replace

from pulumi import Input, Output

from ...base import Text
from ...data.contracts import Cache
from ...k8s.labels import Identity
from ...k8s.probes import Probes
from ...k8s.resources import Resources
from ...k8s.workload import Workload
from ...storage.contracts import SqlClient
from .runtime import QUIET, tool
from .settings import PREFECT_DATABASE, PrefectArgs

PORT = 4200
_API_ALONE = "--no-services"

# In memory, each of these holds for one process alone; all have to move together.
_SHARED = {
    "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
    "PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_QUEUE_STORAGE": "prefect_redis.cleanup_queue",
}


def credentials(login: Output[str], database: SqlClient, cache: Cache | None) -> dict[str, Output[str]]:
    """For the Secret that the server's pods read as their environment."""
    known = {"PREFECT_SERVER_API_AUTH_STRING": login, "PREFECT_SERVER_DATABASE_PASSWORD": database.password}
    if cache is None:
        return known
    return {**known, "PREFECT_REDIS_MESSAGING_URL": cache.url, "PREFECT_SERVER_DOCKET_URL": cache.url}


def api(name: str, args: PrefectArgs, secret: Text) -> Workload:
    """One replica runs the background services too, and must not run twice: they'd do each piece of work twice."""
    settings = args.settings
    alone = settings.replicas == 1
    return replace(
        tool(Identity("prefect", name), settings.server),
        command=["prefect", "server", "start"],
        args=["--host=0.0.0.0", f"--port={PORT}", *([] if alone else [_API_ALONE])],
        ports={"http": PORT},
        env=_environment(args),
        secrets=[secret],
        probes=Probes(port=PORT, path="/api/health", starts_within=300, timeout=10),
        replicas=settings.replicas,
        recreate=alone,
    )


def migration(server: Workload) -> Workload:
    """Brings the database to the image's version; safe to repeat."""
    return replace(
        server,
        identity=replace(server.identity, component="migration"),
        command=["prefect", "server", "database", "upgrade", "-y"],
        args=None,
        ports={},
        probes=None,
        replicas=1,
        recreate=False,
    )


def services(server: Workload, resources: Resources) -> Workload:
    """Schedules, late runs, automations: a server that no Service leads to, and that tells its health all the same."""
    return replace(
        server,
        identity=replace(server.identity, component="services"),
        args=[argument for argument in server.args or () if argument != _API_ALONE],
        resources=resources,
        replicas=1,
    )


def _environment(args: PrefectArgs) -> dict[str, Input[str]]:
    database = args.database
    shared = _SHARED if args.settings.replicas > 1 else {}
    return {
        **QUIET,
        **shared,
        # In parts, so that the password can come from a Secret.
        "PREFECT_SERVER_DATABASE_DRIVER": "postgresql+asyncpg",
        "PREFECT_SERVER_DATABASE_HOST": database.host,
        "PREFECT_SERVER_DATABASE_PORT": str(database.port),
        "PREFECT_SERVER_DATABASE_USER": database.username,
        "PREFECT_SERVER_DATABASE_NAME": PREFECT_DATABASE,
        # asyncpg reads libpq's variables.
        **database.tls.environment(),
        "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",
        # Seconds. A database that is busy for a moment should cost a wait, not an error.
        "PREFECT_SERVER_DATABASE_TIMEOUT": "30",
        "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "30",
        # The page calls the API of the address that it came from, whichever way leads there; no other page may.
        "PREFECT_SERVER_UI_API_URL": "/api",
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": "",
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": "/tmp/ui",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
