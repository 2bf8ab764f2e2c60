"""Names, ports and folders of the embedded cluster, each said once."""

from pathlib import Path

from local.paths import CLUSTER

NODE = "this-machine"
DOMAIN = "cluster.local"
SIMULATED = "exquisite-mlops/simulated"
"""Label of every fake node, and the taint that keeps pods off those that have no GPU."""

BRIDGE = "exmlops0"
CHAINS = "EXMLOPS-"
"""Prefix of our iptables chains. Kube-proxy's are called KUBE-, which cannot be changed."""
CGROUP = "exquisite-mlops"
ROUTE_TABLE = 7443
"""Number of the routing table, and priority of its rule, for packets that come from pods."""

API_PORT = 7443
ETCD_PORT, ETCD_PEER_PORT, ETCD_HEALTH_PORT = 17379, 17380, 17381
CONTROLLER_PORT, SCHEDULER_PORT = 10257, 10259
KUBELET_PORT, KUBELET_HEALTH_PORT = 10250, 10248
PROXY_HEALTH_PORT, PROXY_METRICS_PORT = 10256, 10249
KWOK_PORT = 10247
DNS_PORT, DNS_READY_PORT = 53, 8181

LOGS = CLUSTER / "logs"
RECORDS = CLUSTER / "processes"
PKI = CLUSTER / "pki"
CONFIG = CLUSTER / "config"
ETCD = CLUSTER / "etcd"
CONTAINERD = CLUSTER / "containerd"
KUBELET = CLUSTER / "kubelet"
POD_LOGS = CLUSTER / "pod-logs"
VOLUMES = CLUSTER / "volumes"
FILE_SYSTEMS = Path("/runtime-mnt")
"""Where Fluid has file systems appear on any node, unless a stack file says otherwise."""
PROVISIONER_BEAT = CLUSTER / "provisioner.beat"

FACTS = {"kubeletRoot": str(KUBELET)}
"""What a stack file can't know of this cluster, under the names that it has there."""
