"""Figures of the event log for Prometheus: how far topics have got, and how far consumers are behind."""

from pulumi import Output, ResourceOptions
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ..base import Text
from ..catalog import image
from ..k8s.job import run
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.resources import Resources
from ..k8s.volumes import scratch, secret_files
from ..k8s.workload import Workload
from .exporter import USER, Exporter

_LOGIN = "/etc/kafka-login"

# To see what there is, and no message of it.
_LET_IN = f"""
exec /opt/kafka/bin/kafka-acls.sh --bootstrap-server "$BOOTSTRAP" --command-config {_LOGIN}/client.properties \\
  --add --allow-principal User:{USER} --operation Describe --cluster --topic '*' --group '*'
"""


def let_in(
    name: str, bootstrap: Text, brokers: Peer, login: Output[str], namespace: Text, opts: ResourceOptions
) -> Output[str]:
    """What comes back is known once the exporter's user may ask what it asks for. `login` may give rights."""
    identity = Identity("kafka", name, "rights")
    files = Secret(
        f"{name}-rights",
        metadata=ObjectMetaArgs(namespace=namespace, labels=identity.labels),
        string_data={"client.properties": login},
        opts=opts,
    )
    workload = Workload(
        identity=identity,
        image=image("kafka").reference,
        user=1000,
        command=["sh", "-euc", _LET_IN],
        env={"BOOTSTRAP": bootstrap, "KAFKA_HEAP_OPTS": "-Xmx96m", "LOG_DIR": "/tmp"},
        mounts=[secret_files("login", _LOGIN, files.metadata.name), scratch("tmp", "/tmp", "16Mi")],
        resources=Resources(cpu="50m", memory="192Mi", memory_limit="384Mi"),
    )
    connect(f"{name}-rights-to-brokers", Peer(namespace, identity.selector), brokers, opts)
    return run(f"{name}-rights", workload, namespace, opts)


def exporter(bootstrap: Output[str], password: Output[str]) -> Exporter:
    return Exporter(
        image="kafka-exporter",
        user=65534,
        port=9308,
        health="/healthz",
        login={"SASL_USER_PASSWORD": password},
        args=[
            Output.concat("--kafka.server=", bootstrap),
            "--sasl.enabled",
            "--sasl.mechanism=plain",
            f"--sasl.username={USER}",
        ],
    )
