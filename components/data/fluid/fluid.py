"""Fluid's controllers, its webhook, and its plugin on each node: all that makes a Dataset a volume."""

from dataclasses import dataclass, replace

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.admissionregistration.v1 import (
    MutatingWebhookArgs,
    MutatingWebhookConfiguration,
    RuleWithOperationsArgs,
)
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from ...access import Access
from ...base import Args, Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.network import Peer, connect, open_to_api_server, to_kubernetes
from ...k8s.order import after
from ...k8s.probes import Probes
from ...k8s.rbac import grant
from ...k8s.server import run_forever, serve, service_account
from ...k8s.volumes import config_files, scratch
from ...k8s.webhooks import PORT, TERMS, client
from ...k8s.workload import Workload
from . import grants
from .contracts import ALLUXIO, PREFETCH, DataPlane
from .node import NodePlugin, driver, on_each_node
from .settings import FluidSettings, PartSettings

# Upstream's images name no user, but what is in them may be read and run by anybody.
_USER = 65532
_METRICS = 8080

# Names that are part of Fluid: its programs look for them, in any cluster.
_WEBHOOK = "fluid-pod-admission-webhook"
_CERTIFICATE = "fluid-webhook-certs"
_RUNTIMES = "alluxioruntime-controller"

_PLUGINS = """\
plugins:
  serverful:
    withDataset: [RequireNodeWithFuse, NodeAffinityWithCache, MountPropagationInjector]
    withoutDataset: []
  serverless:
    withDataset: []
    withoutDataset: []
pluginConfig:
- name: NodeAffinityWithCache
  args: |
    preferred:
    - {name: fluid.io/node, weight: 100}
    - {name: topology.kubernetes.io/zone, weight: 50}
    required: [fluid.io/node]
"""
"""Which pods the webhook changes, and how. No sidecars: each would be a privileged container in a step's pod."""


class FluidArgs(Args):
    """Needs FluidDefinitions in the cluster. In `node_namespace` and `datasets_namespace`, which admit privileged pods,
    nothing else may run: the one has the plugin, the other Alluxio's servers with those that mount file systems."""

    settings: FluidSettings = FluidSettings()
    namespace: Text
    node_namespace: Text
    datasets_namespace: Text
    kubelet_root: str = "/var/lib/kubelet"


class Fluid(ComponentResource):
    """One in a cluster: what mounts a file system on a node can be there only once."""

    plane: DataPlane

    def __init__(self, name: str, args: FluidArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:data:Fluid", name, None, opts)
        child = ResourceOptions(parent=self)
        datasets = self._controller(f"{name}-datasets", _datasets(name, args), args, child)
        runtimes = self._controller(f"{name}-runtimes", _runtimes(name, args), args, child, known_as=_RUNTIMES)
        self._admit(name, args, child)
        driver(name, child)
        nodes = self._nodes(name, args, child)
        place = args.datasets_namespace
        allowed = [
            grant(f"{name}-datasets-there", grants.datasets_there(place), datasets.account, args.namespace, child),
            grant(f"{name}-runtimes-there", grants.runtimes_there(place), runtimes.account, args.namespace, child),
        ]
        # A master, its workers, what mounts them: each data set's servers carry the same label.
        connect(f"{name}-caches", Peer(place, ALLUXIO), Peer(place, ALLUXIO), child)
        connect(f"{name}-prefetch", Peer(place, PREFETCH), Peer(place, ALLUXIO), child)
        ready = Output.all(datasets.ready, runtimes.ready, nodes, *allowed)
        self.plane = DataPlane(namespace=after(ready, place), mount_root=args.settings.mount_root)
        self.register_outputs({"namespace": args.namespace})

    def _controller(
        self, name: str, workload: Workload, args: FluidArgs, opts: ResourceOptions, known_as: str | None = None
    ) -> "_Running":
        account = service_account(name, workload, args.namespace, opts)
        to_kubernetes(f"{name}-api", Peer(args.namespace, workload.identity.selector), opts)
        ready = run_forever(name, replace(workload, service_account=account), args.namespace, opts, known_as=known_as)
        return _Running(account, ready)

    def _admit(self, name: str, args: FluidArgs, opts: ResourceOptions) -> None:
        """The webhook completes its own configuration by its certificate, so that is there first."""
        labels = Identity("fluid", name, "webhook").labels
        configuration = MutatingWebhookConfiguration(
            f"{name}-webhook",
            metadata=ObjectMetaArgs(name=_WEBHOOK, labels=labels),
            webhooks=[_admission("fuse.serverful.fluid.io", args.namespace)],
            opts=opts,
        )
        place = ObjectMetaArgs(namespace=args.namespace, labels=labels)
        plugins = ConfigMap(f"{name}-plugins", metadata=place, data={"plugins.profile": _PLUGINS}, opts=opts)
        workload = _webhook(name, args, after(configuration.metadata.name, plugins.metadata.name))
        peer = Peer(args.namespace, workload.identity.selector, (PORT,))
        to_kubernetes(f"{name}-webhook-api", peer, opts)
        open_to_api_server(f"{name}-webhook-calls", peer, opts)
        serve(_WEBHOOK, workload, args.namespace, Access(), opts)

    def _nodes(self, name: str, args: FluidArgs, opts: ResourceOptions) -> Output[str]:
        identity = Identity("fluid", name, "node")
        anywhere = args.settings.node_authorization is None
        holder = Workload(
            identity=identity, image=image("fluid-csi").reference, user=_USER, grants=grants.node(anywhere)
        )
        account = service_account(f"{name}-node", holder, args.node_namespace, opts)
        to_kubernetes(f"{name}-node-api", Peer(args.node_namespace, identity.selector), opts)
        return on_each_node(name, NodePlugin(args.settings, args.kubelet_root), args.node_namespace, account, opts)


@dataclass(frozen=True)
class _Running:
    account: Output[str]
    ready: Output[str]


def _part(name: str, part: str, settings: PartSettings, **fields: object) -> Workload:
    """What Fluid's programs have in common. No port for profiles: whoever reaches it could read their memory."""
    return Workload(
        identity=Identity("fluid", name, part),
        user=_USER,
        resources=settings.resources,
        replicas=settings.replicas,
        grace_seconds=10,
        **fields,  # type: ignore[arg-type]
    )


def _election(namespace: Input[str]) -> list[Input[str]]:
    flag = Output.concat("--leader-election-namespace=", namespace)
    return ["--development=false", "--enable-leader-election", flag]


# Helm, which the controllers run, writes its caches to its home; its notes are ConfigMaps, so that no controller need
# read a Secret anywhere.
_HELM = {"HOME": "/tmp", "FLUID_WORKDIR": "/tmp", "HELM_DRIVER": "configmap"}


def _datasets(name: str, args: FluidArgs) -> Workload:
    return _part(
        name,
        "datasets",
        args.settings.datasets,
        image=image("fluid-dataset-controller").reference,
        command=["dataset-controller", "start"],
        args=_election(args.namespace),
        ports={"metrics": _METRICS},
        env={**_HELM, "ALLUXIO_RUNTIME_IMAGE_ENV": image("alluxio-dev").reference},
        fields={"MY_POD_NAMESPACE": "metadata.namespace"},
        mounts=[scratch("tmp", "/tmp", "256Mi")],
        probes=Probes(port=_METRICS),
        grants=grants.datasets(args.namespace),
    )


def _runtimes(name: str, args: FluidArgs) -> Workload:
    alluxio = image("alluxio-dev").reference
    return _part(
        name,
        "runtimes",
        args.settings.runtimes,
        image=image("fluid-alluxioruntime-controller").reference,
        command=["alluxioruntime-controller", "start"],
        args=_election(args.namespace),
        ports={"metrics": _METRICS},
        env={
            **_HELM,
            "ALLUXIO_RUNTIME_IMAGE_ENV": alluxio,
            "ALLUXIO_FUSE_IMAGE_ENV": alluxio,
            "MOUNT_ROOT": args.settings.mount_root,
            "CRITICAL_FUSE_POD": "true",
            "FLUID_SYNC_RETRY_DURATION": "15s",
            # The store's key is mounted into Alluxio's master, instead of being read by this controller.
            "ALLUXIO_MOUNT_CONFIG_STORAGE": "configmap",
        },
        mounts=[scratch("tmp", "/tmp", "256Mi")],
        probes=Probes(port=_METRICS),
        grants=grants.runtimes(args.namespace),
    )


def _webhook(name: str, args: FluidArgs, plugins: Output[str]) -> Workload:
    return _part(
        name,
        "webhook",
        args.settings.webhook,
        image=image("fluid-webhook").reference,
        command=["fluid-webhook", "start"],
        args=["--development=false", "--full-go-profile=false", f"--webhook-port={PORT}"],
        ports={"https": PORT, "metrics": _METRICS},
        env={"TIME_TRACK": "false"},
        fields={"MY_POD_NAMESPACE": "metadata.namespace"},
        mounts=[
            config_files("plugins", "/etc/fluid", plugins),
            scratch("certificate", "/etc/k8s-webhook-server/certs", "1Mi"),
            scratch("tmp", "/tmp", "16Mi"),
        ],
        probes=Probes(port=PORT),
        grants=grants.webhook(args.namespace, _WEBHOOK, _CERTIFICATE),
    )


def _admission(hook: str, namespace: Input[str]) -> MutatingWebhookArgs:
    """Called for pods that ask for it by a label, so that a webhook that is down holds up no others."""
    pods = RuleWithOperationsArgs(api_groups=[""], api_versions=["v1"], operations=["CREATE"], resources=["pods"])
    return MutatingWebhookArgs(
        name=hook,
        rules=[pods],
        client_config=client(_WEBHOOK, namespace, "/mutate-fluid-io-v1alpha1-schedulepod", PORT),
        object_selector=LabelSelectorArgs(match_labels={f"{hook}/inject": "true"}),
        reinvocation_policy="IfNeeded",
        timeout_seconds=15,
        **{**TERMS, "admission_review_versions": ["v1", "v1beta1"]},
    )
