"""S3 buckets as they should be: private, encrypted, versioned, and opened by who a pod is."""

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_aws import s3

from ...base import Args, Text
from ...compute.aws import documents
from ...compute.aws.identity import OUT, PodIdentities, PodIdentity
from ...types import BucketName
from ..cloud import CloudStoreSettings
from ..contracts import Bucket

_LOGS = "access-logs"
_UPLOAD_DAYS = 7


class S3StoreArgs(Args):
    """The account and region, and the buckets that the layers above ask for."""

    settings: CloudStoreSettings
    account: str
    region: str
    key: Text
    """ARN of the key that everything is encrypted with."""
    production: bool = True
    """Nothing is deleted with the stack."""
    identities: PodIdentities
    """The cluster whose accounts may be let in."""
    buckets: tuple[BucketName, ...] = ()


class S3Store(ComponentResource):
    """`bucket(name)` is the wire to one of them. Who reads and writes is logged in a bucket that none of them opens."""

    def __init__(self, name: str, args: S3StoreArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:S3Store", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        self._provider = ResourceOptions(provider=opts.provider if opts else None)
        wanted = tuple(dict.fromkeys((*args.buckets, *args.settings.buckets)))
        logs, made = self._bucket(_LOGS), {bucket: self._bucket(bucket) for bucket in wanted}
        self._harden(_LOGS, logs, None, expires=args.settings.access_log_days)
        sources = Output.all(*(one.arn for one in made.values()))
        policy = Output.all(logs.arn, sources).apply(lambda at: documents.log_delivery(at[0], args.account, at[1]))
        self._close(_LOGS, logs, policy)
        self._made = {bucket: self._ready(bucket, one, logs) for bucket, one in made.items()}
        self.register_outputs({})

    def bucket(self, name: str, folder: str | None = None) -> Bucket:
        """The wire to one bucket, or to a folder in it. Raises KeyError for one nobody asked for."""
        if name not in self._made:
            raise KeyError(f"there is no bucket {name!r}: add it to `buckets`")
        physical, arn = self._made[name]
        key = self._args.key

        def policy(writes: bool) -> Output[str]:
            return Output.all(arn, key).apply(lambda at: documents.bucket_access(at[0], at[1], folder, writes))

        identity = PodIdentity(self._args.identities, policy, self._provider)
        return Bucket(name=physical, folder=folder, region=self._args.region, identity=identity, peer=OUT)

    def _ready(self, bucket: str, made: s3.Bucket, logs: s3.Bucket) -> tuple[Output[str], Output[str]]:
        """Its name, known once nobody else can get in, and its ARN."""
        name, days = f"{self._name}-{bucket}", self._args.settings.lock_days
        self._harden(bucket, made, self._args.key)
        closed = self._close(bucket, made, made.arn.apply(documents.tls_only))
        s3.BucketLogging(name, bucket=made.id, target_bucket=logs.id, target_prefix=f"{bucket}/", opts=self._child)
        if days:
            retention = s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(mode="COMPLIANCE", days=days)
            rule = s3.BucketObjectLockConfigurationRuleArgs(default_retention=retention)
            s3.BucketObjectLockConfiguration(name, bucket=made.id, rule=rule, opts=self._child)
        return Output.all(made.bucket, closed).apply(lambda both: both[0]), made.arn

    def _bucket(self, bucket: str) -> s3.Bucket:
        settings, production = self._args.settings, self._args.production
        return s3.Bucket(
            f"{self._name}-{bucket}",
            bucket=f"{settings.prefix}-{bucket}",
            object_lock_enabled=bool(settings.lock_days) and bucket != _LOGS,
            force_destroy=not production,
            opts=ResourceOptions.merge(self._child, ResourceOptions(protect=production)),
        )

    def _harden(self, bucket: str, made: s3.Bucket, key: Text | None, expires: int | None = None) -> None:
        """`expires` is for what is of no use after so many days. S3 writes its logs with its own key alone."""
        name = f"{self._name}-{bucket}"
        owner = s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced")
        s3.BucketOwnershipControls(name, bucket=made.id, rule=owner, opts=self._child)
        algorithm = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="aws:kms" if key else "AES256", kms_master_key_id=key
        )
        encryption = s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=algorithm, bucket_key_enabled=bool(key)
        )
        s3.BucketServerSideEncryptionConfiguration(name, bucket=made.id, rules=[encryption], opts=self._child)
        kept = s3.BucketVersioningVersioningConfigurationArgs(status="Enabled")
        versioning = s3.BucketVersioning(name, bucket=made.id, versioning_configuration=kept, opts=self._child)
        s3.BucketLifecycleConfiguration(
            name,
            bucket=made.id,
            rules=[self._tidy(expires)],
            opts=ResourceOptions.merge(self._child, ResourceOptions(depends_on=[versioning])),
        )

    def _tidy(self, expires: int | None) -> s3.BucketLifecycleConfigurationRuleArgs:
        return s3.BucketLifecycleConfigurationRuleArgs(
            id="tidy",
            status="Enabled",
            filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            abort_incomplete_multipart_upload=s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=_UPLOAD_DAYS
            ),
            noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=self._args.settings.superseded_days
            ),
            expiration=s3.BucketLifecycleConfigurationRuleExpirationArgs(days=expires) if expires else None,
        )

    def _close(self, bucket: str, made: s3.Bucket, policy: Output[str]) -> Output[str]:
        """To the public, then to whoever comes without encryption: S3 refuses both changes at the same time."""
        name = f"{self._name}-{bucket}"
        block = s3.BucketPublicAccessBlock(
            name,
            bucket=made.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )
        after_block = ResourceOptions.merge(self._child, ResourceOptions(depends_on=[block]))
        return s3.BucketPolicy(name, bucket=made.id, policy=policy, opts=after_block).id
