"""DataHub's servers and Jobs as workloads: what each runs, how it is probed, what it writes to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...base import Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.probes import Probes
from ...k8s.resources import Resources
from ...k8s.volumes import Mount, config_files, scratch, secret_files
from ...k8s.workload import Workload
from ..ingestion import USER as INGESTION_USER
from . import environment as env
from .settings import DataHubArgs, PartSettings

USER = 1000
SMALL = Resources(cpu="10m", memory="128Mi", memory_limit="256Mi")
_SCRIPTS, _AUTHORITY, _CONF = "/scripts", "/authority", "/datahub-frontend/conf"
_BOOT = 900  # seconds; the metadata service also waits here for the set-up's word that it may start
ADMINISTRATOR = "datahub"
"""The one whom DataHub's own policies give every right."""

# The page's start script writes its users beside the other files of its configuration.
_COPY_CONFIGURATION = f"""
cp -rf {_CONF}/. /conf/
cat "$CUSTOM_USER_PROPS_FILE" > /conf/user.props
"""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Of one DataHub: all that its processes have in common is in here."""

    name: str
    args: DataHubArgs
    secrets: Sequence[Text]
    """Names of the Secrets that the backend's processes read."""
    scripts: Text
    """Name of the ConfigMap with this project's own scripts."""
    authority: Text | None
    """Name of the Secret with the certificate of who signed that of search."""
    trusted: Sequence[Mount] = ()
    """What the SQL server is known by."""

    def wait(self, secret: Text) -> Workload:
        """Ends once SQL, Kafka and search each answer a client that has logged in."""
        args = self.args
        return Workload(
            identity=self._identity("wait"),
            name="wait",
            image=image("datahub-ingestion").reference,
            user=INGESTION_USER,
            command=["python", f"{_SCRIPTS}/wait.py"],
            working_dir="/tmp",
            env={
                "HOME": "/tmp",
                "KAFKA_BOOTSTRAP": args.event_log.bootstrap,
                "KAFKA_USERNAME": args.event_log.username,
                "SEARCH_URL": args.search.url,
                "SEARCH_USERNAME": args.search.username,
                **({"SEARCH_AUTHORITY": f"{_AUTHORITY}/authority.pem"} if self.authority else {}),
            },
            secrets=[secret],
            mounts=[
                config_files("scripts", _SCRIPTS, self.scripts),
                *self._authority(),
                *self.trusted,
                scratch("tmp", "/tmp", "16Mi"),
            ],
            resources=SMALL,
        )

    def gms(self, sql_host: Text) -> Workload:
        args = self.args
        part = self._backend("gms", "datahub-gms", args.settings.gms, sql_host)
        shares = {"hazelcast": env.HAZELCAST_PORT} if args.settings.gms.replicas > 1 else {}
        return replace(
            part,
            env={**part.env, **env.metadata_service(self.name, args.settings)},
            ports={"http": env.GMS_PORT, "metrics": env.METRICS_PORT, **shares},
            probes=Probes(port=env.GMS_PORT, path="/health", starts_within=_BOOT, timeout=10),
            grace_seconds=90,
        )

    def consumer(self, kind: str, settings: PartSettings, port: int, sql_host: Text) -> Workload:
        """`mae` indexes what was written; `mce` writes what was proposed."""
        part = self._backend(f"{kind}-consumer", f"datahub-{kind}-consumer", settings, sql_host)
        # What came in by the page was indexed by the service already.
        own = {"PRE_PROCESS_HOOKS_UI_ENABLED": "false"} if kind == "mae" else {}
        return replace(
            part,
            env={**part.env, **own, f"{kind.upper()}_CONSUMER_ENABLED": "true"},
            ports={"http": port, "metrics": env.METRICS_PORT},
            probes=Probes(port=port, path="/actuator/health", starts_within=_BOOT, timeout=10),
        )

    def upgrade(self, component: str, steps: str, sql_host: Text, *arguments: str) -> Workload:
        settings = PartSettings(resources=self.args.settings.upgrade)
        part = self._backend(component, "datahub-upgrade", settings, sql_host)
        return replace(part, args=["-u", steps, *arguments], env={**part.env, **env.upgrade(self.args)})

    def frontend(self, gms_host: Text, secret: Text, users: Text) -> Workload:
        settings, entry = self.args.settings, image("datahub-frontend")
        users_file = {"CUSTOM_USER_PROPS_FILE": "/users/user.props"}
        copy = Workload(
            identity=self._identity("frontend"),
            name="configuration",
            image=entry.reference,
            user=USER,
            command=["sh", "-ec", _COPY_CONFIGURATION],
            env=users_file,
            mounts=[scratch("conf", "/conf", "16Mi"), secret_files("users", "/users", users)],
            resources=SMALL,
        )
        sign_on = [settings.oidc.secret] if settings.oidc else []
        return Workload(
            identity=self._identity("frontend"),
            name="frontend",
            image=entry.reference,
            user=USER,
            ports={"http": env.FRONTEND_PORT, "metrics": env.METRICS_PORT},
            env={**env.frontend(self.name, self.args, entry.version, gms_host), **users_file},
            secrets=[secret, *sign_on],
            mounts=[
                scratch("tmp", "/tmp", "1Gi"),
                scratch("conf", _CONF, "16Mi"),
                secret_files("users", "/users", users),
                *self._trust(),
            ],
            probes=Probes(port=env.FRONTEND_PORT, path="/admin", starts_within=300, timeout=10),
            resources=settings.frontend.resources,
            replicas=settings.frontend.replicas,
            before=[copy, *self._trusting()],
        )

    def _backend(self, component: str, name: str, settings: PartSettings, sql_host: Text) -> Workload:
        return Workload(
            identity=self._identity(component),
            name=component,
            image=image(name).reference,
            user=USER,
            env=env.backend(self.name, self.args, sql_host),
            secrets=self.secrets,
            mounts=[scratch("tmp", "/tmp", "2Gi"), *self._trust(), *self.trusted],
            resources=settings.resources,
            replicas=settings.replicas,
            before=self._trusting(),
        )

    def _identity(self, component: str) -> Identity:
        return Identity("datahub", self.name, component)

    def _authority(self) -> list[Mount]:
        return [secret_files("authority", _AUTHORITY, self.authority)] if self.authority else []

    def _trust(self) -> list[Mount]:
        return [scratch("trust", env.TRUST, "1Mi")] if self.authority else []

    def _trusting(self) -> list[Workload]:
        """Puts the authority's certificate into the only form in which Java takes it."""
        if self.authority is None:
            return []
        mounts = [config_files("scripts", _SCRIPTS, self.scripts), *self._authority(), *self._trust()]
        return [
            Workload(
                identity=self._identity("trust"),
                name="trust",
                image=image("datahub-ingestion").reference,
                user=INGESTION_USER,
                command=["python", f"{_SCRIPTS}/trust.py", f"{_AUTHORITY}/authority.pem", env.TRUST_STORE],
                env={"TRUST_PASSWORD": env.TRUST_PASSWORD},
                mounts=mounts,
                resources=SMALL,
            )
        ]


def users(password: str) -> str:
    """The page's file of local users."""
    return f"{ADMINISTRATOR}:{password}\n"
