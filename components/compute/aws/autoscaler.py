"""cluster-autoscaler: it adds nodes to a pool when pods wait for them, and takes away those that nobody uses.

Rights in AWS: kubernetes/autoscaler, cluster-autoscaler/cloudprovider/aws/README.md at 062f28a6. Rights in the cluster:
charts/cluster-autoscaler/templates/clusterrole.yaml there, and `volumeattachments`, without which 1.34 adds no node
(its issue 8678). From 1.35 on it always lists what is in `resource.k8s.io`.
"""

from pulumi import ComponentResource, Output, ResourceOptions

from ...base import Args, Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.network import Peer, connect, to_kubernetes
from ...k8s.probes import Probes
from ...k8s.rbac import Grant, Rule, elected
from ...k8s.server import run_forever
from ...k8s.workload import Workload
from . import documents
from .identity import OUT, PodIdentities, PodIdentity
from .settings import AutoscalerSettings
from .versions import VERSIONS

TAGS = "k8s.io/cluster-autoscaler"
"""Begins the keys of tags by which a group says whose it is, and what its nodes will be like."""

_PORT = 8085
_USER = 65532


class AutoscalerArgs(Args):
    """`identities` are the cluster's, `called` its name in AWS, `version` that of its Kubernetes."""

    settings: AutoscalerSettings = AutoscalerSettings()
    namespace: Text
    account: str
    region: str
    called: str
    version: str
    identities: PodIdentities


class Autoscaler(ComponentResource):
    """One in a cluster. It knows groups of nodes by their tags, and may change those of this cluster alone."""

    def __init__(self, name: str, args: AutoscalerArgs, cloud: ResourceOptions, opts: ResourceOptions) -> None:
        super().__init__("mlops:compute:AwsAutoscaler", name, None, opts)
        child = ResourceOptions(parent=self)
        nodegroups = f"arn:aws:eks:{args.region}:{args.account}:nodegroup/{args.called}/*"
        policy = documents.autoscaling(f"{TAGS}/{args.called}", nodegroups)
        workload = Workload(
            identity=Identity("autoscaler", name),
            image=image(VERSIONS[args.version].autoscaler).reference,
            user=_USER,
            command=["/cluster-autoscaler", *_flags(name, args)],
            env={"AWS_REGION": args.region},
            fields={"POD_NAMESPACE": "metadata.namespace"},
            ports={"metrics": _PORT},
            probes=Probes(port=_PORT, path="/health-check"),
            resources=args.settings.resources,
            replicas=args.settings.replicas,
            grants=_grants(name, args.namespace),
            cloud=PodIdentity(args.identities, lambda _: Output.from_input(policy), cloud),
        )
        peer = Peer(args.namespace, workload.identity.selector)
        to_kubernetes(f"{name}-api", peer, child)
        connect(f"{name}-cloud", peer, OUT, child)
        run_forever(name, workload, args.namespace, child)
        self.register_outputs({"namespace": args.namespace})


def _flags(name: str, args: AutoscalerArgs) -> list[str]:
    return [
        "--cloud-provider=aws",
        "--namespace=$(POD_NAMESPACE)",
        f"--leader-elect-resource-name={name}",
        f"--status-config-map-name={name}-status",
        f"--node-group-auto-discovery=asg:tag={TAGS}/enabled,{TAGS}/{args.called}",
        f"--scale-down-unneeded-time={args.settings.idle_minutes}m",
        # Of several pools that would do, the one of whose nodes the least stays unused.
        "--expander=least-waste",
        # The same pool in several zones grows evenly.
        "--balance-similar-node-groups",
        # Pods of kube-system may be moved like others. A node with a step's scratch space is left alone, as by default.
        "--skip-nodes-with-system-pods=false",
        "--v=2",
    ]


def _grants(name: str, namespace: Text) -> list[Grant]:
    read = ["get", "list", "watch"]
    everywhere = [
        Rule("", ["events"], ["create", "patch"]),
        Rule("", ["nodes"], [*read, "update"]),
        Rule("", ["pods/eviction"], ["create"]),
        Rule("", ["pods/status"], ["update"]),
        Rule("", ["namespaces", "pods", "services", "replicationcontrollers"], read),
        Rule("", ["persistentvolumeclaims", "persistentvolumes"], read),
        Rule("apps", ["daemonsets", "replicasets", "statefulsets"], read),
        Rule("batch", ["jobs", "cronjobs"], read),
        Rule("policy", ["poddisruptionbudgets"], read),
        Rule("storage.k8s.io", ["storageclasses", "csinodes", "csidrivers", "csistoragecapacities"], read),
        Rule("storage.k8s.io", ["volumeattachments"], read),
        Rule("resource.k8s.io", ["deviceclasses", "resourceclaims", "resourceslices"], read),
    ]
    home = [
        Rule("", ["configmaps"], ["create"]),  # which can't be narrowed to a name
        Rule("", ["configmaps"], ["get", "update", "delete"], [f"{name}-status"]),
        *elected(name),
    ]
    return [Grant(everywhere, None), Grant(home, namespace)]
