"""The worker: takes runs that are due from the work pool, and starts a pod for each."""

from dataclasses import replace

from pulumi import Input, Output

from ...base import Text
from ...k8s.labels import Identity
from ...k8s.probes import Probes
from ...k8s.rbac import Grant, Rule
from ...k8s.workload import Workload
from .runtime import client
from .settings import PrefectArgs

_HEALTH = 8080  # by default
LOGIN_KEY = "PREFECT_API_AUTH_STRING"

RULES = (
    # Starts a run's Job, learns of its end, and takes it away if the run is cancelled before it began.
    Rule("batch", ["jobs"], ["create", "get", "list", "watch", "delete"]),
    # Reports why a pod waits or failed; and its last words, if it failed before it could reach the server.
    Rule("", ["pods"], ["get", "list", "watch"]),
    Rule("", ["pods/log"], ["get"]),
)


def worker(name: str, pool: str, args: PrefectArgs, api: Text, login: Text, flow_login: Output[str]) -> Workload:
    """`flow_login` is the Secret of the same content in the namespace of runs: their Jobs refer to it."""
    settings = args.settings
    runs: Input[str] = args.space.namespace
    base = client(Identity("prefect", name, "worker"), api, login, settings.worker)
    return replace(
        base,
        command=["prefect", "worker", "start", "--type=kubernetes", f"--pool={pool}", "--install-policy=never"],
        args=["--with-healthcheck", "--no-create-pool-if-not-found"],
        ports={"health": _HEALTH},
        env={
            **base.env,
            # Unset, it would watch the whole cluster.
            "PREFECT_INTEGRATIONS_KUBERNETES_OBSERVER_NAMESPACES": runs,
            # Otherwise the login would stand in the clear in each Job.
            "PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET_NAME": flow_login,
            "PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET_KEY": LOGIN_KEY,
            "PREFECT_WORKER_QUERY_SECONDS": str(settings.poll_seconds),
            "PREFECT_WORKER_ENABLE_CANCELLATION": "true",
        },
        probes=Probes(port=_HEALTH, path="/health", starts_within=180, timeout=10),
        replicas=settings.workers,
        grants=[Grant(RULES, runs)],
    )
