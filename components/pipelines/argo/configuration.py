"""What the controller and the server read from their ConfigMap: one document, which holds no secret."""

import json
from typing import Any

from pulumi import Input, Output

from ...base import Args, Text
from ...k8s.plain import as_json
from ...k8s.security import container_security
from ...storage.contracts import Bucket, SqlClient
from ..space import LABELS, Space
from .settings import ArgoSettings

ARGO_DATABASE = "argo"
METRICS = 9090
_KEYS = "workflows/{{workflow.namespace}}/{{workflow.name}}/{{pod.name}}"

# The executor alone talks to the API, so it alone gets a token: a short-lived one in place of the everlasting one that
# Argo would look for in a Secret.
_TOKEN = {
    "volumes": [
        {
            "name": "exec-sa-token",
            "secret": None,
            "projected": {
                "sources": [
                    {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
                    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                    {
                        "downwardAPI": {
                            "items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]
                        }
                    },
                ]
            },
        }
    ]
}


class Secrets(Args):
    """Names of the Secrets that the configuration refers to."""

    database: Text
    """In the servers' namespace, with the keys `username` and `password`."""
    artifacts: Text
    """In the namespace of the runs, with the bucket's key."""


def configuration(
    settings: ArgoSettings, instance: Text, space: Space, database: SqlClient, secrets: Secrets
) -> Output[str]:
    """The whole document."""
    return as_json(
        {
            "instanceID": instance,
            "parallelism": settings.parallelism,
            "executor": {
                "imagePullPolicy": "IfNotPresent",
                "resources": settings.executor.requirements(),
                "securityContext": container_security(),
            },
            "mainContainer": {"imagePullPolicy": "IfNotPresent", "securityContext": container_security()},
            "metricsConfig": {"enabled": True, "path": "/metrics", "port": METRICS, "secure": True},
            "persistence": _persistence(settings, database, secrets.database),
            "artifactRepository": {"archiveLogs": True, **repository(space.context.artifacts, secrets.artifacts)},
            "workflowDefaults": {"spec": _defaults(settings, space)},
            "sso": _single_sign_on(settings),
        }
    )


def _persistence(settings: ArgoSettings, database: SqlClient, secret: Text) -> dict[str, Any]:
    return {
        "archive": True,
        "archiveTTL": f"{settings.archive_days}d",
        # A workflow of many steps outgrows what an object of Kubernetes may hold.
        "nodeStatusOffLoad": True,
        "connectionPool": {"maxIdleConns": 10, "maxOpenConns": 20, "connMaxLifetime": "30m"},
        "postgresql": {
            "host": database.host,
            "port": database.port,
            "database": ARGO_DATABASE,
            "tableName": "argo_workflows",
            "userNameSecret": {"name": secret, "key": "username"},
            "passwordSecret": {"name": secret, "key": "password"},
            **({"ssl": True, "sslMode": database.tls.mode} if database.tls.mode != "prefer" else {}),
        },
    }


def repository(bucket: Bucket, secret: Text) -> dict[str, Any]:
    """Where artefacts and logs go, by the name of Argo's driver for it."""
    if bucket.scheme == "gs":
        # Without the name of a key the driver asks who its pod is.
        return {"gcs": {"bucket": bucket.name, "keyFormat": bucket.key(_KEYS)}}
    return {"s3": _s3(bucket, secret)}


def _s3(bucket: Bucket, secret: Text) -> dict[str, Any]:
    endpoint = Output.from_input(bucket.endpoint or f"https://s3.{bucket.region}.amazonaws.com")
    way_in: dict[str, Any] = {
        "accessKeySecret": {"name": secret, "key": "AWS_ACCESS_KEY_ID"},
        "secretKeySecret": {"name": secret, "key": "AWS_SECRET_ACCESS_KEY"},
    }
    return {
        "bucket": bucket.name,
        "region": bucket.region,
        "endpoint": endpoint.apply(lambda url: url.split("://", 1)[1]),
        "insecure": endpoint.apply(lambda url: url.startswith("http://")),
        **({"useSDKCreds": True} if bucket.identity else way_in),
        "keyFormat": bucket.key(_KEYS),
    }


def _defaults(settings: ArgoSettings, space: Space) -> dict[str, Any]:
    """What a workflow gets that does not say otherwise, whoever wrote it."""
    return {
        "serviceAccountName": space.account,
        "automountServiceAccountToken": False,
        "executor": {"serviceAccountName": space.account},
        "podSpecPatch": json.dumps(_TOKEN, sort_keys=True),
        "podMetadata": {"labels": LABELS},
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "activeDeadlineSeconds": settings.timeout + max(map(space.patience, space.steps), default=0),
        "ttlStrategy": {
            "secondsAfterSuccess": settings.keep_succeeded,
            "secondsAfterFailure": settings.keep_failed,
        },
        # A failed pod stays as long as its workflow, to be looked at.
        "podGC": {"strategy": "OnPodSuccess"},
    }


def _single_sign_on(settings: ArgoSettings) -> dict[str, Any] | None:
    chosen = settings.single_sign_on
    if chosen is None:
        return None
    client: dict[str, Input[str]] = {"name": chosen.secret}
    return {
        "issuer": chosen.issuer,
        "redirectUrl": chosen.redirect_url,
        "clientId": {**client, "key": "client-id"},
        "clientSecret": {**client, "key": "client-secret"},
        "scopes": list(chosen.scopes),
        "rbac": {"enabled": True},
    }
