"""feature_store.yaml: the stores behind the servers, and whom these let in. ${NAME} is filled in at the start."""

from typing import Any

from pulumi import Output

from ..k8s.order import after
from ..metadata.contracts import FILES, Recipe
from ..storage.contracts import AUTHORITY_FILE
from .settings import REGISTRY_DATABASE, BigQuery, FeastArgs, FeastSettings, Files, OfflineStore, Redshift, Spark

FILE = "feature_store.yaml"
_CLUSTER = "https://kubernetes.default.svc"
_AUTHORITY = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"


def stores(args: FeastArgs) -> dict[str, Output[str]]:
    """What opens the online and the offline store, as environment variables."""
    cache = {"CACHE_PASSWORD": args.online_cache.password} if args.online_cache else {}
    return {**cache, **args.files.credentials}


def servers(args: FeastArgs) -> Output[str]:
    """For the servers, and for the jobs that change what they serve. JSON is YAML, too."""
    document = {**_common(args), "online_store": _online(args), "auth": _auth(args.settings)}
    return Output.json_dumps(document, indent=1)


def page(args: FeastArgs) -> Output[str]:
    """For the web page, which has no access to feature values, and a proxy in front that asks for a login."""
    return Output.json_dumps({**_common(args), "online_store": "none", "auth": {"type": "no_auth"}}, indent=1)


def recipe(args: FeastArgs, applied: Output[str]) -> Recipe:
    """The metadata catalogue reads the registry itself, as soon as that is there, and no feature value."""
    tls = args.database.tls
    return Recipe(
        source="feast",
        config={"path": "/tmp", "fs_yaml_file": f"{FILES}/{FILE}"},
        files={FILE: after(applied, page(args)), **({AUTHORITY_FILE: tls.authority} if tls.authority else {})},
        secrets=args.database.credentials,
        # The certificates lie beside the recipe there.
        environment={"PGSSLROOTCERT": f"{FILES}/{AUTHORITY_FILE}"} if tls.authority else {},
        peers=(args.database.peer,) if args.database.peer else (),
    )


def _common(args: FeastArgs) -> dict[str, Any]:
    settings = args.settings
    return {
        "project": settings.project,
        "provider": "local",
        "registry": {
            "registry_type": "sql",
            # libpq reads the password from PGPASSWORD.
            "path": args.database.url(REGISTRY_DATABASE, "postgresql+psycopg"),
            # The Job that applies the definitions makes the tables, once for all.
            "schema_mode": "verify",
            "cache_ttl_seconds": settings.definitions_ttl,
            "cache_mode": "sync",
            # Without it a feature view is refused for as long as new values are on their way into the online store.
            "serve_features_while_materializing": True,
            # A connection that a restart of the database has ended is replaced, and not used once more.
            "sqlalchemy_config_kwargs": {"pool_pre_ping": True, "pool_recycle": 1800},
        },
        "offline_store": offline(settings.offline_store),
        "entity_key_serialization_version": 3,
    }


def _online(args: FeastArgs) -> dict[str, Any]:
    if cache := args.online_cache:
        where = Output.concat(cache.host, f":{cache.port}")
        rest = f",password=${{CACHE_PASSWORD}},db={args.settings.cache_database}"
        return {"type": "redis", "connection_string": Output.concat(where, rest)}
    return {
        "type": "postgres",
        "host": args.database.host,
        "port": args.database.port,
        "database": REGISTRY_DATABASE,
        "db_schema": "online",
        "user": args.database.username,
        "password": "${PGPASSWORD}",
        "sslmode": args.database.tls.mode,
    }


def offline(store: OfflineStore) -> dict[str, Any]:
    """The block of each kind, in Feast's own words."""
    block: dict[str, Any]
    match store:
        case Files():
            block = {"type": "dask"}
        case Spark():
            block = {"type": "spark", "spark_conf": store.settings, "staging_location": store.staging}
            block |= {"region": store.region}
        case BigQuery():
            block = {"type": "bigquery", "project_id": store.project, "dataset": store.dataset}
            block |= {"location": store.location, "gcs_staging_location": store.staging}
        case Redshift():
            block = {"type": "redshift", "region": store.region, "database": store.database, "user": store.user}
            block |= {"cluster_id": store.cluster, "workgroup": store.workgroup}
            block |= {"s3_staging_location": store.staging, "iam_role": store.role}
    return {key: value for key, value in block.items() if value is not None}


def _auth(settings: FeastSettings) -> dict[str, Any]:
    """Type `oidc`, which has the cluster itself review tokens of service accounts, and fails without its answer.

    Type `kubernetes` would go on without one, and believe what an unsigned token says. Any other token is checked
    against an identity provider; where none is given that is the cluster, which signs for service accounts alone.
    """
    known = settings.identity_provider
    if known is None:
        return {
            "type": "oidc",
            "auth_discovery_url": f"{_CLUSTER}/.well-known/openid-configuration",
            "audience": _CLUSTER,
            "issuer": _CLUSTER,
            "ca_cert_path": _AUTHORITY,
        }
    return {
        "type": "oidc",
        "auth_discovery_url": known.discovery,
        "client_id": known.client,
        "audience": known.audience,
        "issuer": known.issuer,
    }
