"""What a `Cluster` of CloudNativePG says, and its back-ups."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pulumi import Input

from ...catalog import image
from ...types import amount
from ..cloud import LOGGED
from ..contracts import Bucket
from .definitions import METHOD
from .settings import DatabaseBackupSettings, OperatedDatabaseSettings, RestoreSettings

CLUSTER = "cnpg.io/cluster"
"""Label of all pods of one database: its instances, and the Jobs that make them."""
_KEY, _SECRET_KEY = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
_MIB = 2**20
_SHUTDOWN, _STOP = 30, 180
"""Seconds: until clients are sent away, and until a server that does not end is killed."""
_CACHE = 4  # one part in so many of its memory
_PIECES = "1Gi"
_OF_NO_USE = "AWS_ENDPOINT_URL", "AWS_REGION"
"""Said in the specification itself."""


class Store(NamedTuple):
    """Where back-ups are."""

    bucket: Bucket
    key: Input[str] | None = None
    """Name of the Secret with the bucket's key, where it has one; else the cloud knows who a pod is."""


def specification(settings: OperatedDatabaseSettings, login: Input[str], store: Store | None) -> dict[str, Any]:
    """`login` is the Secret of the superuser's password."""
    return {
        "imageName": image("cloudnative-pg-postgresql").reference,
        "instances": settings.instances,
        # The last one would hold up whoever empties its node; it is made again on another.
        **({"enablePDB": False} if settings.instances == 1 else {}),
        "bootstrap": _bootstrap(settings.restore),
        "enableSuperuserAccess": True,
        "superuserSecret": {"name": login},
        "storage": {"size": settings.size, **_class(settings.storage_class)},
        "resources": _resources(settings),
        # Nothing else bounds what they write beside their volume.
        "ephemeralVolumesSizeLimit": {"shm": "256Mi", "temporaryData": _temporary(settings, store)},
        "affinity": {
            "enablePodAntiAffinity": True,
            "podAntiAffinityType": "required" if settings.apart else "preferred",
            "topologyKey": "kubernetes.io/hostname",
        },
        "postgresql": {"parameters": _parameters(settings), **_synchronous(settings)},
        "smartShutdownTimeout": _SHUTDOWN,
        "stopDelay": _STOP,
        # A standby takes over while the primary is restarted with what has changed.
        "primaryUpdateMethod": "switchover",
        **({"backup": _kept(settings.backup, store)} if settings.backup and store else {}),
        **({"env": _environment(store.bucket)} if store and store.bucket.scheme == "s3" else {}),
        **({"externalClusters": [_source(settings.restore, store)]} if settings.restore and store else {}),
    }


def scheduled(cluster: Input[str], backup: DatabaseBackupSettings) -> dict[str, Any]:
    """The first one at once. The operator's clock has seconds, too."""
    return {
        "cluster": {"name": cluster},
        "method": METHOD,
        "schedule": f"0 {backup.schedule}",
        "immediate": True,
        "backupOwnerReference": "cluster",
    }


def _temporary(settings: OperatedDatabaseSettings, store: Store | None) -> str:
    """Barman hands S3 a copy piece by piece; for Google it first writes the whole of it beside the volume."""
    return settings.size if store and store.bucket.scheme == "gs" else _PIECES


def _class(name: str | None) -> dict[str, str]:
    return {"storageClass": name} if name else {}


def _bootstrap(restore: RestoreSettings | None) -> dict[str, Any]:
    if restore is None:
        return {"initdb": {"dataChecksums": True, "encoding": "UTF8"}}
    until = {"recoveryTarget": {"targetTime": restore.until}} if restore.until else {}
    return {"recovery": {"source": restore.folder, **until}}


def _resources(settings: OperatedDatabaseSettings) -> dict[str, Any]:
    asked = settings.resources.requirements()
    return {"requests": asked.requests, "limits": asked.limits}


def _parameters(settings: OperatedDatabaseSettings) -> dict[str, str]:
    cache = int(amount(settings.resources.memory) / _CACHE / _MIB)
    logged = {name: "on" for name in LOGGED}
    return {
        "password_encryption": "scram-sha-256",
        "shared_buffers": f"{cache}MB",
        **logged,
        **settings.parameters,
    }


def _synchronous(settings: OperatedDatabaseSettings) -> dict[str, Any]:
    if settings.instances == 1:
        return {}
    return {"synchronous": {"method": "any", "number": 1, "dataDurability": settings.durability}}


def _place(folder: str, store: Store) -> dict[str, Any]:
    """By which Barman finds one database in the bucket."""
    endpoint = {} if store.bucket.endpoint is None else {"endpointURL": store.bucket.endpoint}
    return {
        "destinationPath": store.bucket.url,
        "serverName": folder,
        **endpoint,
        **_way_in(store),
        "wal": {"compression": "gzip"},
    }


def _way_in(store: Store) -> dict[str, Any]:
    if store.key is not None:
        keys = {"accessKeyId": _KEY, "secretAccessKey": _SECRET_KEY}
        return {"s3Credentials": {field: {"name": store.key, "key": key} for field, key in keys.items()}}
    if store.bucket.scheme == "gs":
        return {"googleCredentials": {"gkeEnvironment": True}}
    return {"s3Credentials": {"inheritFromIAMRole": True}}


def _kept(backup: DatabaseBackupSettings, store: Store) -> dict[str, Any]:
    place = {**_place(backup.folder, store), "data": {"compression": "gzip"}}
    # From a standby where there is one, so that the primary does not notice.
    return {METHOD: place, "retentionPolicy": f"{backup.keep_days}d", "target": "prefer-standby"}


def _source(restore: RestoreSettings, store: Store) -> dict[str, Any]:
    return {"name": restore.folder, METHOD: _place(restore.folder, store)}


def _environment(bucket: Bucket) -> list[Mapping[str, Input[str]]]:
    """Of Barman's S3 client."""
    region = {"AWS_DEFAULT_REGION": bucket.region}
    words = {name: value for name, value in bucket.environment.items() if name not in _OF_NO_USE}
    return [{"name": name, "value": value} for name, value in sorted({**region, **words}.items())]
