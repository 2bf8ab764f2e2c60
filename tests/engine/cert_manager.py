"""cert-manager as its component makes it, on a real API server: its programs run beside that, under their accounts."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from components.edge.cert_manager.cert_manager import CertManager, CertManagerArgs
from components.edge.cert_manager.definitions import CertManagerDefinitions, CertManagerDefinitionsArgs
from local import toolchain
from tests.cluster.evidence import eventually
from tests.engine.operators import Manifest, Program, login, manifest, remove, take
from tests.engine.server import Server, free_port
from tests.recording import Engine

HOME = "cert-manager-test"
_FIRST = ("CustomResourceDefinition", "ServiceAccount", "Role", "ClusterRole")
_PODS = ("Deployment", "Job")
_PORT = 10250


@dataclass(frozen=True)
class Running:
    """Its programs, by the names that the catalogue's images have, and what its check said."""

    programs: Mapping[str, Program]
    checked: str


@cache
def made() -> list[Manifest]:
    def program() -> None:
        CertManagerDefinitions("kinds", CertManagerDefinitionsArgs())
        CertManager("cert-manager", CertManagerArgs(namespace=HOME))

    engine = Engine()
    engine.build(program)
    return [manifest(one) for one in engine.made if one.type.startswith("kubernetes:")]


def published() -> Path:
    """Where the module's own files lie."""
    return toolchain.build_one(toolchain.IN_IMAGES["cert-manager"], print) / "deploy"


@contextmanager
def running(server: Server, folder: Path) -> Iterator[Running]:
    """Until its check has said that the API server takes its objects; all of it is removed afterwards."""
    port = free_port()
    with ExitStack() as stack:
        server.kubectl("create", "namespace", HOME)
        stack.callback(server.kubectl, "delete", "namespace", HOME, "--wait=false")
        first = sorted(
            (_beside(one, port) for one in made() if one["kind"] not in _PODS),
            key=lambda one: one["kind"] not in _FIRST,
        )
        stack.callback(remove, server, first)
        for one in first:
            take(server, one)
        programs = {}
        for command, own in _own_ports(port).items():
            (folder / command).mkdir()
            words = [*_command(server, f"cert-manager-{command}", folder / command), *own]
            programs[command] = Program(words, folder / command, {})
            stack.callback(programs[command].end)
        asked = _command(server, "cert-manager-startupapicheck", folder)
        done = subprocess.run(asked, capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, done.stderr[-3000:]
        yield Running(programs, done.stdout)


def _own_ports(port: int) -> dict[str, list[str]]:
    """Program -> flags that follow the component's, as there may be others on this machine."""
    health = f"--internal-healthz-listen-address=127.0.0.1:{free_port()}"
    return {
        "webhook": [f"--secure-port={port}", f"--healthz-port={free_port()}", "--metrics-listen-address=0"],
        "cainjector": ["--metrics-listen-address=0"],
        "controller": [health, f"--metrics-listen-address=127.0.0.1:{free_port()}"],
    }


def _beside(one: Manifest, port: int) -> Manifest:
    """Its Service leads to this machine, and to a free port there."""
    if one["kind"] == "Service":
        return {**one, "spec": {"type": "ExternalName", "externalName": "localhost"}}
    if one["kind"].endswith("WebhookConfiguration"):
        return dict(json.loads(json.dumps(one).replace(str(_PORT), str(port))))
    return one


def _command(server: Server, image: str, folder: Path) -> list[str]:
    """What the pod with that image would run, with the rights that it would have."""
    (spec,) = (
        one["spec"]["template"]["spec"]
        for one in made()
        if one["kind"] in _PODS and f"/{image}:" in one["spec"]["template"]["spec"]["containers"][0]["image"]
    )
    words = [word.replace("$(POD_NAMESPACE)", HOME) for word in spec["containers"][0]["args"]]
    account = spec["serviceAccountName"]
    eventually(lambda: server.exists("serviceaccount", account, "-n", HOME), f"the account of {image}")
    kubeconfig = login(server, account, HOME, folder / f"{image}.kubeconfig")
    binary = toolchain.build_one(toolchain.IN_IMAGES["cert-manager"], print) / image
    return [str(binary), *words, f"--kubeconfig={kubeconfig}"]
