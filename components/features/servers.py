"""Feast's four servers: of the newest values, of the definitions, of the values at any time, and of the web page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pulumi import Input

from ..base import Text
from ..k8s.cloud import CloudIdentity
from ..k8s.labels import Identity
from ..k8s.probes import Probes
from ..k8s.rbac import Grant, Rule
from ..k8s.resources import Resources
from ..k8s.volumes import Mount, config_files, scratch
from ..k8s.workload import Workload
from .settings import FeastSettings

ONLINE, REGISTRY, REST, OFFLINE, PAGE = 6566, 6570, 6572, 8815, 8888
"""PAGE is the proxy's; it and the port behind it are page.conf's, too."""
_BEHIND_THE_PROXY = 8889

USER = 1001  # as in the image
CONFIGURATION = "/etc/feast"
"""Folder of feature_store.yaml."""

WITH_VALUES = {"online", "offline", "apply", "materialization"}
"""The parts that read or write feature values; the others know of definitions alone."""

# Each request's token is shown to the cluster, which says whose it is.
_REVIEW_TOKENS = Grant([Rule("authentication.k8s.io", ["tokenreviews"], ["create"])], None)


@dataclass(frozen=True)
class Common:
    """What all processes of one Feast share."""

    name: str
    image: str
    configuration: Input[str]
    """Name of the ConfigMap with feature_store.yaml."""
    database: Input[str]
    """Name of the Secret that opens the registry's database."""
    stores: Input[str]
    """Name of the Secret that opens what holds feature values."""
    env: Mapping[str, Text]
    cloud: CloudIdentity | None = None
    """What opens them where no Secret does."""
    trusted: Sequence[Mount] = ()
    """What the registry's database is known by."""

    def process(self, component: str, command: Sequence[Input[str]], resources: Resources) -> Workload:
        """A command of Feast that may open the registry and, if it has to, the stores."""
        return Workload(
            identity=Identity("feast", self.name, component),
            image=self.image,
            user=USER,
            command=["feast", f"--chdir={CONFIGURATION}", *command],
            working_dir="/tmp",
            env={"HOME": "/tmp", **self.env},
            secrets=[self.database, self.stores] if component in WITH_VALUES else [self.database],
            mounts=[
                config_files("configuration", CONFIGURATION, self.configuration),
                scratch("tmp", "/tmp", "1Gi"),
                *self.trusted,
            ],
            resources=resources,
            cloud=self.cloud if component in WITH_VALUES else None,
        )


def online(common: Common, settings: FeastSettings) -> Workload:
    chosen = settings.online
    command = [
        "serve",
        "--host=0.0.0.0",
        f"--port={ONLINE}",
        f"--workers={chosen.workers}",
        f"--max-requests={chosen.recycle_after}",
        # So that not all of them are replaced at once.
        f"--max-requests-jitter={chosen.recycle_after // 10}",
        f"--registry_ttl_sec={settings.definitions_ttl}",
        "--no-access-log",
        "--metrics",
    ]
    return replace(
        common.process("online", command, chosen.resources),
        ports={"http": ONLINE},
        probes=Probes(port=ONLINE, path="/health", starts_within=300, timeout=10),
        replicas=chosen.replicas,
        grants=[_REVIEW_TOKENS],
    )


def registry(common: Common, settings: FeastSettings) -> Workload:
    """Two processes in two containers: one command for both would go on with one of them when the other ends."""
    resources = settings.registry.resources
    rest = common.process(
        "registry", ["serve_registry", "--no-grpc", "--rest-api", f"--rest-port={REST}", "--host=0.0.0.0"], resources
    )
    return replace(
        common.process("registry", ["serve_registry", f"--port={REGISTRY}"], resources),
        ports={"grpc": REGISTRY, "rest": REST},
        probes=Probes(port=REGISTRY, starts_within=300),
        replicas=settings.registry.replicas,
        grants=[_REVIEW_TOKENS],
        beside=[replace(rest, name="rest", probes=Probes(port=REST, starts_within=300))],
    )


def offline(common: Common, settings: FeastSettings) -> Workload:
    return replace(
        common.process("offline", ["serve_offline", "--host=0.0.0.0", f"--port={OFFLINE}"], settings.offline.resources),
        ports={"flight": OFFLINE},
        probes=Probes(port=OFFLINE, starts_within=300),
        replicas=settings.offline.replicas,
        grants=[_REVIEW_TOKENS],
    )


def page(common: Common, settings: FeastSettings, proxy: Workload) -> Workload:
    """On the pod's loopback, behind the proxy's login: on its own it lets everyone in."""
    return replace(
        common.process("page", ["ui", "--host=127.0.0.1", f"--port={_BEHIND_THE_PROXY}"], settings.page),
        ports={"http": PAGE},
        probes=Probes(port=PAGE, path="/health", starts_within=300, timeout=10),
        beside=[proxy],
    )
