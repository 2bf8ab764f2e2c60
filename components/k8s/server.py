"""What every server is made of, registered in one place: account, pods, disruption budget, Services, way in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pulumi import Input, Output, ResourceOptions
from pulumi_kubernetes.apps.v1 import Deployment, StatefulSet
from pulumi_kubernetes.core.v1 import (
    PersistentVolumeClaimArgs,
    Service,
    ServiceAccount,
    ServicePortArgs,
    ServiceSpecArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget, PodDisruptionBudgetSpecArgs

from ..access import Access, Page
from .cloud import admitted
from .network import Peer, open_to_outside
from .order import after
from .rbac import grant
from .workload import Workload


@dataclass(frozen=True)
class Server:
    """What a registered server hands on: its Service, its pods as an end of wires, a host known once it answers."""

    service: Service
    peer: Peer
    host: Output[str]
    pods: Output[str]
    """What its pods are named after: of a StatefulSet, `<pods>-0` and so on."""

    def page(self, port: int, *, tls: bool = False, streams: bool = False, upload: int = 16) -> Page:
        """What a browser shows of it."""
        pods = replace(self.peer, ports=(port,))
        return Page(host=self.host, port=port, peer=pods, tls=tls, streams=streams, upload=upload)


def serve(name: str, workload: Workload, namespace: Input[str], access: Access, opts: ResourceOptions) -> Server:
    """Run `workload` as a Deployment behind a Service of that name."""
    pods = run_forever(name, workload, namespace, opts)
    return _behind_service(name, workload, namespace, access, pods, opts)


def run_forever(
    name: str, workload: Workload, namespace: Input[str], opts: ResourceOptions, *, known_as: str | None = None
) -> Output[str]:
    """Run `workload` as a Deployment that nobody calls: a controller, a scheduler, a worker. Known once it is ready.

    `known_as` is for one that a program looks up by its name.
    """
    pods = Deployment(
        f"{name}-server",
        metadata=ObjectMetaArgs(name=known_as, namespace=namespace, labels=workload.identity.labels),
        spec=_with_account(name, workload, namespace, opts).deployment(),
        opts=opts,
    )
    _lose_one_at_a_time(name, workload, namespace, opts)
    return pods.metadata.name


def serve_from_disk(
    name: str,
    workload: Workload,
    claims: Sequence[PersistentVolumeClaimArgs],
    namespace: Input[str],
    access: Access,
    opts: ResourceOptions,
) -> Server:
    """Run `workload` as a StatefulSet whose pods keep their volumes, behind a Service of that name.

    A second, headless Service `<name>-pods` gives each pod a name; it reaches ports that the first does not offer.
    `claims` count for a StatefulSet that isn't there yet: volumes grow as docs/how-to/upgrade.md says.
    """
    labels = workload.identity.labels
    headless = Service(
        f"{name}-pods",
        metadata=ObjectMetaArgs(name=f"{name}-pods", namespace=namespace, labels=labels),
        spec=ServiceSpecArgs(
            cluster_ip="None",
            # A pod's parts find each other by its name, also while it starts.
            publish_not_ready_addresses=True,
            selector=workload.identity.selector,
            ports=_ports(workload),
        ),
        opts=opts,
    )
    ready_workload = _with_account(name, workload, namespace, opts)
    # Kubernetes never changes claims of a StatefulSet that is there. Another size or class would replace it, under
    # another name, and the names of its claims with it: empty volumes, where those with the data are left behind.
    as_it_was = ResourceOptions.merge(opts, ResourceOptions(ignore_changes=["spec.volumeClaimTemplates"]))
    pods = StatefulSet(
        f"{name}-server",
        metadata=ObjectMetaArgs(namespace=namespace, labels=labels),
        spec=ready_workload.stateful_set(headless.metadata.name, claims),
        opts=as_it_was,
    )
    _lose_one_at_a_time(name, workload, namespace, opts)
    return _behind_service(name, workload, namespace, access, pods.metadata.name, opts)


def service_account(name: str, workload: Workload, namespace: Input[str], opts: ResourceOptions) -> Output[str]:
    """An account of its own, known once it may do what the workload asks for, and nothing else."""
    place = ObjectMetaArgs(namespace=namespace, labels=workload.identity.labels)
    account = ServiceAccount(f"{name}-account", metadata=place, automount_service_account_token=False, opts=opts)
    known = admitted(name, workload.cloud, account.metadata.name, namespace, opts)
    if not workload.grants:
        return known
    return after(grant(name, workload.grants, account.metadata.name, namespace, opts), known)


def _lose_one_at_a_time(name: str, workload: Workload, namespace: Input[str], opts: ResourceOptions) -> None:
    """Whoever empties nodes waits until the last pod that went is back."""
    if workload.replicas == 1:
        return
    pods = LabelSelectorArgs(match_labels=workload.identity.selector)
    PodDisruptionBudget(
        f"{name}-budget",
        metadata=ObjectMetaArgs(namespace=namespace, labels=workload.identity.labels),
        spec=PodDisruptionBudgetSpecArgs(max_unavailable=1, selector=pods),
        opts=opts,
    )


def _with_account(name: str, workload: Workload, namespace: Input[str], opts: ResourceOptions) -> Workload:
    if workload.service_account is not None:
        return workload
    return replace(workload, service_account=service_account(name, workload, namespace, opts))


def _behind_service(
    name: str, workload: Workload, namespace: Input[str], access: Access, pods: Output[str], opts: ResourceOptions
) -> Server:
    """The Service's name is given, so that its DNS name is a constant that clients may be configured with."""
    front = Service(
        f"{name}-service",
        metadata=ObjectMetaArgs(name=name, namespace=namespace, labels=workload.identity.labels),
        spec=ServiceSpecArgs(type=access.service_type, selector=workload.identity.selector, ports=_ports(workload)),
        opts=opts,
    )
    peer = Peer(namespace, workload.identity.selector, tuple(workload.ports.values()))
    if access.outside:
        open_to_outside(f"{name}-from-outside", peer, opts)
    host = Output.all(front.metadata.name, front.metadata.namespace, pods).apply(lambda at: f"{at[0]}.{at[1]}")
    return Server(front, peer, host, pods)


def _ports(workload: Workload) -> list[ServicePortArgs]:
    return [ServicePortArgs(name=name, port=port, target_port=name) for name, port in workload.ports.items()]
