"""A small API server in memory: discovery, server-side apply with field managers, dry run, lists, deletion.

It knows no schemas: lists are one value each, and quantities stay as they are written.
"""

import base64
import copy
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Document = dict[str, Any]
Path = tuple[str, ...]

KINDS = {
    "v1": {
        "ConfigMap": ("configmaps", True),
        "Event": ("events", True),
        "Namespace": ("namespaces", False),
        "PersistentVolumeClaim": ("persistentvolumeclaims", True),
        "Pod": ("pods", True),
        "Secret": ("secrets", True),
        "Service": ("services", True),
    },
    "apps/v1": {"Deployment": ("deployments", True), "StatefulSet": ("statefulsets", True)},
    "batch/v1": {"Job": ("jobs", True)},
    "discovery.k8s.io/v1": {"EndpointSlice": ("endpointslices", True)},
    "rbac.authorization.k8s.io/v1": {"ClusterRole": ("clusterroles", False)},
}
_PATH = re.compile(
    r"^/(?:api|apis)/(?P<version>v1|[^/]+/[^/]+)(?:/namespaces/(?P<namespace>[^/]+)(?=/))?(?P<rest>(?:/[^/]+)*)$"
)


class Refusal(Exception):
    """An answer that is a Status."""

    def __init__(self, code: int, reason: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code, self.status = code, {"reason": reason, "message": message, "details": details}


class ApiServer:
    """The objects, by path, and who manages which of their fields."""

    def __init__(self) -> None:
        self.kinds = copy.deepcopy(KINDS)
        self.objects: dict[str, Document] = {}
        self.owners: dict[str, dict[str, set[Path]]] = {}
        self.requests: list[tuple[str, str, Document]] = []
        self.logs: dict[str, str] = {}
        self.warnings: list[str] = []
        self.refuse: Callable[[str, str, Document], Refusal | None] = lambda method, path, body: None
        self._versions = itertools.count(1)
        self._lock = threading.RLock()
        for name in ("default", "kube-system"):
            self.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace"}, "server", True, False)

    def edit(self, path: str, change: Callable[[Document], Any], manager: str = "kubectl-edit") -> Document:
        """Someone else's update: what it changes is managed by `manager` alone from then on."""
        with self._lock:
            before, live = copy.deepcopy(self.objects[path]), self.objects[path]
            change(live)
            changed = {leaf for leaf, value in _leaves(live).items() if _leaves(before).get(leaf) != value}
            removed = _leaves(before).keys() - _leaves(live).keys()
            for owned in self.owners[path].values():
                owned -= changed | removed
            self.owners[path].setdefault(manager, set()).update(changed)
            self._touch(path, live, before)
            return live

    def set_status(self, path: str, **status: Any) -> None:
        """A controller's word on the object as it is now."""
        with self._lock:
            live = self.objects[path]
            live["status"] = {"observedGeneration": live["metadata"]["generation"], **status}

    def answer(self, method: str, path: str, query: dict[str, str], body: Document) -> tuple[int, Any]:
        with self._lock:
            self.requests.append((method, path, query))
            refusal = self.refuse(method, path, body)
            if refusal:
                raise refusal
            if path.endswith("/log"):
                return 200, self.logs.get(path.split("/")[-2], "")
            found = _PATH.match(path)
            version = found["version"] if found else ""
            if version not in self.kinds or found is None:
                raise Refusal(404, "NotFound", "the server could not find the requested resource")
            steps = [step for step in found["rest"].split("/") if step]
            if not steps:
                return 200, self._discover(version)
            if len(steps) == 1:
                return (200, self._list(path, query)) if method == "GET" else self._post(path, body, query)
            if method == "PATCH":
                force, dry = query.get("force") == "true", "dryRun" in query
                existed = path in self.objects
                return (200 if existed else 201), self.apply(path, body, query["fieldManager"], force, dry)
            if path not in self.objects:
                raise Refusal(404, "NotFound", f'{steps[0]} "{steps[1]}" not found', name=steps[1], kind=steps[0])
            return 200, self.objects[path] if method == "GET" else self._delete(path, body)

    def apply(self, path: str, wanted: Document, manager: str, force: bool, dry_run: bool) -> Document:
        """Server-side apply."""
        self._require_namespace(path)
        old = self.objects.get(path)
        live = copy.deepcopy(old) if old else {"metadata": {"uid": f"uid-{next(self._versions)}"}}
        owners = copy.deepcopy(self.owners.get(path, {}))
        fields = {leaf: value for leaf, value in _leaves(wanted).items() if leaf[0] not in ("apiVersion", "kind")}
        fields.pop(("metadata", "name"), None)
        fields.pop(("metadata", "namespace"), None)
        present = _leaves(live)
        for other in owners.keys() - {manager}:
            clashes = {leaf for leaf in owners[other] & fields.keys() if present.get(leaf) != fields[leaf]}
            if clashes and not force:
                raise Refusal(409, "Conflict", "Apply failed", causes=[_cause(other, leaf) for leaf in clashes])
            owners[other] -= clashes
        kept = set().union(*(owned for other, owned in owners.items() if other != manager))
        for leaf in owners.get(manager, set()) - fields.keys() - kept:
            _remove(live, leaf)
        for leaf, value in fields.items():
            _set(live, leaf, value)
        owners[manager] = set(fields)
        live["apiVersion"], live["kind"] = wanted["apiVersion"], wanted["kind"]
        self._complete(path, live, owners)
        if not dry_run:
            self.owners[path] = owners
            self._touch(path, live, old)
        return live

    def _complete(self, path: str, live: Document, owners: dict[str, set[Path]]) -> None:
        found = _PATH.match(path)
        metadata = live["metadata"]
        metadata["name"] = path.rpartition("/")[2]
        if found and found["namespace"]:
            metadata["namespace"] = found["namespace"]
        metadata.setdefault("creationTimestamp", "2030-01-01T00:00:00Z")
        metadata.setdefault("generation", 1)
        metadata.setdefault("resourceVersion", "0")
        metadata["managedFields"] = [
            {"manager": name, "operation": "Apply" if name.startswith("pulumi") else "Update", "fieldsV1": _tree(owned)}
            for name, owned in owners.items()
        ]
        if live["kind"] == "Service":
            live.setdefault("spec", {}).setdefault("clusterIP", f"10.0.0.{next(self._versions)}")
        if live["kind"] == "Secret" and "stringData" in live:
            texts = live.pop("stringData").items()
            live.setdefault("data", {}).update({key: base64.b64encode(text.encode()).decode() for key, text in texts})
            for owned in owners.values():
                owned |= {("data", *leaf[1:]) for leaf in owned if leaf[0] == "stringData"}
        if live["kind"] == "Namespace":
            live.setdefault("status", {"phase": "Active"})

    def _touch(self, path: str, live: Document, old: Document | None) -> None:
        if old and live.get("spec") != old.get("spec"):
            live["metadata"]["generation"] += 1
        live["metadata"]["resourceVersion"] = str(next(self._versions))
        self.objects[path] = live
        self._complete(path, live, self.owners[path])

    def _post(self, path: str, body: Document, query: dict[str, str]) -> tuple[int, Document]:
        name = body["metadata"]["generateName"] + f"{next(self._versions):05d}"
        return 201, self.apply(f"{path}/{name}", body, query["fieldManager"], True, "dryRun" in query)

    def _delete(self, path: str, options: Document) -> Document:
        live = self.objects[path]
        if live["metadata"].get("finalizers"):
            live["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
            return live
        del self.objects[path]
        return {"kind": "Status", "status": "Success", "details": {"uid": live["metadata"]["uid"]}}

    def _list(self, path: str, query: dict[str, str]) -> Document:
        items = [item for at, item in self.objects.items() if at.rpartition("/")[0] == path]
        for label in filter(None, query.get("labelSelector", "").split(",")):
            key, _, value = label.partition("=")
            items = [item for item in items if item["metadata"].get("labels", {}).get(key) == value]
        return {"items": items}

    def _discover(self, version: str) -> Document:
        kinds = self.kinds[version].items()
        return {"resources": [{"kind": kind, "name": plural, "namespaced": own} for kind, (plural, own) in kinds]}

    def _require_namespace(self, path: str) -> None:
        found = _PATH.match(path)
        name = found["namespace"] if found else None
        if name and f"/api/v1/namespaces/{name}" not in self.objects:
            raise Refusal(404, "NotFound", f'namespaces "{name}" not found', name=name, kind="namespaces")


@contextmanager
def serve(server: ApiServer) -> Iterator[str]:
    """Answer HTTP on loopback; the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body leave as one packet; as two, the client acknowledges the first only after 40 ms.
        wbufsize = -1
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            split = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(split.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                code, answer = server.answer(self.command, split.path, query, json.loads(body) if body else {})
            except Refusal as refusal:
                code, answer = refusal.code, {"kind": "Status", "code": refusal.code, **refusal.status}
            data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            self.send_response(code)
            for warning in server.warnings if self.command == "PATCH" else ():
                self.send_header("Warning", f'299 - "{warning}"')
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PATCH = do_POST = do_DELETE = _answer

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_address[1]}"
    http.shutdown()
    http.server_close()


def _leaves(document: Any, at: Path = ()) -> dict[Path, Any]:
    if isinstance(document, dict) and document:
        skipped = {("status",), ("metadata", "managedFields")}
        nested = (_leaves(item, (*at, key)) for key, item in document.items() if (*at, key) not in skipped)
        return {leaf: value for part in nested for leaf, value in part.items()}
    return {at: document}


def _set(document: Document, path: Path, value: Any) -> None:
    for step in path[:-1]:
        document = document.setdefault(step, {})
    if value != {} or not isinstance(document.get(path[-1]), dict):
        document[path[-1]] = value


def _remove(document: Document, path: Path) -> None:
    for step in path[:-1]:
        document = document.get(step, {})
    document.pop(path[-1], None)


def _tree(owned: set[Path]) -> Document:
    tree: Document = {}
    for path in owned:
        _set(tree, tuple(f"f:{step}" for step in path), {})
    return tree


def _cause(manager: str, path: Path) -> Document:
    return {"reason": "FieldManagerConflict", "message": f'conflict with "{manager}"', "field": "." + ".".join(path)}
