"""Pods that look around for the tests: a tiny static program in a restricted pod, asked over HTTP."""

import http.client
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.cluster import api, has_image, import_image, present
from local.cluster.archive import pack
from local.cluster.containerd import compile_static

IMAGE = "exquisite-mlops.local/probe:1"
Manifest = dict[str, Any]


def import_probe(folder: Path) -> None:
    if not has_image(IMAGE):
        pack(folder / "probe.tar", IMAGE, {"probe": compiled(folder)}, ["/probe"])
        import_image(folder / "probe.tar", IMAGE)
    present([IMAGE])


def compiled(folder: Path) -> Path:
    return compile_static(Path(__file__).parent / "probe" / "main.go", folder / "probe")


def namespace(name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }


def pod(space: str, name: str, image: str = IMAGE, **spec: Any) -> Manifest:
    """A restricted pod; `spec` adds to it, `container` to its container."""
    container = {
        "name": "probe",
        "readinessProbe": {"httpGet": {"path": "/name", "port": 8080}, "periodSeconds": 1},
        "image": image,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        **spec.pop("container", {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": space, "labels": {"app": name}},
        "spec": {
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "fsGroup": 1000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "terminationGracePeriodSeconds": 1,
            "containers": [container],
            **spec,
        },
    }


def service(space: str, name: str, node_port: bool = False) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": space},
        "spec": {
            "type": "NodePort" if node_port else "ClusterIP",
            "selector": {"app": name},
            "ports": [{"port": 80, "targetPort": 8080}],
        },
    }


def read(manifest: Manifest) -> Manifest:
    return api.call("GET", api.object_path(manifest))


def gone(manifest: Manifest) -> bool:
    try:
        read(manifest)
    except api.ApiError as error:
        return error.status == 404
    return False


def is_ready(manifest: Manifest) -> bool:
    conditions = read(manifest)["status"].get("conditions", [])
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def eventually(happens: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Wait for something to be true; fail with the last thing seen."""
    deadline, seen = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            if seen := happens():
                return seen
        except (OSError, http.client.HTTPException, api.Unreachable, api.ApiError) as error:
            seen = error
        time.sleep(0.2)
    raise AssertionError(f"{what} did not happen in {seconds:.0f} s; last seen: {seen!r}")


def ask(address: str, question: str, /, **arguments: str) -> str:
    """What the probe at `address` answers. No proxy stands between this machine and its own bridge."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{address}{question}?{urllib.parse.urlencode(arguments)}", timeout=5) as answer:
        return answer.read().decode()
