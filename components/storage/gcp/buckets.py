"""Buckets of Google Cloud Storage as they should be: private, encrypted, versioned, and opened by who a pod is."""

from collections.abc import Mapping

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_gcp import storage

from ...base import Args, Text
from ...compute.gcp import bindings
from ...compute.gcp.identity import OUT, WorkloadIdentities, WorkloadIdentity
from ...types import BucketName
from ..cloud import CloudStoreSettings
from ..contracts import Bucket

_LOGS = "access-logs"
_UPLOAD_DAYS = 7
_DAY = 24 * 3600
_KEPT_DAYS = 7  # in which what was deleted can be had back; the shortest time that Google takes


class GcsStoreArgs(Args):
    """The region and the key, and the buckets that the layers above ask for."""

    settings: CloudStoreSettings
    region: str
    key: Text
    """Of Cloud KMS, known once Cloud Storage may encrypt with it."""
    production: bool = True
    """Nothing is deleted with the stack."""
    labels: Mapping[str, str]
    identities: WorkloadIdentities
    """The project whose clusters' accounts may be let in."""
    buckets: tuple[BucketName, ...] = ()


class GcsStore(ComponentResource):
    """`bucket(name)` is the wire to one of them. Who reads and writes is logged in a bucket that none of them opens."""

    def __init__(self, name: str, args: GcsStoreArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:GcsStore", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        self._provider = ResourceOptions(provider=opts.provider if opts else None)
        wanted = tuple(dict.fromkeys((*args.buckets, *args.settings.buckets)))
        logs = self._bucket(_LOGS, expires=args.settings.access_log_days)
        delivery = storage.BucketIAMMember(
            f"{name}-{_LOGS}",
            bucket=logs.name,
            role=bindings.LOG_ROLE,
            member=bindings.LOG_WRITER,
            opts=self._child,
        )
        ready = Output.all(logs.name, delivery.id).apply(lambda both: both[0])
        self._made = {bucket: self._bucket(bucket, log_bucket=ready, key=args.key).name for bucket in wanted}
        self.register_outputs({})

    def bucket(self, name: str, folder: str | None = None) -> Bucket:
        """The wire to one bucket, or to a folder in it. Raises KeyError for one nobody asked for."""
        if name not in self._made:
            raise KeyError(f"there is no bucket {name!r}: add it to `buckets`")
        physical = self._made[name]
        identity = WorkloadIdentity(self._args.identities, physical, folder, self._provider)
        return Bucket(name=physical, folder=folder, region=self._args.region, scheme="gs", identity=identity, peer=OUT)

    def _bucket(
        self,
        bucket: str,
        *,
        log_bucket: Output[str] | None = None,
        key: Text | None = None,
        expires: int | None = None,
    ) -> storage.Bucket:
        """`expires` is for what is of no use after so many days; no access to that is logged in turn."""
        args = self._args
        kept = _KEPT_DAYS if args.production else 0
        return storage.Bucket(
            f"{self._name}-{bucket}",
            name=f"{args.settings.prefix}-{bucket}",
            location=args.region,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            encryption=storage.BucketEncryptionArgs(default_kms_key_name=key) if key else None,
            versioning=storage.BucketVersioningArgs(enabled=True),
            lifecycle_rules=tidy(args.settings.superseded_days, expires),
            retention_policy=self._lock() if log_bucket else None,
            soft_delete_policy=storage.BucketSoftDeletePolicyArgs(retention_duration_seconds=kept * _DAY),
            logging=storage.BucketLoggingArgs(log_bucket=log_bucket, log_object_prefix=bucket) if log_bucket else None,
            labels=dict(args.labels),
            force_destroy=not args.production,
            opts=ResourceOptions.merge(self._child, ResourceOptions(protect=args.production)),
        )

    def _lock(self) -> storage.BucketRetentionPolicyArgs | None:
        """No version is deleted before that age. Once locked, Google lets nobody shorten it, or take it off.

        What deletes or overwrites an object goes on working: it makes a version noncurrent, and that is kept.
        """
        days = self._args.settings.lock_days
        return storage.BucketRetentionPolicyArgs(retention_period=str(days * _DAY), is_locked=True) if days else None


def tidy(superseded: int, expires: int | None) -> list[storage.BucketLifecycleRuleArgs]:
    """What is deleted by the clock: old versions, uploads that nobody finished and, in days, what expires."""
    when = storage.BucketLifecycleRuleConditionArgs
    rules = [
        ("Delete", when(days_since_noncurrent_time=superseded)),
        ("AbortIncompleteMultipartUpload", when(age=_UPLOAD_DAYS)),
        *([("Delete", when(age=expires, with_state="LIVE"))] if expires else []),
    ]
    return [
        storage.BucketLifecycleRuleArgs(action=storage.BucketLifecycleRuleActionArgs(type=what), condition=condition)
        for what, condition in rules
    ]
