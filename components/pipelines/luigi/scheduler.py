"""The central scheduler: who runs what, kept on a claimed volume, and what became of it, kept in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pulumi import Input

from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.probes import Probes
from ...k8s.volumes import Mount, claimed, config_files, scratch
from ...k8s.workload import Workload
from . import proxy
from .settings import LUIGI_DATABASE, LuigiArgs, LuigiSettings

USER = 1000  # `luigi` in the image

_CONFIGURATION, _STATE = "/etc/luigi", "/var/lib/luigi"
_MIGRATE = "from luigi.db_task_history import DbTaskHistory; DbTaskHistory()"  # makes tables and columns that lack

_BEHAVIOUR = f"""
[core]
logging_conf_file = {_CONFIGURATION}/logging.ini

[scheduler]
state_path = {_STATE}/state.pickle
retry_delay = {{retry}}
remove_delay = {{shown}}
metrics_collector = prometheus
record_task_history = true

[task_history]
# Without the password, which libpq finds in the environment.
db_connection = ${{{{HISTORY}}}}
"""


def scheduler(
    name: str, args: LuigiArgs, configuration: Input[str], secret: Input[str], trusted: Sequence[Mount] = ()
) -> Workload:
    """`configuration` names a ConfigMap of `files`, `secret` a Secret with the database's password.

    By what is `trusted` the database is known.
    """
    return Workload(
        identity=Identity("luigi", name),
        image=args.settings.image or image("luigi").reference,
        user=USER,
        command=["luigid", "--address", "127.0.0.1", "--port", str(proxy.SCHEDULER_PORT)],
        # The pod's way in, where the proxy beside it listens.
        ports={"http": proxy.PORT},
        env={"HISTORY": args.database.url(LUIGI_DATABASE)},
        secrets=[secret],
        mounts=[
            config_files("configuration", _CONFIGURATION, configuration),
            claimed("state", _STATE),
            scratch("tmp", "/tmp", "64Mi"),
            *trusted,
        ],
        # Through the proxy, for the kubelet does not reach the pod's loopback. There is no other to turn to while this
        # one is slow.
        probes=Probes(port=proxy.PORT, path=proxy.HEALTH, starts_within=300, timeout=20),
        resources=args.settings.resources,
        # The state is written when the process ends, and only then.
        grace_seconds=60,
    )


def migration(scheduler: Workload, name: str) -> Workload:
    """Brings the history's tables to the version of the image."""
    return replace(
        scheduler,
        identity=Identity("luigi", name, "migration"),
        command=["python", "-c", _MIGRATE],
        ports={},
        mounts=[mount for mount in scheduler.mounts if mount.volume],
        probes=None,
    )


def files(settings: LuigiSettings) -> dict[str, str]:
    """For a ConfigMap."""
    return {
        "luigi.cfg": _BEHAVIOUR.format(retry=settings.retry_seconds, shown=settings.shown_seconds),
        "logging.ini": Path(__file__).with_name("logging.ini").read_text(encoding="utf-8"),
    }
