"""The rules on images at a real API server, and its verdict on an object."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import requests
import yaml
from requests.adapters import HTTPAdapter

from policies.admission import manifest
from policies.outside.configuration import read
from tests.engine.server import Server

Object = dict[str, Any]
_AT_ONCE = 8
_SETTLE_SECONDS = 60


@dataclass
class Cluster:
    """Talks to the API server over kept connections: a process of kubectl for each object would take minutes."""

    server: Server
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env, self.session.verify = False, False
        self.session.headers["Authorization"] = "Bearer test-token"
        self.session.mount("https://", HTTPAdapter(pool_maxsize=_AT_ONCE))

    def refusal(self, thing: Object, namespace: str) -> str:
        """What the policies say against creating it, "" if nothing. It is not created."""
        answer = self.send("POST", self._place(thing, namespace), thing, dryRun="All")
        message = "" if answer.ok else str(answer.json()["message"])
        assert answer.ok or "ValidatingAdmissionPolicy" in message, message
        return message

    def refusals(self, things: Iterable[Object], namespace: str) -> list[str]:
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            return list(threads.map(lambda thing: self.refusal(thing, namespace), things))

    def send(self, method: str, path: str, body: Any, kind: str = "json", **query: str) -> requests.Response:
        headers = {"Content-Type": f"application/{kind}"}
        return self.session.request(method, self.server.url + path, json=body, headers=headers, params=query)

    def create(self, thing: Object, namespace: str) -> str:
        """Really create it; the path of the new object."""
        place = self._place(thing, namespace)
        answer = self.send("POST", place, thing)
        assert answer.ok, answer.text
        return f"{place}/{thing['metadata']['name']}"

    @staticmethod
    def _place(thing: Object, namespace: str) -> str:
        version = thing["apiVersion"]
        return f"/{'apis' if '/' in version else 'api'}/{version}/namespaces/{namespace}/{thing['kind'].lower()}s"


def armed(namespace: str, config: Path | None = None) -> Iterator[Object]:
    """The objects for one namespace alone, under names of its own: the server has other tests' objects too."""
    only = {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": [namespace]}]}
    for made in yaml.load_all(manifest(read(config)), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        spec, metadata = made.get("spec", {}), made["metadata"]
        if made["kind"] in ("Namespace", "ConfigMap"):
            metadata["name" if made["kind"] == "Namespace" else "namespace"] = namespace
        else:
            metadata["name"] = f"{namespace}-{metadata['name']}"
        if made["kind"].endswith("Binding"):
            spec["policyName"] = metadata["name"]
            spec["paramRef"]["namespace"] = namespace
            spec["matchResources"]["namespaceSelector"] = only
        yield made


def definitions(kinds: Iterable[tuple[str, str]]) -> Iterator[Object]:
    """Kinds of custom resources whose fields are all open."""
    versions: dict[tuple[str, str], list[str]] = {}
    for kind, api in sorted(set(kinds)):
        group, _, version = api.partition("/")
        versions.setdefault((kind, group), []).append(version)
    for (kind, group), names in versions.items():
        plural = f"{kind.lower()}s"
        schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
        yield {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": f"{plural}.{group}",
                # The API server asks it of groups under k8s.io.
                "annotations": {"api-approved.kubernetes.io": "unapproved, a stand-in"},
            },
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"plural": plural, "kind": kind},
                "versions": [
                    {"name": name, "served": True, "storage": name == names[0], "schema": schema} for name in names
                ],
            },
        }


def apply(server: Server, objects: Iterable[Mapping[str, Any]]) -> None:
    server.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=yaml.safe_dump_all(objects))


def settle(cluster: Cluster, refused: Object, namespace: str) -> None:
    """Wait until the API server knows its new policies, their settings, and the definitions.

    It learns each in the background: a binding whose ConfigMap it doesn't know yet refuses everything.
    """
    ends = monotonic() + _SETTLE_SECONDS
    while True:
        answer = cluster.send("POST", cluster._place(refused, namespace), refused, dryRun="All")
        if "denied request" in answer.text and "failed to configure binding" not in answer.text:
            return
        assert monotonic() < ends, answer.text
        sleep(0.2)
