"""DataHub's configuration, all of it in environment variables, and which of its processes is given which part."""

from collections.abc import Mapping

from pulumi import Output

from ...base import Text
from ...data.contracts import EventLog, Search
from ...storage.contracts import MySqlClient, SqlClient, Tls
from .settings import DATAHUB_DATABASE, DataHubArgs, DataHubSettings

GMS_PORT, FRONTEND_PORT, MAE_PORT, MCE_PORT, HAZELCAST_PORT, METRICS_PORT = 8080, 9002, 9091, 9090, 5701, 4318

CLIENT = "__datahub_system"
"""By this name DataHub's processes know each other."""

TRUST = "/trust"
TRUST_STORE = f"{TRUST}/authority.p12"
TRUST_PASSWORD = "changeit"  # Java asks for one; there are only public certificates in it

GENERATED = {
    "DATAHUB_SYSTEM_CLIENT_SECRET": "system-client",
    "DATAHUB_TOKEN_SERVICE_SIGNING_KEY": "token-key",
    "DATAHUB_TOKEN_SERVICE_SALT": "token-salt",
    "SECRET_SERVICE_ENCRYPTION_KEY": "encryption-key",
    "DATAHUB_SECRET": "session-key",
    "ADMIN_PASSWORD": "second-administrator",
}
"""What is generated; upstream has a well-known default for each."""

_FOR_THE_PAGE = ("DATAHUB_SECRET", "ADMIN_PASSWORD")

_BIGGEST_MESSAGE = str(5 * 2**20)
_LOGIN_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"

_COMMON: dict[str, Text] = {
    "METADATA_SERVICE_AUTH_ENABLED": "true",
    "DATAHUB_SYSTEM_CLIENT_ID": CLIENT,
    "DATAHUB_TELEMETRY_ENABLED": "false",
    # What is used how often is told to nobody but DataHub's own index.
    "DATAHUB_ANALYTICS_ENABLED": "true",
    "ENABLE_PROMETHEUS": "true",
}


def secrets(args: DataHubArgs, generated: Mapping[str, Output[str]]) -> dict[str, Output[str]]:
    """For the Secret that the metadata service, its consumers and its set-up read as their environment."""
    return {
        **{key: generated[key] for key in GENERATED if key not in _FOR_THE_PAGE},
        "EBEAN_DATASOURCE_PASSWORD": args.database.password,
        "ELASTICSEARCH_PASSWORD": args.search.password,
        "SPRING_KAFKA_PROPERTIES_SASL_JAAS_CONFIG": _kafka_login(args.event_log),
    }


def wait_secrets(args: DataHubArgs) -> dict[str, Output[str]]:
    """For the Job that logs in everywhere once."""
    database = args.database
    libpq = {} if isinstance(database, MySqlClient) else database.credentials
    return {
        **libpq,
        "SQL_URL": database.url(DATAHUB_DATABASE),
        "KAFKA_PASSWORD": args.event_log.password,
        "SEARCH_PASSWORD": args.search.password,
    }


def frontend_secrets(args: DataHubArgs, generated: Mapping[str, Output[str]]) -> dict[str, Output[str]]:
    """The page signs sessions and calls the metadata service; it opens no database, and makes no token."""
    return {
        "DATAHUB_SECRET": generated["DATAHUB_SECRET"],
        "DATAHUB_SYSTEM_CLIENT_SECRET": generated["DATAHUB_SYSTEM_CLIENT_SECRET"],
        # Of an account that the image's start script adds, and that would have an empty one.
        "ADMIN_PASSWORD": generated["ADMIN_PASSWORD"],
        "ELASTIC_CLIENT_PASSWORD": args.search.password,
        "KAFKA_PROPERTIES_SASL_JAAS_CONFIG": _kafka_login(args.event_log),
    }


def backend(name: str, args: DataHubArgs, sql_host: Text) -> dict[str, Text]:
    """For whatever reads and writes metadata. `sql_host` is known once that is ready for it."""
    gms = Output.concat(f"{name}-gms.", args.namespace)
    return {
        **_COMMON,
        **_sql(args, sql_host),
        **_search(args.search),
        **_event_log(args.event_log, "SPRING_KAFKA_PROPERTIES"),
        "DATAHUB_GMS_HOST": gms,
        "DATAHUB_GMS_PORT": str(GMS_PORT),
        "SCHEMA_REGISTRY_TYPE": "INTERNAL",
        "KAFKA_SCHEMAREGISTRY_URL": Output.concat("http://", gms, f":{GMS_PORT}/schema-registry/api/"),
        "GRAPH_SERVICE_IMPL": "elasticsearch",
        "ENTITY_REGISTRY_CONFIG_PATH": "/datahub/datahub-gms/resources/entity-registry.yml",
        # The service waits for the set-up of its own image's version, and of this revision.
        "DATAHUB_REVISION": "1",
        "JAVA_TOOL_OPTIONS": "-XX:MaxRAMPercentage=65",
    }


def metadata_service(name: str, settings: DataHubSettings) -> dict[str, Text]:
    """On top of the backend's."""
    embedded = str(settings.consumers == "embedded").lower()
    shared = {
        "SEARCH_SERVICE_CACHE_IMPLEMENTATION": "hazelcast",
        "SEARCH_SERVICE_HAZELCAST_SERVICE_NAME": f"{name}-gms-pods",
    }
    return {
        "MAE_CONSUMER_ENABLED": embedded,
        "MCE_CONSUMER_ENABLED": embedded,
        "PE_CONSUMER_ENABLED": embedded,
        "GRAPHQL_QUERY_INTROSPECTION_ENABLED": "false",
        "SECRET_SERVICE_CALLER_GUARD_MODE": "ENFORCE",
        # Recipes come with the layers that they read, and run in pods of their own.
        "UI_INGESTION_ENABLED": "false",
        **(shared if settings.gms.replicas > 1 else {}),
    }


def upgrade(args: DataHubArgs) -> dict[str, Text]:
    """On top of the backend's: it makes tables, topics, indices, and the entries of the schema registry."""
    return {
        "DATAHUB_SQL_SETUP_ENABLED": "true",
        "CREATE_TABLES": "true",
        # Database and owner are there, and the owner has no right to make others.
        "CREATE_DB": "false",
        "CREATE_USER": "false",
        "CREATE_USER_ES": "false",
        "DATAHUB_PRECREATE_TOPICS": "true",
        "PARTITIONS": str(args.settings.partitions),
        "REPLICATION_FACTOR": str(min(args.event_log.brokers, 3)),
        "MAX_MESSAGE_BYTES": _BIGGEST_MESSAGE,
        "USE_CONFLUENT_SCHEMA_REGISTRY": "false",
        "SCHEMA_REGISTRY_SYSTEM_UPDATE": "true",
        "SPRING_KAFKA_PROPERTIES_AUTO_REGISTER_SCHEMAS": "true",
        "SPRING_KAFKA_PROPERTIES_USE_LATEST_VERSION": "true",
        "ELASTICSEARCH_INDEX_BUILDER_MAPPINGS_REINDEX": "true",
        "ELASTICSEARCH_INDEX_BUILDER_SETTINGS_REINDEX": "true",
        "ELASTICSEARCH_BUILD_INDICES_CLONE_INDICES": "true",
        # It would need rights on Deployments; Pulumi has the order in hand.
        "DATAHUB_UPGRADE_K8_SCALE_DOWN_ENABLED": "false",
        "DATAHUB_UPGRADE_K8_SCALE_DOWN_JAVA_ENABLED": "false",
        "ENTITY_GRAPH_CACHE_ENABLED": "false",
    }


def frontend(name: str, args: DataHubArgs, version: str, gms_host: Text) -> dict[str, Text]:
    """For the page."""
    search, seen = args.search, public_url(name, args)
    trust = {f"SSL_TRUSTSTORE_{key}": value for key, value in _trust(search).items()}
    return {
        **_COMMON,
        **_event_log(args.event_log, "KAFKA_PROPERTIES"),
        **trust,
        "DATAHUB_GMS_HOST": gms_host,
        "DATAHUB_GMS_PORT": str(GMS_PORT),
        "SERVER_PORT": str(FRONTEND_PORT),
        "DATAHUB_APP_VERSION": version,
        "DATAHUB_PLAY_MEM_BUFFER_SIZE": "10MB",
        "DATAHUB_TRACKING_TOPIC": "DataHubUsageEvent_v1",
        "ELASTIC_CLIENT_HOST": search.host,
        "ELASTIC_CLIENT_PORT": str(search.port),
        "ELASTIC_CLIENT_USE_SSL": "true",
        "ELASTIC_CLIENT_USERNAME": search.username,
        "AUTH_SESSION_TTL_HOURS": "24",
        "AUTH_COOKIE_SAME_SITE": "LAX",
        "AUTH_COOKIE_SECURE": str(seen.startswith("https://")).lower(),
        "GUEST_AUTHENTICATION_ENABLED": "false",
        "JAVA_MEMORY_OPTS": "-XX:MaxRAMPercentage=65",
        **_single_sign_on(args.settings, seen),
    }


def public_url(name: str, args: DataHubArgs) -> str:
    """Where people find the page, or nothing if that is by `access` alone."""
    return args.settings.public_url or args.access.page_url(name) or ""


def _single_sign_on(settings: DataHubSettings, seen: str) -> dict[str, Text]:
    if settings.oidc is None:
        return {"AUTH_OIDC_ENABLED": "false"}
    return {
        "AUTH_OIDC_ENABLED": "true",
        "AUTH_JAAS_ENABLED": "false",
        "AUTH_NATIVE_ENABLED": "false",
        "AUTH_OIDC_CLIENT_ID": settings.oidc.client_id,
        "AUTH_OIDC_DISCOVERY_URI": settings.oidc.discovery_url,
        "AUTH_OIDC_BASE_URL": seen,
        "AUTH_OIDC_USER_NAME_CLAIM": settings.oidc.user_name_claim,
        "AUTH_OIDC_SCOPE": settings.oidc.scope,
    }


def tls(database: SqlClient | MySqlClient) -> Tls:
    """How it is encrypted; MySQL is in the cluster alone."""
    return database.tls if isinstance(database, SqlClient) else Tls()


def _sql(args: DataHubArgs, host: Text) -> dict[str, Text]:
    database = args.database
    if isinstance(database, MySqlClient):
        kind, driver = "mysql", "com.mysql.cj.jdbc.Driver"
    else:
        kind, driver = "postgresql", "org.postgresql.Driver"
    address = Output.concat(host, f":{database.port}")
    return {
        "EBEAN_DATASOURCE_HOST": address,
        "EBEAN_DATASOURCE_URL": Output.concat(f"jdbc:{kind}://", address, f"/{DATAHUB_DATABASE}{tls(database).query}"),
        "EBEAN_DATASOURCE_DRIVER": driver,
        "EBEAN_DATASOURCE_USERNAME": database.username,
    }


def _search(search: Search) -> dict[str, Text]:
    trust = {f"ELASTICSEARCH_SSL_TRUSTSTORE_{key}": value for key, value in _trust(search).items()}
    return {
        "ELASTICSEARCH_HOST": search.host,
        "ELASTICSEARCH_PORT": str(search.port),
        "ELASTICSEARCH_USE_SSL": "true",
        "ELASTICSEARCH_INSECURE": "false",
        "ELASTICSEARCH_USERNAME": search.username,
        "ELASTICSEARCH_SHIM_ENGINE_TYPE": "AUTO_DETECT",
        "ELASTICSEARCH_SHIM_AUTO_DETECT": "true",
        # The start script's own check knows nothing of our authority; a Job has made sure before.
        "SKIP_ELASTICSEARCH_CHECK": "true",
        **({"ELASTICSEARCH_SSL_PROTOCOL": "TLS"} if trust else {}),
        **trust,
    }


def _trust(search: Search) -> dict[str, str]:
    if search.authority is None:
        return {}
    return {"FILE": TRUST_STORE, "TYPE": "PKCS12", "PASSWORD": TRUST_PASSWORD}


def _event_log(log: EventLog, prefix: str) -> dict[str, Text]:
    return {
        "KAFKA_BOOTSTRAP_SERVER": log.bootstrap,
        f"{prefix}_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        f"{prefix}_SASL_MECHANISM": "PLAIN",
        "KAFKA_PRODUCER_MAX_REQUEST_SIZE": _BIGGEST_MESSAGE,
        "KAFKA_CONSUMER_MAX_PARTITION_FETCH_BYTES": _BIGGEST_MESSAGE,
    }


def _kafka_login(log: EventLog) -> Output[str]:
    return Output.concat(f'{_LOGIN_MODULE} required username="{log.username}" password="', log.password, '";')
