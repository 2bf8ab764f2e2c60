"""OpenSearch in the cluster: one node or three, each of them a possible manager of the others."""

from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from ...access import Access, Endpoint
from ...base import Args, Settings, Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.network import Peer, connect
from ...k8s.order import after
from ...k8s.probes import Probes
from ...k8s.resources import Resources
from ...k8s.server import serve_from_disk
from ...k8s.volumes import claim, claimed, scratch, secret_files
from ...k8s.workload import Workload
from ...types import Bytes, Name, Rotation, amount
from ..contracts import Search
from ..exporter import USER as METRICS
from ..exporter import MetricsSettings, export
from . import backup, configuration, metrics
from .accounts import Accounts, load
from .certificates import USER, certify
from .configuration import ADMIN, BACKUP, CLIENT, HTTPS, TRANSPORT, USERS

_CONFIG, _CERTIFICATES, _TOGETHER = "/etc/opensearch-platform", "/etc/opensearch-certificates", "/var/lib/configuration"
_START = (Path(__file__).parent / "scripts/start.sh").read_text(encoding="utf-8")
_HEAP = 0.5  # of the memory limit; the rest is for buffers outside the heap and for the cache of pages


class OpenSearchSettings(Settings):
    """Search indices. What is in them can be made anew by the systems that filled them."""

    namespace: Name = "search"
    nodes: Literal[1, 3] = 3
    """A quorum needs an odd number: 1 for trying things out, 3 to lose any one of them."""
    size: Bytes = "20Gi"
    """Of each node's volume."""
    storage_class: Name | None = None
    password_rotation: Rotation = 1
    metrics: MetricsSettings | None = MetricsSettings()
    resources: Resources = Resources(cpu="250m", memory="2Gi", memory_limit="2Gi")


class OpenSearchArgs(Args):
    """Where its pods live, and how it is reached from outside."""

    settings: OpenSearchSettings = OpenSearchSettings()
    namespace: Text
    access: Access = Access()


class OpenSearch(ComponentResource):
    """Nodes with a volume each, an administrator, and a user for the platform's systems."""

    search: Search
    endpoint: Endpoint

    def __init__(self, name: str, args: OpenSearchArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:data:OpenSearch", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, identity = args.settings, Identity("opensearch", name)
        place = ObjectMetaArgs(namespace=args.namespace, labels=identity.labels)
        store_password = RandomPassword(f"{name}-stores", length=40, special=False, opts=child).result
        stores = Secret(f"{name}-stores", metadata=place, string_data={"STORE_PASSWORD": store_password}, opts=child)
        certificates = certify(name, _names(name, args), stores.metadata.name, args.namespace, child)
        domain = Output.concat(name, "-pods.", args.namespace)
        # The back-up's is for life: nodes have it at hand, and a new one would restart them.
        renewed = {who: {"rotation": str(settings.password_rotation)} for who in USERS if who != BACKUP}
        passwords = {
            who: RandomPassword(f"{name}-{who}", length=40, special=False, keepers=renewed.get(who), opts=child)
            for who in USERS
        }
        config = Secret(
            f"{name}-config",
            metadata=place,
            string_data={
                "opensearch.yml": Output.all(domain, store_password).apply(
                    lambda known: configuration.server(name, known[0], settings.nodes, known[1])
                ),
                "jvm.options": configuration.JVM,
                "log4j2.properties": configuration.LOGGING,
                **configuration.access(),
            },
            opts=child,
        )
        workload = Workload(
            identity=identity,
            image=image("opensearch").reference,
            user=USER,
            command=["sh", "-euc", _START],
            ports={"https": HTTPS},
            env={
                "NODES": str(settings.nodes),
                "CONFIG": _CONFIG,
                "CERTIFICATES": _CERTIFICATES,
                "OPENSEARCH_PATH_CONF": _TOGETHER,
                "OPENSEARCH_JAVA_OPTS": heap(settings.resources),
            },
            fields={"POD_NAME": "metadata.name", "POD_IP": "status.podIP"},
            mounts=[
                claimed("data", "/usr/share/opensearch/data"),
                scratch("configuration", _TOGETHER, "16Mi"),
                scratch("logs", "/usr/share/opensearch/logs", "64Mi"),
                scratch("tmp", "/tmp", "256Mi"),
                secret_files("config", _CONFIG, config.metadata.name),
                secret_files("certificates", _CERTIFICATES, certificates.node),
                *backup.files(name, passwords[BACKUP].result, certificates, place, child),
            ],
            # The one question that needs no login: whether this node has read from its cluster who may log in.
            probes=Probes(port=HTTPS, path="/_plugins/_security/health?mode=strict", scheme="HTTPS", starts_within=300),
            backup=backup.FLUSH,
            resources=settings.resources,
            replicas=settings.nodes,
            together=True,
            grace_seconds=120,
        )
        claims = [claim("data", settings.size, settings.storage_class)]
        made = serve_from_disk(name, workload, claims, args.namespace, args.access, child)
        inside = Peer(args.namespace, identity.selector, (TRANSPORT,))
        connect(f"{name}-among-nodes", inside, inside, child)
        hashes = {who: password.bcrypt_hash for who, password in passwords.items()}
        accounts = Accounts(made.host, made.peer, certificates.administrator, stores.metadata.name, hashes)
        loaded = load(name, accounts, args.namespace, child)
        self.search = Search(
            host=after(loaded, made.host),
            port=HTTPS,
            username=CLIENT,
            password=passwords[CLIENT].result,
            authority=certificates.authority,
            peer=made.peer,
        )
        if settings.metrics:
            exporter = metrics.exporter(self.search.url, passwords[METRICS].result, certificates)
            export(name, exporter, made.peer, settings.metrics, args.namespace, child)
        self.endpoint = Endpoint(
            url=Output.concat("https://", after(loaded, args.access.address_of(made.service))),
            username=ADMIN,
            password=passwords[ADMIN].result,
        )
        self.register_outputs({"url": self.search.url})


def heap(resources: Resources) -> str:
    """Java's options for a heap of one size that leaves room for what is beside it."""
    mebibytes = int(amount(resources.memory_limit or resources.memory) * _HEAP / 2**20)
    return f"-Xms{mebibytes}m -Xmx{mebibytes}m"


def _names(name: str, args: OpenSearchArgs) -> list[Output[str]]:
    """What clients call the nodes by: the Service, one node's pod, and where a node of Kubernetes is reached."""
    hosts = [Output.concat("dns:", name, ".", args.namespace, end) for end in ("", ".svc", ".svc.cluster.local")]
    pods = [Output.concat("dns:*.", name, "-pods.", args.namespace, end) for end in ("", ".svc.cluster.local")]
    return [
        *hosts,
        *pods,
        Output.from_input("dns:localhost"),
        *([_outside(args.access)] if args.access.outside else []),
    ]


def _outside(access: Access) -> Output[str]:
    try:
        return Output.from_input(f"ip:{ip_address(access.address)}")
    except ValueError:
        return Output.from_input(f"dns:{access.address}")
