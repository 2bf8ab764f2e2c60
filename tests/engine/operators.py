"""What an operator's component makes, taken to a real API server, where the operator's program runs beside it."""

import json
import subprocess
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from ssl import SSLContext
from typing import Any

from local.plugins.kubernetes.spelling import for_the_server
from tests.cluster.evidence import eventually
from tests.engine.server import Server
from tests.recording import SECRET_MARK, Made

Manifest = dict[str, Any]
_NOT_YET = "no matches for kind", "failed calling webhook"


def manifest(made: Made) -> Manifest:
    """As the plugin would send it, with the name that the recording engine has given it."""
    plain = json.dumps(_open(for_the_server(made.inputs)))
    inputs = json.loads(plain, parse_float=lambda number: int(float(number)))
    named = {"name": f"{made.name}-1a2b3c4d", **inputs.get("metadata", {})}
    named.pop("ownerReferences", None)
    return {**inputs, "metadata": named}


def _open(value: Any) -> Any:
    """With its secrets in the clear."""
    if isinstance(value, Mapping):
        return _open(value["value"]) if SECRET_MARK in value else {key: _open(one) for key, one in value.items()}
    return [_open(one) for one in value] if isinstance(value, list) else value


def take(server: Server, one: Manifest) -> None:
    """A kind that has just been defined is not known at once."""

    def tried() -> bool:
        try:
            server.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(one))
        except AssertionError as refused:
            if not any(words in str(refused) for words in _NOT_YET):
                raise
            return False
        return True

    eventually(tried, f"{one['kind']} {one['metadata']['name']} is taken")


def remove(server: Server, made: Sequence[Manifest]) -> None:
    for one in reversed(made):
        place = one["metadata"].get("namespace")
        server.kubectl(
            *("delete", one["kind"], one["metadata"]["name"], "--ignore-not-found", "--wait=false"),
            *(("-n", place) if place else ()),
        )


def rights(rules: Iterable[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    """Group, resource and verb of all that rules of roles allow."""
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def given(made: Iterable[Manifest]) -> set[tuple[str, str, str]]:
    """The same, of all roles among what a component makes."""
    return rights(rule for one in made if one["kind"] in ("Role", "ClusterRole") for rule in one["rules"])


def login(server: Server, account: str, namespace: str, path: Path) -> Path:
    """A kubeconfig of that account, with its rights and no others."""
    token = server.kubectl("create", "token", account, "-n", namespace).strip()
    told = json.loads(server.kubeconfig.read_text())
    path.write_text(json.dumps({**told, "users": [{"name": "admin", "user": {"token": token}}]}))
    return path


class Program:
    """It runs until `end`, and says what it has to say in a file."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.log = folder / "program.log"
        self._file = self.log.open("w")
        self._process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdout=self._file, stderr=self._file
        )

    def runs(self) -> bool:
        """Raises AssertionError, with its last words, where it has ended."""
        assert self._process.poll() is None, self.log.read_text()[-3000:]
        return True

    def answers(self, url: str, context: SSLContext | None = None) -> bool:
        assert self.runs()
        try:
            with urllib.request.urlopen(url, timeout=5, context=context) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(90)
        self._file.close()
