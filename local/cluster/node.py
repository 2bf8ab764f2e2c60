"""The one real node: kubelet, kube-proxy, and the DNS server that its pods ask."""

import json
from pathlib import Path

from local.cluster import kubeconfigs
from local.cluster.certificates import pair
from local.cluster.control_plane import flags, trouble
from local.cluster.names import (
    BRIDGE,
    CGROUP,
    CONFIG,
    DNS_PORT,
    DNS_READY_PORT,
    DOMAIN,
    KUBELET,
    KUBELET_HEALTH_PORT,
    KUBELET_PORT,
    NODE,
    POD_LOGS,
    PROXY_HEALTH_PORT,
    PROXY_METRICS_PORT,
)
from local.cluster.network import Network
from local.cluster.processes import Process
from local.paths import CONTAINERD_SOCKET


def kubelet(binaries: Path, network: Network) -> Process:
    settings, resolver, known = CONFIG / "kubelet.json", CONFIG / "resolv.conf", kubeconfigs.path("kubelet")
    files = {
        resolver: f"nameserver {network.bridge}\n",
        settings: json.dumps(kubelet_settings(network, resolver), indent=2),
    }
    command = flags(
        binaries / "kubelet",
        {
            "config": settings,
            "kubeconfig": known,
            "root-dir": KUBELET,
            "cert-dir": KUBELET / "pki",
            "hostname-override": NODE,
            "node-ip": network.bridge,
            "node-labels": "topology.kubernetes.io/region=local,topology.kubernetes.io/zone=local",
        },
    )
    server = pair("kubelet-server")
    return Process(
        "kubelet",
        command,
        lambda: trouble(KUBELET_HEALTH_PORT, "/healthz"),
        files,
        (known, server.certificate, server.key),
    )


def kubelet_settings(network: Network, resolver: Path) -> dict[str, object]:
    server, authority = pair("kubelet-server"), pair("ca")
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": str(network.bridge),
        "port": KUBELET_PORT,
        "readOnlyPort": 0,
        "healthzBindAddress": "127.0.0.1",
        "healthzPort": KUBELET_HEALTH_PORT,
        "tlsCertFile": str(server.certificate),
        "tlsPrivateKeyFile": str(server.key),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority.certificate)},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{CGROUP}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [str(network.bridge)],
        "clusterDomain": DOMAIN,
        "resolvConf": str(resolver),
        "podLogsDir": str(POD_LOGS),
        "containerLogMaxSize": "10Mi",
        "containerLogMaxFiles": 3,
        "volumePluginDir": str(KUBELET / "volume-plugins"),
        "makeIPTablesUtilChains": False,
        "maxPods": 250,
        "oomScoreAdj": 0,
        "serializeImagePulls": False,
        # Images cannot be pulled again, so none is ever removed; eviction only where the machine itself is at its end.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1%",
            "imagefs.inodesFree": "1%",
        },
        "syncFrequency": "20s",
        "nodeStatusUpdateFrequency": "5s",
    }


def proxy(binaries: Path, network: Network) -> Process:
    settings, known = CONFIG / "proxy.json", kubeconfigs.path("proxy")
    files = {settings: json.dumps(proxy_settings(network, known), indent=2)}
    return Process(
        "kube-proxy",
        flags(binaries / "kube-proxy", {"config": settings}),
        lambda: trouble(PROXY_HEALTH_PORT, "/healthz"),
        files,
        (known,),
    )


def proxy_settings(network: Network, known: Path) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(known)},
        "hostnameOverride": NODE,
        "mode": "iptables",
        "bindAddress": str(network.bridge),
        "clusterCIDR": str(network.pods),
        # Node ports answer to programs on this machine and to pods, never to the network around it.
        "nodePortAddresses": ["127.0.0.0/8", f"{network.bridge}/32"],
        "iptables": {"localhostNodePorts": True},
        "healthzBindAddress": f"127.0.0.1:{PROXY_HEALTH_PORT}",
        "metricsBindAddress": f"127.0.0.1:{PROXY_METRICS_PORT}",
        "conntrack": {"maxPerCore": 0, "min": 0},
        "oomScoreAdj": 0,
    }


def dns(binaries: Path, network: Network) -> Process:
    corefile, known = CONFIG / "Corefile", kubeconfigs.path("coredns")
    return Process(
        "coredns",
        flags(binaries / "coredns", {"conf": corefile}),
        lambda: trouble(DNS_READY_PORT, "/ready", host=str(network.bridge)),
        {corefile: dns_settings(network, known)},
        (known,),
    )


def dns_settings(network: Network, known: Path) -> str:
    """The cluster's own names and no forwarder: a name from outside is refused, not asked for."""
    return f"""{DOMAIN}:{DNS_PORT} in-addr.arpa:{DNS_PORT} ip6.arpa:{DNS_PORT} {{
    bind {BRIDGE}
    errors
    ready {network.bridge}:{DNS_READY_PORT}
    cache 10
    kubernetes {DOMAIN} in-addr.arpa ip6.arpa {{
        kubeconfig {known}
        pods insecure
    }}
}}
"""
