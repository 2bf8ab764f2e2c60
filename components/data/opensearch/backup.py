"""What makes a copy of a node's volume short to recover from: a flush before it, by a user who may do nothing else."""

from collections.abc import Sequence

from pulumi import Output, ResourceOptions
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...k8s.backup import BackupHook
from ...k8s.volumes import Mount, config_files, secret_files
from .certificates import Certificates
from .configuration import BACKUP, HTTPS

_LOGIN, _AUTHORITY = "/etc/opensearch-backup", "/etc/opensearch-authority"

FLUSH = BackupHook(
    [
        *("curl", "--silent", "--show-error", "--fail-with-body", "--request", "POST"),
        *("--config", f"{_LOGIN}/curl", "--cacert", f"{_AUTHORITY}/authority.pem"),
        f"https://localhost:{HTTPS}/_flush?wait_if_ongoing=true",
    ],
    timeout=300,
)


def files(
    name: str, password: Output[str], certificates: Certificates, place: ObjectMetaArgs, opts: ResourceOptions
) -> Sequence[Mount]:
    """What the command finds in its container."""
    login = {"curl": Output.concat(f'user = "{BACKUP}:', password, '"\n')}
    secret = Secret(f"{name}-backup", metadata=place, string_data=login, opts=opts)
    return [
        secret_files("backup", _LOGIN, secret.metadata.name),
        config_files("authority", _AUTHORITY, certificates.authority_files),
    ]
