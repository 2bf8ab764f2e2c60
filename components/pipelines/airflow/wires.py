"""Who among Airflow's pods talks to whom, and to which systems outside."""

from pulumi import ResourceOptions
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from ...k8s.labels import Identity
from ...k8s.network import Peer, connect, to_kubernetes
from .configuration import API_PORT, TASK_LOGS_PORT, TRIGGER_LOGS_PORT
from .settings import AirflowArgs

_LOGS = ("api-server", "triggerer")
_GIT = (443, 22)
_KUBERNETES = ("api-server", "scheduler", "triggerer", "cleaner")


def lead(name: str, args: AirflowArgs, opts: ResourceOptions) -> None:
    """Tasks run in pods of their own or, with the LocalExecutor, in the scheduler's; the wires follow them."""

    def server(component: str, *ports: int) -> Peer:
        return Peer(args.namespace, _of(name, component), ports)

    local = args.settings.executor == "LocalExecutor"
    tasks = server("scheduler") if local else Peer(args.space.namespace, _of(name, "worker"))
    if args.database.peer:
        connect(f"{name}-database", Peer(args.namespace, _of(name)), args.database.peer, opts)
    if args.artifacts.peer:
        for component in _LOGS:
            connect(f"{name}-{component}-artifacts", server(component), args.artifacts.peer, opts)
        connect(f"{name}-tasks-artifacts", tasks, args.artifacts.peer, opts)
    connect(f"{name}-tasks-api", tasks, server("api-server", API_PORT), opts)
    connect(f"{name}-trigger-logs", server("api-server"), server("triggerer", TRIGGER_LOGS_PORT), opts)
    for component in _KUBERNETES:
        to_kubernetes(f"{name}-{component}-kubernetes", server(component), opts)
    if args.settings.dags.from_ == "git":
        for who, pods in (("dag-processor", server("dag-processor")), ("tasks", tasks)):
            _to_repository(f"{name}-{who}-repository", pods, opts)
    if local:
        connect(f"{name}-task-logs", server("api-server"), server("scheduler", TASK_LOGS_PORT), opts)
    else:
        to_kubernetes(f"{name}-worker-kubernetes", tasks, opts)


def _to_repository(name: str, client: Peer, opts: ResourceOptions) -> None:
    """Wherever that is: its host may have any address."""
    NetworkPolicy(
        name,
        metadata=ObjectMetaArgs(namespace=client.namespace),
        spec=NetworkPolicySpecArgs(
            pod_selector=client.pods,
            policy_types=["Egress"],
            egress=[NetworkPolicyEgressRuleArgs(ports=[NetworkPolicyPortArgs(port=p, protocol="TCP") for p in _GIT])],
        ),
        opts=opts,
    )


def _of(name: str, component: str | None = None) -> dict[str, str]:
    """Labels of one kind of pod, or of all that belong to this Airflow."""
    whole = Identity("airflow", name, component or "").selector
    return {label: value for label, value in whole.items() if value}
