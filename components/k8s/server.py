"""What every stateless server is made of, registered in one place: account, pods, budget, Service, way in."""

from dataclasses import replace

from pulumi import Input, ResourceOptions
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Service, ServiceAccount, ServicePortArgs, ServiceSpecArgs
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget, PodDisruptionBudgetSpecArgs

from ..access import Access
from .labels import Identity
from .network import Peer, open_to_outside
from .workload import Workload


def serve(name: str, workload: Workload, namespace: Input[str], access: Access, opts: ResourceOptions) -> Service:
    """Run `workload` as a Deployment behind a Service; the pods are ready when both are."""
    place = ObjectMetaArgs(namespace=namespace, labels=workload.identity.labels)
    account = service_account(name, workload.identity, namespace, opts)
    pods = replace(workload, service_account=account.metadata.name)
    Deployment(f"{name}-server", metadata=place, spec=pods.deployment(), opts=opts)
    if workload.replicas > 1:
        budget = PodDisruptionBudgetSpecArgs(
            max_unavailable=1, selector=LabelSelectorArgs(match_labels=workload.identity.selector)
        )
        PodDisruptionBudget(f"{name}-budget", metadata=place, spec=budget, opts=opts)
    return service(name, workload, namespace, access, opts)


def service_account(name: str, identity: Identity, namespace: Input[str], opts: ResourceOptions) -> ServiceAccount:
    """An account of its own, whose token no pod gets unless it asks."""
    place = ObjectMetaArgs(namespace=namespace, labels=identity.labels)
    return ServiceAccount(f"{name}-account", metadata=place, automount_service_account_token=False, opts=opts)


def service(name: str, workload: Workload, namespace: Input[str], access: Access, opts: ResourceOptions) -> Service:
    """The Service in front of `workload`, named `name` so that its DNS name can be known before it exists."""
    ports = [ServicePortArgs(name=port, port=number, target_port=port) for port, number in workload.ports.items()]
    made = Service(
        f"{name}-service",
        metadata=ObjectMetaArgs(name=name, namespace=namespace, labels=workload.identity.labels),
        spec=ServiceSpecArgs(type=access.service_type, selector=workload.identity.selector, ports=ports),
        opts=opts,
    )
    if access.outside:
        for port, number in workload.ports.items():
            server = Peer(namespace, workload.identity.selector, number)
            open_to_outside(f"{name}-from-outside-{port}", server, opts)
    return made

