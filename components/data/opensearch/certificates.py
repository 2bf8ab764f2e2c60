"""OpenSearch's certificates, made in the cluster: no private key is ever in the program, its state or a preview."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pulumi import Input, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...base import Text
from ...catalog import image
from ...k8s.job import run
from ...k8s.labels import Identity
from ...k8s.network import Peer, to_kubernetes
from ...k8s.order import after
from ...k8s.rbac import Grant, Rule
from ...k8s.resources import Resources
from ...k8s.volumes import scratch
from ...k8s.workload import Workload

USER = 1000  # `opensearch` in the image
SUBJECTS = NODE, ADMINISTRATOR = "CN=node,O=opensearch", "CN=administrator,O=opensearch"
_DAYS = 3650
_SCRIPT = (Path(__file__).parent / "scripts/certificates.sh").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Certificates:
    """Names of the Secrets with a key store each, known once these are in, and the PEM of who signed for both."""

    node: Output[str]
    administrator: Output[str]
    authority: Output[str]
    authority_files: Output[str]
    """Name of the ConfigMap that has it as `authority.pem`."""


def certify(
    name: str,
    names: Sequence[Input[str]],
    stores: Input[str],
    namespace: Text,
    opts: ResourceOptions,
) -> Certificates:
    """Have certificates made for nodes that are called by `names`, as keytool writes these, and their administrator.

    `stores` is a Secret with the password that key stores get, under STORE_PASSWORD.
    The Secrets are made empty, so that the Job that fills them needs no right beyond these three objects.
    """
    identity = Identity("opensearch", name, "certificates")
    place = ObjectMetaArgs(namespace=namespace, labels=identity.labels)
    node = Secret(f"{name}-node", metadata=place, opts=opts).metadata.name
    administrator = Secret(f"{name}-administrator", metadata=place, opts=opts).metadata.name
    authority = ConfigMap(f"{name}-authority", metadata=place, opts=opts)
    workload = Workload(
        identity=identity,
        image=image("opensearch").reference,
        user=USER,
        command=["sh", "-euc", _SCRIPT],
        env={
            "NAMESPACE": namespace,
            "NODE_SECRET_NAME": node,
            "ADMINISTRATOR_SECRET_NAME": administrator,
            "AUTHORITY": authority.metadata.name,
            "NODE_SUBJECT": NODE,
            "ADMINISTRATOR_SUBJECT": ADMINISTRATOR,
            "NODE_NAMES": Output.all(*names).apply(",".join),
            "DAYS": str(_DAYS),
        },
        secrets=[stores],
        mounts=[scratch("tmp", "/tmp", "16Mi")],
        resources=Resources(cpu="50m", memory="128Mi", memory_limit="384Mi"),
        grants=[
            Grant(
                [
                    Rule("", ["secrets"], ["get", "patch"], [node, administrator]),
                    Rule("", ["configmaps"], ["patch"], [authority.metadata.name]),
                ],
                namespace,
            )
        ],
    )
    to_kubernetes(f"{name}-certificates-to-api", Peer(namespace, identity.selector), opts)
    done = run(f"{name}-certificates", workload, namespace, opts)
    # By its id, which no preview knows before the object exists: there would be nothing to read.
    found = ConfigMap.get(f"{name}-authority-written", after(done, authority.id), opts)
    return Certificates(
        node=after(done, node),
        administrator=after(done, administrator),
        authority=found.binary_data.apply(_pem),
        authority_files=after(done, authority.metadata.name),
    )


def _pem(written: dict[str, str] | None) -> str:
    """A preview sees the object as it was made, before anything is in it."""
    return base64.b64decode((written or {}).get("authority.pem", "")).decode()
