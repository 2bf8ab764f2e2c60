"""Who may log in to OpenSearch: loaded into the running nodes at each change, so that no change restarts one."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import Output, ResourceOptions
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...base import Text
from ...catalog import image
from ...k8s.job import run
from ...k8s.labels import Identity
from ...k8s.network import Peer, connect
from ...k8s.resources import Resources
from ...k8s.volumes import scratch, secret_files
from ...k8s.workload import Workload
from . import configuration
from .certificates import USER

_ACCOUNTS, _CERTIFICATES = "/etc/opensearch-accounts", "/etc/opensearch-certificates"

# The tool takes the password of its key store from nowhere but its command line, which only this pod can see.
_LOAD = f"""
exec /usr/share/opensearch/plugins/opensearch-security/tools/securityadmin.sh \\
  -cd {_ACCOUNTS} -h "$HOST" -p {configuration.HTTPS} -icl \\
  -ks {_CERTIFICATES}/administrator.p12 -kst PKCS12 -kspass "$STORE_PASSWORD" \\
  -ts {_CERTIFICATES}/trust.p12 -tst PKCS12 -tspass "$STORE_PASSWORD"
"""


@dataclass(frozen=True)
class Accounts:
    """Where they go, by what certificate, and each user's password as a bcrypt hash."""

    host: Output[str]
    peer: Peer
    administrator: Output[str]
    stores: Output[str]
    hashes: Mapping[str, Output[str]]


def load(name: str, accounts: Accounts, namespace: Text, opts: ResourceOptions) -> Output[str]:
    """What comes back is known once these users, their roles and no others are in."""
    identity = Identity("opensearch", name, "accounts")
    files = Secret(
        f"{name}-accounts",
        metadata=ObjectMetaArgs(namespace=namespace, labels=identity.labels),
        string_data={
            **configuration.access(),
            "internal_users.yml": Output.all(**accounts.hashes).apply(configuration.users),
        },
        opts=opts,
    )
    workload = Workload(
        identity=identity,
        image=image("opensearch").reference,
        user=USER,
        command=["sh", "-euc", _LOAD],
        env={"HOST": accounts.host, "JAVA_OPTS": "-Xmx192m"},
        secrets=[accounts.stores],
        mounts=[
            scratch("tmp", "/tmp", "64Mi"),
            secret_files("accounts", _ACCOUNTS, files.metadata.name),
            secret_files("certificates", _CERTIFICATES, accounts.administrator),
        ],
        resources=Resources(cpu="50m", memory="256Mi", memory_limit="512Mi"),
    )
    connect(f"{name}-accounts-to-nodes", Peer(namespace, identity.selector), accounts.peer, opts)
    return run(f"{name}-accounts", workload, namespace, opts)
