"""Who may talk to whom: each namespace denies everything, then each wire between two systems admits itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pulumi import Input, ResourceOptions
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from ..base import Text

_DNS_PORT = 53
_EVERYWHERE = "0.0.0.0/0"
_KUBERNETES_PORTS = (443, 6443, 8443, 16443)
"""Of its Service, and of the API servers behind that, by which networks judge: a cloud's listens at 443, minikube's
at 8443, MicroK8s' at 16443, and at 6443 what kubeadm, k3s, RKE2, k0s, kind or OpenShift has made."""
_TUNNEL_NAMESPACE, _TUNNEL = "kube-system", {"k8s-app": "konnectivity-agent"}


@dataclass(frozen=True)
class Peer:
    """One end of a wire: some pods of a namespace, and the ports they listen on if they are the server."""

    namespace: Text
    selector: Mapping[str, str]
    ports: tuple[int, ...] = ()

    @property
    def pods(self) -> LabelSelectorArgs:
        return LabelSelectorArgs(match_labels=dict(self.selector))

    @property
    def listening(self) -> list[NetworkPolicyPortArgs]:
        return [NetworkPolicyPortArgs(port=port, protocol="TCP") for port in self.ports]

    def seen_from_outside(self) -> NetworkPolicyPeerArgs:
        here = LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": self.namespace})
        return NetworkPolicyPeerArgs(namespace_selector=here, pod_selector=self.pods)


@dataclass(frozen=True)
class Outside:
    """The far end of a wire that leaves the cluster: ranges of addresses, each with the ports that answer there."""

    ways: tuple[tuple[str, tuple[int, ...]], ...]


End: TypeAlias = Peer | Outside
"""What a wire may lead to."""


def deny_all(name: str, namespace: Input[str], opts: ResourceOptions) -> NetworkPolicy:
    """Nothing in, and nothing out but name resolution."""
    ports = [NetworkPolicyPortArgs(port=_DNS_PORT, protocol=protocol) for protocol in ("UDP", "TCP")]
    return NetworkPolicy(
        name,
        metadata=ObjectMetaArgs(namespace=namespace),
        spec=NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(),
            policy_types=["Ingress", "Egress"],
            egress=[NetworkPolicyEgressRuleArgs(ports=ports)],
        ),
        opts=opts,
    )


def connect(name: str, client: Peer, server: End, opts: ResourceOptions) -> None:
    """The wire from `client` to `server`: a way out of the one's namespace and, inside, a way into the other's."""
    if isinstance(server, Outside):
        _let_out(f"{name}-out", client, [_way(cidr, ports) for cidr, ports in server.ways], opts)
        return
    way = NetworkPolicyEgressRuleArgs(to=[server.seen_from_outside()], ports=server.listening)
    _let_out(f"{name}-out", client, [way], opts)
    _let_in(f"{name}-in", server, [client.seen_from_outside()], opts)


def open_to_outside(name: str, server: Peer, opts: ResourceOptions) -> NetworkPolicy:
    """For what is reached from outside the cluster through a node's port."""
    return _let_in(name, server, [_anywhere()], opts)


def open_to_api_server(name: str, server: Peer, opts: ResourceOptions) -> NetworkPolicy:
    """For what the API server itself calls. It is no pod, but GKE's comes out of one, the near end of its tunnel into
    the cluster, and Cilium finds a pod by labels alone, in no range of addresses."""
    tunnel = Peer(_TUNNEL_NAMESPACE, _TUNNEL)
    return _let_in(name, server, [_anywhere(), tunnel.seen_from_outside()], opts)


def open_to_namespaces(name: str, server: Peer, namespaces: Sequence[Text], opts: ResourceOptions) -> NetworkPolicy:
    """For clients in namespaces that may not even be there yet; their own way out is not this program's affair."""
    names = [LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": namespace}) for namespace in namespaces]
    return _let_in(name, server, [NetworkPolicyPeerArgs(namespace_selector=one) for one in names], opts)


def _let_in(name: str, server: Peer, clients: Sequence[NetworkPolicyPeerArgs], opts: ResourceOptions) -> NetworkPolicy:
    return NetworkPolicy(
        name,
        metadata=ObjectMetaArgs(namespace=server.namespace),
        spec=NetworkPolicySpecArgs(
            pod_selector=server.pods,
            policy_types=["Ingress"],
            ingress=[NetworkPolicyIngressRuleArgs(from_=list(clients), ports=server.listening)],
        ),
        opts=opts,
    )


def to_kubernetes(name: str, client: Peer, opts: ResourceOptions) -> NetworkPolicy:
    """The way to the Kubernetes API, for pods whose account has rights there; it's no pod, so no selector finds it."""
    return _let_out(name, client, [_way(_EVERYWHERE, _KUBERNETES_PORTS)], opts)


def _anywhere() -> NetworkPolicyPeerArgs:
    return NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=_EVERYWHERE))


def _way(cidr: str, ports: Sequence[int]) -> NetworkPolicyEgressRuleArgs:
    """To addresses that no selector finds."""
    return NetworkPolicyEgressRuleArgs(
        to=[NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr))],
        ports=[NetworkPolicyPortArgs(port=port, protocol="TCP") for port in ports],
    )


def _let_out(
    name: str, client: Peer, ways: Sequence[NetworkPolicyEgressRuleArgs], opts: ResourceOptions
) -> NetworkPolicy:
    return NetworkPolicy(
        name,
        metadata=ObjectMetaArgs(namespace=client.namespace),
        spec=NetworkPolicySpecArgs(pod_selector=client.pods, policy_types=["Egress"], egress=list(ways)),
        opts=opts,
    )
