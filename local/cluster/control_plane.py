"""etcd, the API server and the two processes that act on what it holds."""

import base64
import http.client
import json
import os
import ssl
from pathlib import Path

from local.cluster import api, kubeconfigs
from local.cluster.certificates import Pair, pair
from local.cluster.files import write
from local.cluster.names import (
    API_PORT,
    CONFIG,
    CONTROLLER_PORT,
    DOMAIN,
    ETCD,
    ETCD_HEALTH_PORT,
    ETCD_PEER_PORT,
    ETCD_PORT,
    SCHEDULER_PORT,
)
from local.cluster.network import Network
from local.cluster.processes import Process

ENCRYPTION = CONFIG / "encryption.json"


def ensure_encryption() -> None:
    """Secrets are encrypted before they reach etcd's files. The key is made once: another could not read them."""
    if not ENCRYPTION.exists():
        key = {"name": "key1", "secret": base64.b64encode(os.urandom(32)).decode()}
        write(
            ENCRYPTION,
            json.dumps(
                {
                    "apiVersion": "apiserver.config.k8s.io/v1",
                    "kind": "EncryptionConfiguration",
                    "resources": [
                        {"resources": ["secrets"], "providers": [{"secretbox": {"keys": [key]}}, {"identity": {}}]}
                    ],
                }
            ),
        )


def etcd(binaries: Path) -> Process:
    mine, client = pair("etcd"), pair("etcd-ca")
    command = flags(
        binaries / "etcd",
        {
            "name": "local",
            "data-dir": ETCD,
            "log-level": "warn",
            "listen-client-urls": f"https://127.0.0.1:{ETCD_PORT}",
            "advertise-client-urls": f"https://127.0.0.1:{ETCD_PORT}",
            "listen-peer-urls": f"https://127.0.0.1:{ETCD_PEER_PORT}",
            "initial-advertise-peer-urls": f"https://127.0.0.1:{ETCD_PEER_PORT}",
            "initial-cluster": f"local=https://127.0.0.1:{ETCD_PEER_PORT}",
            "listen-metrics-urls": f"http://127.0.0.1:{ETCD_HEALTH_PORT}",
            "cert-file": mine.certificate,
            "key-file": mine.key,
            "trusted-ca-file": client.certificate,
            "client-cert-auth": "true",
            "peer-cert-file": mine.certificate,
            "peer-key-file": mine.key,
            "peer-trusted-ca-file": client.certificate,
            "peer-client-cert-auth": "true",
            "auto-compaction-retention": "5m",
            "quota-backend-bytes": 2 * 1024**3,
        },
    )
    return Process("etcd", command, lambda: trouble(ETCD_HEALTH_PORT, "/health"), inputs=_files(mine, client))


def apiserver(binaries: Path, network: Network) -> Process:
    mine, client, etcd_client, signing = pair("apiserver"), pair("apiserver-kubelet"), pair("etcd-client"), _signing()
    front = pair("front-proxy")
    command = flags(
        binaries / "kube-apiserver",
        {
            "bind-address": network.bridge,
            "advertise-address": network.bridge,
            "secure-port": API_PORT,
            "tls-cert-file": mine.certificate,
            "tls-private-key-file": mine.key,
            "client-ca-file": pair("ca").certificate,
            "etcd-servers": f"https://127.0.0.1:{ETCD_PORT}",
            "etcd-cafile": pair("etcd-ca").certificate,
            "etcd-certfile": etcd_client.certificate,
            "etcd-keyfile": etcd_client.key,
            "kubelet-client-certificate": client.certificate,
            "kubelet-client-key": client.key,
            "kubelet-certificate-authority": pair("ca").certificate,
            "kubelet-preferred-address-types": "InternalIP",
            "service-cluster-ip-range": network.services,
            "service-node-port-range": "30000-32767",
            "service-account-issuer": f"https://kubernetes.default.svc.{DOMAIN}",
            "service-account-key-file": signing.certificate,
            "service-account-signing-key-file": signing.key,
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            "anonymous-auth": "false",
            "allow-privileged": "true",
            "profiling": "false",
            "encryption-provider-config": ENCRYPTION,
            "requestheader-client-ca-file": pair("front-proxy-ca").certificate,
            "requestheader-allowed-names": "front-proxy",
            "requestheader-username-headers": "X-Remote-User",
            "requestheader-group-headers": "X-Remote-Group",
            "requestheader-extra-headers-prefix": "X-Remote-Extra-",
            "proxy-client-cert-file": front.certificate,
            "proxy-client-key-file": front.key,
        },
    )
    return Process(
        "kube-apiserver", command, _api_trouble, inputs=(*_files(mine, client, etcd_client, signing, front), ENCRYPTION)
    )


def controller_manager(binaries: Path, network: Network) -> Process:
    mine, authority, known = pair("loopback-server"), pair("ca"), kubeconfigs.path("controller-manager")
    command = flags(
        binaries / "kube-controller-manager",
        {
            **_component(known, mine, CONTROLLER_PORT),
            "root-ca-file": authority.certificate,
            "cluster-signing-cert-file": authority.certificate,
            "cluster-signing-key-file": authority.key,
            "service-account-private-key-file": _signing().key,
            "use-service-account-credentials": "true",
            "service-cluster-ip-range": network.services,
        },
    )
    return Process(
        "kube-controller-manager",
        command,
        lambda: trouble(CONTROLLER_PORT, "/healthz", tls=True),
        inputs=(*_files(mine, authority, _signing()), known),
    )


def scheduler(binaries: Path) -> Process:
    mine, known = pair("loopback-server"), kubeconfigs.path("scheduler")
    command = flags(binaries / "kube-scheduler", _component(known, mine, SCHEDULER_PORT))
    return Process(
        "kube-scheduler", command, lambda: trouble(SCHEDULER_PORT, "/readyz", tls=True), inputs=(*_files(mine), known)
    )


def flags(program: Path | str, values: dict[str, object]) -> tuple[str, ...]:
    return (str(program), *(f"--{name}={value}" for name, value in values.items()))


def trouble(port: int, path: str, host: str = "127.0.0.1", tls: bool = False) -> str | None:
    """Ask a health endpoint: None when it says that all is well."""
    connection = (
        http.client.HTTPSConnection(host, port, timeout=5, context=_trust())
        if tls
        else http.client.HTTPConnection(host, port, timeout=5)
    )
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
    return None if answer.status == 200 else f"{answer.status}: {text[-200:]}"


def _trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(pair("ca").certificate))


def _api_trouble() -> str | None:
    try:
        api.call("GET", "/readyz", timeout=5)
    except (api.Unreachable, api.ApiError) as error:
        return error.problem.replace("\n", " ")[-300:]
    return None


def _component(known: Path, mine: Pair, port: int) -> dict[str, object]:
    return {
        "kubeconfig": known,
        "authentication-kubeconfig": known,
        "authorization-kubeconfig": known,
        "bind-address": "127.0.0.1",
        "secure-port": port,
        "tls-cert-file": mine.certificate,
        "tls-private-key-file": mine.key,
        "leader-elect": "false",
        "profiling": "false",
    }


def _signing() -> Pair:
    return pair("service-accounts")


def _files(*pairs: Pair) -> tuple[Path, ...]:
    return tuple(file for one in pairs for file in (one.certificate, one.key))
