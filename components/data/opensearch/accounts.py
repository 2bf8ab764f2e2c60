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
from ...k8s.volumes import secret_files
from ...k8s.workload import Workload
from . import configuration
from .certificates import USER

_ACCOUNTS, _CERTIFICATES = "/etc/opensearch-accounts", "/etc/opensearch-certificates"

# The administrator's certificate stands above all users. curl gets the password of its key store on the input.
_LOAD = f"""
for kind in internalusers roles rolesmapping; do
  echo "$kind"
  printf 'cert = "{_CERTIFICATES}/administrator.p12:%s"\\ncert-type = "P12"\\n' "$STORE_PASSWORD" |
    curl --silent --show-error --fail-with-body --write-out '\\n' --retry 10 --retry-all-errors --config - \\
      --cacert {_CERTIFICATES}/authority.pem --request PATCH --header 'Content-Type: application/json' \\
      --data @{_ACCOUNTS}/$kind "https://$HOST:{configuration.HTTPS}/_plugins/_security/api/$kind"
done
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
    """What comes back is known once these users and their roles are in."""
    identity = Identity("opensearch", name, "accounts")
    files = Secret(
        f"{name}-accounts",
        metadata=ObjectMetaArgs(namespace=namespace, labels=identity.labels),
        string_data=Output.all(**accounts.hashes).apply(configuration.accounts),
        opts=opts,
    )
    workload = Workload(
        identity=identity,
        image=image("opensearch").reference,
        user=USER,
        command=["sh", "-euc", _LOAD],
        env={"HOST": accounts.host},
        secrets=[accounts.stores],
        mounts=[
            secret_files("accounts", _ACCOUNTS, files.metadata.name),
            secret_files("certificates", _CERTIFICATES, accounts.administrator),
        ],
        resources=Resources(cpu="10m", memory="32Mi", memory_limit="64Mi"),
    )
    connect(f"{name}-accounts-to-nodes", Peer(namespace, identity.selector), accounts.peer, opts)
    return run(f"{name}-accounts", workload, namespace, opts)
