"""Kafka in the cluster: one broker or three that also elect their own controller, behind a login."""

from collections.abc import Mapping
from typing import Literal

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomId, RandomPassword

from ..access import Access
from ..base import Args, Settings, Text
from ..catalog import image
from ..k8s.backup import BackupHook
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.order import after
from ..k8s.probes import Probes
from ..k8s.resources import Resources
from ..k8s.server import serve_from_disk
from ..k8s.volumes import claim, claimed, scratch, secret_files
from ..k8s.workload import Workload
from ..types import Bytes, Count, Name, Rotation, amount
from . import kafka_metrics
from .contracts import EventLog
from .exporter import USER as METRICS
from .exporter import MetricsSettings, export

_CLIENTS, _CONTROLLER = 9092, 9093
_USER = 1000  # `appuser` in the image
_DATA, _CONFIG = "/var/lib/kafka/data", "/etc/kafka-platform"
_BROKER, _CLIENT = "broker", "platform"
_HEAP = 0.5  # of the memory limit; the rest is for buffers outside the heap and for the cache of pages

# What only the pod itself knows is added to the file that all share. A broker has the number of its pod, and the
# others have the name of its pod with another number at the end.
_START = f"""
umask 077
config=/tmp/server.properties
cat {_CONFIG}/server.properties > $config
voters= i=0
while [ $i -lt "$BROKERS" ]; do
  voters="$voters${{voters:+,}}$i@${{POD_NAME%-*}}-$i.$DOMAIN:{_CONTROLLER}" i=$((i + 1))
done
cat >> $config <<EOF
node.id=${{POD_NAME##*-}}
controller.quorum.voters=$voters
advertised.listeners=CLIENTS://$POD_NAME.$DOMAIN:{_CLIENTS}
EOF
/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id="$(cat {_CONFIG}/cluster-id)" --config=$config
exec /opt/kafka/bin/kafka-server-start.sh $config
"""

_LOGGING = """log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.conversionPattern=%d %p %c: %m%n
"""


class KafkaSettings(Settings):
    """The event log. With three brokers each message is on all of them, and on two before its sender is told so."""

    namespace: Name = "event-log"
    brokers: Literal[1, 3] = 3
    """A quorum needs an odd number: 1 for trying things out, 3 to lose any one of them."""
    size: Bytes = "20Gi"
    """Of each broker's volume."""
    storage_class: Name | None = None
    retention_days: Count = 7
    """After which a message is dropped, where its topic says nothing else."""
    largest_message: Bytes = "5Mi"
    """DataHub's changes of metadata may reach this."""
    password_rotation: Rotation = 1
    metrics: MetricsSettings | None = MetricsSettings()
    resources: Resources = Resources(cpu="250m", memory="1Gi", memory_limit="2Gi")


class KafkaArgs(Args):
    """Where its pods live."""

    settings: KafkaSettings = KafkaSettings()
    namespace: Text


class Kafka(ComponentResource):
    """Brokers with a volume each, found by their clients under the names of their pods."""

    log: EventLog

    def __init__(self, name: str, args: KafkaArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:data:Kafka", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, identity = args.settings, Identity("kafka", name)
        cluster = RandomId(f"{name}-cluster", byte_length=16, opts=child)
        # Brokers with two different passwords would not talk, so theirs is one for life.
        own = RandomPassword(f"{name}-brokers", length=40, special=False, opts=child).result
        rotation = {"rotation": str(settings.password_rotation)}
        password, for_metrics = (
            RandomPassword(f"{name}-{whose}", length=40, special=False, keepers=rotation, opts=child).result
            for whose in ("password", "metrics")
        )
        config = Secret(
            f"{name}-config",
            metadata=ObjectMetaArgs(namespace=args.namespace, labels=identity.labels),
            string_data={
                "cluster-id": cluster.b64_url,
                "server.properties": Output.all(own, password, for_metrics).apply(
                    lambda known: configuration(settings, *known)
                ),
                "client.properties": password.apply(login),
                "log4j.properties": _LOGGING,
            },
            opts=child,
        )
        workload = Workload(
            identity=identity,
            image=image("kafka").reference,
            user=_USER,
            command=["sh", "-ec", _START],
            ports={"clients": _CLIENTS},
            env={
                "BROKERS": str(settings.brokers),
                "DOMAIN": Output.concat(name, "-pods.", args.namespace),
                "KAFKA_HEAP_OPTS": heap(settings.resources),
                "KAFKA_LOG4J_OPTS": f"-Dlog4j.configuration=file:{_CONFIG}/log4j.properties",
                # Upstream's start script keeps logs of its own, which would grow in scratch space.
                "EXTRA_ARGS": "-name kafkaServer",
                "LOG_DIR": "/tmp/logs",
            },
            fields={"POD_NAME": "metadata.name"},
            mounts=[
                claimed("data", _DATA),
                scratch("tmp", "/tmp", "64Mi"),
                secret_files("config", _CONFIG, config.metadata.name),
            ],
            probes=Probes(port=_CLIENTS, starts_within=300),
            # A broker leaves it to the system when messages reach the disk.
            backup=BackupHook(["sync", "-f", _DATA]),
            resources=settings.resources,
            replicas=settings.brokers,
            together=True,
            # A broker hands its partitions over before it goes, and writes down where its log ends.
            grace_seconds=120,
        )
        claims = [claim("data", settings.size, settings.storage_class)]
        made = serve_from_disk(name, workload, claims, args.namespace, Access(), child)
        inside = Peer(args.namespace, identity.selector, (_CLIENTS, _CONTROLLER))
        connect(f"{name}-among-brokers", inside, inside, child)
        self.log = EventLog(
            bootstrap=Output.concat(made.host, f":{_CLIENTS}"),
            brokers=settings.brokers,
            username=_CLIENT,
            password=password,
            peer=made.peer,
        )
        if settings.metrics:
            bootstrap, may_log_in = self.log.bootstrap, password.apply(login)
            let_in = kafka_metrics.let_in(name, bootstrap, made.peer, may_log_in, args.namespace, child)
            exporter = kafka_metrics.exporter(after(let_in, bootstrap), for_metrics)
            export(name, exporter, made.peer, settings.metrics, args.namespace, child)
        self.register_outputs({"bootstrap": self.log.bootstrap})


def heap(resources: Resources) -> str:
    """Java's options for a heap of one size that leaves room for what is beside it."""
    mebibytes = int(amount(resources.memory_limit or resources.memory) * _HEAP / 2**20)
    return f"-Xms{mebibytes}m -Xmx{mebibytes}m"


def login(password: str) -> str:
    """What a Java client reads to log in, Kafka's own tools included."""
    return "".join(
        [
            "security.protocol=SASL_PLAINTEXT\n",
            "sasl.mechanism=PLAIN\n",
            f"sasl.jaas.config={_plain_login(_CLIENT, password)}\n",
        ]
    )


def configuration(settings: KafkaSettings, own: str, password: str, for_metrics: str) -> str:
    """What all brokers have in common: in a Secret, for the passwords in it. `own` is for brokers among themselves."""
    largest, copies = int(amount(settings.largest_message)), settings.brokers
    in_step = max(1, copies - 1)
    on_clients_port = {_BROKER: own, _CLIENT: password, METRICS: for_metrics}
    lines = {
        "process.roles": "broker,controller",
        "listeners": f"CLIENTS://:{_CLIENTS},CONTROLLER://:{_CONTROLLER}",
        "listener.security.protocol.map": "CLIENTS:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "CLIENTS",
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.clients.plain.sasl.jaas.config": _plain_login(_BROKER, own, on_clients_port),
        "listener.name.controller.plain.sasl.jaas.config": _plain_login(_BROKER, own, {_BROKER: own}),
        # Whoever else logs in has the rights that it is given, and none by itself.
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{_BROKER};User:{_CLIENT}",
        # One level below the mount, where some file systems keep a lost+found.
        "log.dirs": f"{_DATA}/log",
        "log.retention.hours": settings.retention_days * 24,
        # A misspelt name is an error, not a topic.
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": in_step,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_step,
        "message.max.bytes": largest,
        "replica.fetch.max.bytes": largest,
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def _plain_login(user: str, password: str, accepted: Mapping[str, str] | None = None) -> str:
    """As whom one logs in, and whom one lets in."""
    users = "".join(f' user_{who}="{known}"' for who, known in (accepted or {}).items())
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return f'{module} required username="{user}" password="{password}"{users};'
