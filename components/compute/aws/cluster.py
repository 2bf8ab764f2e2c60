"""EKS: a control plane that few can reach, its add-ons, and the pools of nodes."""

from collections.abc import Mapping
from functools import cached_property

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_aws import Provider, ProviderDefaultTagsArgs, cloudwatch, eks, kms
from pulumi_kubernetes import Provider as Objects

from ...base import Args
from ...edge.aws.dns import Route53Zone, Route53ZoneArgs
from ...k8s.namespace import Namespace, NamespaceArgs
from ...k8s.order import after
from ...storage.aws.buckets import S3Store, S3StoreArgs
from ...storage.aws.database import Rds, RdsArgs
from ...storage.cloud import CloudDatabaseSettings, CloudStoreSettings
from ..dcgm import run_exporter
from ..disks import default_storage_class
from ..gpus import POOL, GpuNodes
from ..kubeconfig import kubeconfig
from ..room import nodes
from . import documents, efa
from .addons import AFTER_NODES, BEFORE_NODES, Addons
from .autoscaler import Autoscaler, AutoscalerArgs
from .identity import PodIdentities, managed_role
from .machines import plain_size
from .network import Network, NetworkArgs, https_from
from .pools import NodePool, PoolArgs
from .settings import AutoscalerSettings, AwsSettings

_NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
_ADMINISTRATOR = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")


class AwsClusterArgs(Args):
    """All that a cluster in AWS is made from."""

    settings: AwsSettings


class AwsCluster(ComponentResource):
    """The contract of every cluster, and what object storage in the same account builds on."""

    kubernetes: Objects
    gpu_pools: Mapping[str, GpuNodes]
    cloud: Provider
    key: Output[str]
    identities: PodIdentities

    def __init__(self, name: str, args: AwsClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:AwsCluster", name, None, opts)
        self._name, self._settings = name, args.settings
        settings = args.settings
        tags = {"cluster": settings.cluster_name, **settings.tags}
        self.cloud = Provider(
            f"{name}-cloud",
            region=settings.region,
            allowed_account_ids=[settings.account],
            default_tags=ProviderDefaultTagsArgs(tags=tags),
            opts=ResourceOptions(parent=self),
        )
        self._child = ResourceOptions(parent=self, provider=self.cloud)
        # What holds, or opens, what can't be made again.
        self._kept = ResourceOptions.merge(self._child, ResourceOptions(protect=settings.production))
        self.key = self._key()
        wires = NetworkArgs(settings=settings.network, region=settings.region, key=self.key)
        self._network = network = Network(f"{name}-network", wires, self._child)
        plane = self._control_plane(network)
        self._nodes_group = plane.vpc_config.cluster_security_group_id
        self.identities = PodIdentities(settings.account, plane.arn, plane.name)
        addons = Addons(name, settings, tags, plane, self._child)
        first = [addons.install(addon) for addon in BEFORE_NODES]
        trust = documents.service_trust("ec2.amazonaws.com")
        role = managed_role(f"{name}-nodes", trust, _NODE_POLICIES, self._child)
        entered = after(Output.all(*first), plane.name)
        pools = {
            pool: NodePool(
                f"{name}-{pool}",
                pool,
                PoolArgs(
                    cluster=entered,
                    version=settings.version,
                    role=role,
                    network=network.vpc,
                    group=self._nodes_group,
                    subnets=network.subnets,
                    tags=tags,
                    settings=chosen,
                ),
                self._child,
            )
            for pool, chosen in {"system": settings.system, **settings.gpu_pools}.items()
        }
        self.gpu_pools = {pool: made.nodes for pool, made in pools.items() if made.nodes}
        later = ResourceOptions.merge(self._child, ResourceOptions(depends_on=[pools["system"]]))
        ready = [addons.install(addon, later) for addon in AFTER_NODES]
        # No object is made before there is a node to run it, and none outlives the nodes.
        self._kubeconfig = after(Output.all(*ready), self._access(plane))
        own = ResourceOptions(parent=self)
        self.kubernetes = Objects(f"{name}-objects", kubeconfig=self._kubeconfig, opts=own)
        inside = ResourceOptions(parent=self, provider=self.kubernetes)
        default_storage_class(
            f"{name}-gp3",
            called="gp3",
            provisioner="ebs.csi.aws.com",
            parameters={"type": "gp3", "encrypted": "true"},
            keep=settings.production,
            opts=inside,
        )
        if settings.autoscaler:
            self._scale(settings.autoscaler, inside)
        self._beside_gpus(settings, inside)
        self.register_outputs({"cluster": plane.name, "nodes": nodes(settings, plain_size(settings.system.machine))})

    def _beside_gpus(self, settings: AwsSettings, opts: ResourceOptions) -> None:
        """What runs on the nodes of pools with GPUs, besides what their image brings."""
        near = [pool for pool, chosen in settings.gpu_pools.items() if chosen.efa]
        if not near and not (settings.dcgm_image and settings.gpu_pools):
            return
        # Each of these talks to the kubelet through a folder of the node, which is what `privileged` means.
        place = NamespaceArgs(name=settings.devices_namespace, level="privileged")
        namespace = Namespace(f"{self._name}-devices", place, opts).name
        efa.show_interfaces(self._name, near, namespace, opts)
        if settings.dcgm_image:
            for pool in settings.gpu_pools:
                run_exporter(f"{self._name}-{pool}", settings, {POOL: pool}, namespace, opts)

    @cached_property
    def shared(self) -> Objects:
        """For what a cluster has once, and several stacks bring alike: it takes over what it finds."""
        own = ResourceOptions(parent=self)
        return Objects(f"{self._name}-shared", kubeconfig=self._kubeconfig, upsert_existing_objects=True, opts=own)

    def object_store(self, name: str, settings: CloudStoreSettings, buckets: tuple[str, ...]) -> S3Store:
        """Encrypted with the cluster's key, and opened to accounts of this cluster."""
        own = self._settings
        args = S3StoreArgs(
            settings=settings,
            account=own.account,
            region=own.region,
            key=self.key,
            production=own.production,
            identities=self.identities,
            buckets=buckets,
        )
        return S3Store(name, args, ResourceOptions(provider=self.cloud))

    def database(self, name: str, settings: CloudDatabaseSettings) -> Rds:
        """In the cluster's private subnets, encrypted with its key, and opened to its nodes and pods alone."""
        own = self._settings
        args = RdsArgs(
            settings=settings,
            identifier=f"{own.cluster_name}-{name}",
            vpc=self._network.vpc,
            subnets=tuple(self._network.subnets.values()),
            addresses=own.network.addresses,
            clients=self._nodes_group,
            key=self.key,
            production=own.production,
            log_days=own.log_days,
        )
        return Rds(name, args, ResourceOptions(provider=self.cloud))

    def dns_zone(self, name: str, zone: str) -> Route53Zone:
        """Of the same account, and opened to accounts of this cluster."""
        args = Route53ZoneArgs(zone=zone, region=self._settings.region, identities=self.identities)
        return Route53Zone(name, args, ResourceOptions(provider=self.cloud))

    def _scale(self, chosen: AutoscalerSettings, inside: ResourceOptions) -> None:
        name, own = f"{self._name}-autoscaler", self._settings
        args = AutoscalerArgs(
            settings=chosen,
            namespace=Namespace(name, NamespaceArgs(name=chosen.namespace), inside).name,
            account=own.account,
            region=own.region,
            called=own.cluster_name,
            version=own.version,
            identities=self.identities,
        )
        Autoscaler(name, args, ResourceOptions(provider=self.cloud), inside)

    def _key(self) -> Output[str]:
        settings = self._settings
        key = kms.Key(
            f"{self._name}-key",
            description=f"What the cluster {settings.cluster_name} and its buckets hold",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=documents.key_policy(settings.account, settings.region),
            opts=self._kept,
        )
        return key.arn

    def _control_plane(self, network: Network) -> eks.Cluster:
        name, settings = self._name, self._settings
        # Its name is what EKS looks for; made here, so that it is encrypted and not kept for ever.
        logs = cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/eks/{settings.cluster_name}/cluster",
            retention_in_days=settings.log_days,
            kms_key_id=self.key,
            opts=self._child,
        )
        trust = documents.service_trust("eks.amazonaws.com")
        role = managed_role(f"{name}-plane", trust, ("AmazonEKSClusterPolicy",), self._child)
        outside = list(settings.api.public_from)
        plane = eks.Cluster(
            f"{name}-plane",
            name=settings.cluster_name,
            version=settings.version,
            role_arn=role,
            vpc_config=eks.ClusterVpcConfigArgs(
                subnet_ids=list(network.subnets.values()),
                endpoint_private_access=True,
                endpoint_public_access=bool(outside),
                public_access_cidrs=outside or None,
            ),
            access_config=eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
            ),
            encryption_config=eks.ClusterEncryptionConfigArgs(
                resources=["secrets"], provider=eks.ClusterEncryptionConfigProviderArgs(key_arn=self.key)
            ),
            kubernetes_network_config=eks.ClusterKubernetesNetworkConfigArgs(
                service_ipv4_cidr=settings.network.services
            ),
            enabled_cluster_log_types=list(_LOGS),
            # Each of them is an add-on below, of a version that stands there.
            bootstrap_self_managed_addons=False,
            upgrade_policy=eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            deletion_protection=settings.production,
            opts=ResourceOptions.merge(self._kept, ResourceOptions(depends_on=[logs])),
        )
        return plane

    def _from_connected(self) -> list[Output[str]]:
        """What lets connected networks reach the API without its public address: EKS lets in the nodes alone."""
        return [
            https_from(
                f"{self._name}-from-{one.replace('/', '-')}", one, self._nodes_group, self._child, "The Kubernetes API"
            )
            for one in self._settings.network.connected
        ]

    def _access(self, plane: eks.Cluster) -> Output[str]:
        """The kubeconfig, known once the administrators are admitted, and their networks."""
        admitted = self._from_connected()
        for who, role in self._settings.api.administrators.items():
            entry = eks.AccessEntry(
                f"{self._name}-{who}", cluster_name=plane.name, principal_arn=role, opts=self._child
            )
            rights = eks.AccessPolicyAssociation(
                f"{self._name}-{who}",
                cluster_name=plane.name,
                principal_arn=entry.principal_arn,
                policy_arn=_ADMINISTRATOR,
                access_scope=eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
                opts=self._child,
            )
            admitted.append(rights.id)
        region = self._settings.region
        known = Output.all(plane.name, plane.endpoint, plane.certificate_authority.data, *admitted)
        token = ("--region", region, "eks", "get-token", "--output", "json", "--cluster-name")
        return known.apply(lambda at: kubeconfig(*at[:3], "aws", *token, at[0]))
