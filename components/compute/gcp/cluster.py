"""GKE: a control plane that few can reach, what it is encrypted with, and the pools of nodes."""

from collections.abc import Mapping
from functools import cached_property

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_gcp import Provider, container, kms, projects, serviceaccount
from pulumi_kubernetes import Provider as Objects

from ...base import Args
from ...edge.gcp.dns import CloudDnsZone, CloudDnsZoneArgs
from ...k8s.order import after
from ...storage.cloud import CloudDatabaseSettings, CloudStoreSettings
from ...storage.gcp.buckets import GcsStore, GcsStoreArgs
from ...storage.gcp.database import CloudSql, CloudSqlArgs
from ..disks import default_storage_class
from ..gpus import GpuNodes
from ..kubeconfig import kubeconfig
from ..room import nodes
from . import bindings
from .addresses import PODS_PER_NODE, cut
from .identity import WorkloadIdentities
from .machines import disk_for, plain_size
from .network import PODS, SERVICES, Network, NetworkArgs
from .pools import NodePool, PoolArgs
from .settings import GcpGpuPoolSettings, GcpSettings

_LOGS = ("SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER")
_METRICS = ("SYSTEM_COMPONENTS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER")
_NINETY_DAYS = f"{90 * 24 * 3600}s"


class GcpClusterArgs(Args):
    """All that a cluster in Google Cloud is made from."""

    settings: GcpSettings


class GcpCluster(ComponentResource):
    """The contract of every cluster, and what object storage in the same project builds on."""

    kubernetes: Objects
    gpu_pools: Mapping[str, GpuNodes]
    cloud: Provider
    key: Output[str]
    """Known once whoever encrypts with it for this project may do so."""
    identities: WorkloadIdentities

    def __init__(self, name: str, args: GcpClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:GcpCluster", name, None, opts)
        self._name, self._settings = name, args.settings
        settings = args.settings
        self._labels = {"cluster": settings.cluster_name, **settings.tags}
        own = ResourceOptions(parent=self)
        self.cloud = Provider(f"{name}-cloud", project=settings.project, region=settings.region, opts=own)
        self._child = ResourceOptions(parent=self, provider=self.cloud)
        # What holds, or opens, what can't be made again.
        self._kept = ResourceOptions.merge(self._child, ResourceOptions(protect=settings.production))
        self.key = self._key()
        self.identities = WorkloadIdentities(settings.project, settings.number)
        network = Network(
            f"{name}-network", NetworkArgs(settings=settings.network, region=settings.region), self._child
        )
        self._vpc = network.vpc
        account = self._nodes_account()
        plane = self._control_plane(network, account)
        system = NodePool(f"{name}-system", "system", self._pool(plane, account, settings.system), self._child)
        pools = {
            pool: NodePool(f"{name}-{pool}", pool, self._pool(plane, account, chosen), self._child)
            for pool, chosen in settings.gpu_pools.items()
        }
        self.gpu_pools = {pool: made.nodes for pool, made in pools.items() if made.nodes}
        # No object is made before there is a node to run it, and none outlives the nodes.
        self._kubeconfig = after(system.ready, self._access(plane))
        self.kubernetes = Objects(f"{name}-objects", kubeconfig=self._kubeconfig, opts=own)
        disks = disk_for(settings.system.machine)
        default_storage_class(
            f"{name}-{disks}",
            called=f"{disks}-encrypted",
            provisioner="pd.csi.storage.gke.io",
            parameters={"type": disks, "disk-encryption-kms-key": self.key},
            keep=settings.production,
            opts=ResourceOptions(parent=self, provider=self.kubernetes),
        )
        self.register_outputs({"cluster": plane.name, "nodes": nodes(settings, plain_size(settings.system.machine))})

    @cached_property
    def shared(self) -> Objects:
        """For what a cluster has once, and several stacks bring alike: it takes over what it finds."""
        own = ResourceOptions(parent=self)
        return Objects(f"{self._name}-shared", kubeconfig=self._kubeconfig, upsert_existing_objects=True, opts=own)

    def object_store(self, name: str, settings: CloudStoreSettings, buckets: tuple[str, ...]) -> GcsStore:
        """Encrypted with the cluster's key, and opened to accounts of this cluster."""
        own = self._settings
        args = GcsStoreArgs(
            settings=settings,
            region=own.region,
            key=self.key,
            production=own.production,
            labels=self._labels,
            identities=self.identities,
            buckets=buckets,
        )
        return GcsStore(name, args, ResourceOptions(provider=self.cloud))

    def database(self, name: str, settings: CloudDatabaseSettings) -> CloudSql:
        """Reached from the cluster's network alone, and encrypted with its key."""
        own = self._settings
        args = CloudSqlArgs(
            settings=settings,
            project=own.project,
            region=own.region,
            vpc=self._vpc,
            addresses=cut(own.network.addresses).databases,
            key=self.key,
            production=own.production,
            labels=self._labels,
        )
        return CloudSql(name, args, ResourceOptions(provider=self.cloud))

    def dns_zone(self, name: str, zone: str) -> CloudDnsZone:
        """Of the same project, and opened to accounts of this cluster."""
        own = self._settings
        role = "_".join((own.cluster_name, own.region, name)).replace("-", "_")
        args = CloudDnsZoneArgs(zone=zone, role=role, identities=self.identities)
        return CloudDnsZone(name, args, ResourceOptions(provider=self.cloud))

    def _key(self) -> Output[str]:
        name, settings = f"{self._name}-key", self._settings
        ring = kms.KeyRing(f"{name}s", location=settings.region, opts=self._kept)
        key = kms.CryptoKey(name, key_ring=ring.id, rotation_period=_NINETY_DAYS, labels=self._labels, opts=self._kept)
        users = [
            kms.CryptoKeyIAMMember(
                f"{name}-{user}",
                crypto_key_id=key.id,
                role=bindings.KEY_ROLE,
                member=bindings.google(user, settings.number),
                opts=self._child,
            ).id
            for user in bindings.KEY_USERS
        ]
        return after(Output.all(*users), key.id)

    def _nodes_account(self) -> Output[str]:
        """Known once it has its rights: what uses it earlier is refused."""
        name, project = f"{self._name}-nodes", self._settings.project
        account = serviceaccount.Account(
            name,
            account_id=f"{self._settings.cluster_name}-nodes",
            display_name=f"Nodes of the cluster {self._settings.cluster_name}",
            opts=self._child,
        )
        member = Output.concat("serviceAccount:", account.email)
        given = [
            projects.IAMMember(
                f"{name}-{role.rpartition('/')[2]}", project=project, role=role, member=member, opts=self._child
            ).id
            for role in bindings.NODE_ROLES
        ]
        return after(Output.all(*given), account.email)

    def _control_plane(self, network: Network, account: Output[str]) -> container.Cluster:
        settings, outside = self._settings, self._settings.api.public_from
        admitted = [*outside, *settings.network.connected]
        return container.Cluster(
            f"{self._name}-plane",
            name=settings.cluster_name,
            location=settings.region,
            node_locations=[f"{settings.region}-{zone}" for zone in settings.zones],
            # Every pool is one of its own; GKE wants to begin with one that it then removes.
            remove_default_node_pool=True,
            initial_node_count=1,
            node_config=container.ClusterNodeConfigArgs(service_account=account),
            network=network.vpc,
            subnetwork=network.subnet,
            networking_mode="VPC_NATIVE",
            default_max_pods_per_node=PODS_PER_NODE,
            ip_allocation_policy=container.ClusterIpAllocationPolicyArgs(
                cluster_secondary_range_name=PODS, services_secondary_range_name=SERVICES
            ),
            # It enforces network policies by itself.
            datapath_provider="ADVANCED_DATAPATH",
            private_cluster_config=container.ClusterPrivateClusterConfigArgs(
                enable_private_nodes=True, enable_private_endpoint=not outside
            ),
            master_authorized_networks_config=container.ClusterMasterAuthorizedNetworksConfigArgs(
                cidr_blocks=[
                    container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(cidr_block=one) for one in admitted
                ],
                gcp_public_cidrs_access_enabled=False,
            ),
            workload_identity_config=container.ClusterWorkloadIdentityConfigArgs(
                workload_pool=f"{settings.project}.svc.id.goog"
            ),
            database_encryption=container.ClusterDatabaseEncryptionArgs(state="ENCRYPTED", key_name=self.key),
            enable_shielded_nodes=True,
            security_posture_config=container.ClusterSecurityPostureConfigArgs(mode="BASIC"),
            release_channel=container.ClusterReleaseChannelArgs(channel=settings.channel.upper()),
            logging_config=container.ClusterLoggingConfigArgs(enable_components=list(_LOGS)),
            monitoring_config=_monitoring(settings.gpu_metrics),
            cost_management_config=container.ClusterCostManagementConfigArgs(enabled=True),
            resource_labels=self._labels,
            deletion_protection=settings.production,
            opts=ResourceOptions.merge(self._kept, ResourceOptions(ignore_changes=["initialNodeCount", "nodeConfig"])),
        )

    def _pool(self, plane: container.Cluster, account: Output[str], chosen: object) -> PoolArgs:
        settings = self._settings
        zones = settings.zones_for(chosen) if isinstance(chosen, GcpGpuPoolSettings) else settings.zones
        return PoolArgs(
            cluster=plane.name,
            region=settings.region,
            zones=zones,
            account=account,
            key=self.key,
            labels=self._labels,
            settings=chosen,
        )

    def _access(self, plane: container.Cluster) -> Output[str]:
        """The kubeconfig, known once the administrators are admitted."""
        settings = self._settings
        here = bindings.this_cluster(settings.project, settings.region, settings.cluster_name)
        admitted = [
            projects.IAMMember(
                f"{self._name}-{who}",
                project=settings.project,
                role=bindings.ADMINISTRATOR,
                member=member,
                condition=projects.IAMMemberConditionArgs(title=f"cluster-{settings.cluster_name}", expression=here),
                opts=self._child,
            ).id
            for who, member in settings.api.administrators.items()
        ]
        known = Output.all(plane.name, plane.endpoint, plane.master_auth.cluster_ca_certificate, *admitted)
        return known.apply(
            lambda at: kubeconfig(at[0], f"https://{at[1]}", at[2], "gke-gcloud-auth-plugin", provideClusterInfo=True)
        )


def _monitoring(gpus: bool) -> container.ClusterMonitoringConfigArgs:
    """Figures of GPUs go by Google's own Prometheus, which clusters have unless somebody has switched it off."""
    collected = container.ClusterMonitoringConfigManagedPrometheusArgs(enabled=True) if gpus else None
    return container.ClusterMonitoringConfigArgs(
        enable_components=[*_METRICS, *(["DCGM"] if gpus else [])], managed_prometheus=collected
    )
