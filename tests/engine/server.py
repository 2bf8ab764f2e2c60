"""A real kube-apiserver on etcd, with the controllers that need no node, on loopback and in a folder of its own."""

import json
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_START_SECONDS = 300


@dataclass(frozen=True)
class Server:
    """Where it is, and kubectl for it."""

    kubeconfig: Path
    binary: Path
    url: str

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        command = [str(self.binary), "--kubeconfig", str(self.kubeconfig), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, input=stdin)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    def get(self, *arguments: str) -> Any:
        return json.loads(self.kubectl("get", "-o", "json", "--show-managed-fields", *arguments))

    def exists(self, *arguments: str) -> bool:
        return bool(self.kubectl("get", "--ignore-not-found", "-o", "name", *arguments).strip())

    def set_status(self, kind: str, namespace: str, name: str, status: dict[str, Any]) -> None:
        """Play the kubelet or a controller that is not there."""
        patch = json.dumps({"status": status})
        self.kubectl("patch", kind, name, "-n", namespace, "--subresource=status", "--type=merge", "-p", patch)


@contextmanager
def running(binaries: Path, folder: Path) -> Iterator[Server]:
    """Start it, and end what was started."""
    with ExitStack() as stack:
        etcd, peer, secure, manager = (free_port() for _ in range(4))
        _start(stack, folder, _etcd(binaries, folder, etcd, peer))
        key = folder / "accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
        (folder / "tokens.csv").write_text("test-token,admin,admin,system:masters\n")
        url = f"https://127.0.0.1:{secure}"
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(_kubeconfig(url)))
        _start(stack, folder, _apiserver(binaries, folder, etcd, secure))
        _wait_until_ready(url)
        _start(stack, folder, _manager(binaries, folder, kubeconfig, manager))
        server = Server(kubeconfig, binaries / "kubectl", url)
        _wait_for_default_account(server)
        yield server


def _etcd(binaries: Path, folder: Path, port: int, peer: int) -> list[str]:
    client, peers = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer}"
    return [
        *(str(binaries / "etcd"), "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync"),
        *("--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peers),
        *("--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}"),
    ]


def _apiserver(binaries: Path, folder: Path, etcd: int, port: int) -> list[str]:
    key = str(folder / "accounts.key")
    return [
        *(str(binaries / "kube-apiserver"), "--etcd-servers", f"http://127.0.0.1:{etcd}"),
        *("--bind-address", "127.0.0.1", "--secure-port", str(port), "--endpoint-reconciler-type", "none"),
        # As in every cluster that mounts file systems for its pods.
        "--allow-privileged=true",
        *("--cert-dir", str(folder / "certificates"), "--service-cluster-ip-range", "10.98.0.0/16"),
        *("--service-account-key-file", key, "--service-account-signing-key-file", key),
        *("--service-account-issuer", "https://kubernetes.default.svc", "--authorization-mode", "RBAC"),
        *("--token-auth-file", str(folder / "tokens.csv")),
    ]


def _manager(binaries: Path, folder: Path, kubeconfig: Path, port: int) -> list[str]:
    return [
        *(str(binaries / "kube-controller-manager"), "--kubeconfig", str(kubeconfig)),
        *("--service-account-private-key-file", str(folder / "accounts.key"), "--leader-elect=false"),
        *("--bind-address", "127.0.0.1", "--secure-port", str(port), "--cert-dir", str(folder / "certificates")),
        # A node of a test has no kubelet that would say that it is well.
        *("--authentication-skip-lookup", "--node-startup-grace-period=24h"),
    ]


def _kubeconfig(url: str) -> dict[str, Any]:
    return {
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "clusters": [{"name": "test", "cluster": {"server": url, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "admin", "user": {"token": "test-token"}}],
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(stack: ExitStack, folder: Path, command: list[str]) -> None:
    log = stack.enter_context((folder / f"{Path(command[0]).name}.log").open("w"))
    process = subprocess.Popen(command, stdout=log, stderr=log)

    def end() -> None:
        process.kill()
        process.wait()

    stack.callback(end)


def _wait_until_ready(url: str) -> None:
    trusting = ssl._create_unverified_context()
    request = urllib.request.Request(f"{url}/readyz", headers={"Authorization": "Bearer test-token"})
    ends = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, context=trusting, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        assert time.monotonic() < ends, "the API server did not start"
        time.sleep(0.2)


def _wait_for_default_account(server: Server) -> None:
    ends = time.monotonic() + _START_SECONDS
    while not server.exists("serviceaccount", "default", "-n", "default"):
        assert time.monotonic() < ends, "the controllers did not start"
        time.sleep(0.2)
