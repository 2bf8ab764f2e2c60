"""The few calls to the API server that the embedded cluster makes itself, with one of its own certificates.

The full client takes a second to import, more than everything that is asked here.
"""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any

import yaml

from local.cluster.certificates import pair
from local.cluster.names import API_PORT, LOGS
from local.errors import LocalError

FIELD_MANAGER = "exquisite-mlops-local"
Manifest = dict[str, Any]


class ApiError(LocalError):
    """The server's answer to a request that it did not carry out."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(
            f"the cluster's API server answers {status}: {message}", f"see {LOGS}/kube-apiserver.log, or run it again"
        )
        self.status = status


class Unreachable(LocalError):
    """Nobody answers at the API server's address, or not in time."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(f"the cluster's API server does not answer ({reason})", "run `make up`")


def call(
    method: str,
    path: str,
    body: Manifest | None = None,
    *,
    user: str = "admin",
    kind: str = "application/json",
    timeout: float = 30,
) -> Any:
    """One request; the answer parsed from JSON, or as text where it is none."""
    connection = http.client.HTTPSConnection("127.0.0.1", API_PORT, timeout=timeout, context=_context(user))
    try:
        headers = {"Content-Type": kind, "Accept": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
    except (OSError, http.client.HTTPException) as reason:
        raise Unreachable(reason) from None
    finally:
        connection.close()
    parsed = json.loads(text) if text.startswith("{") else text
    if answer.status >= 400:
        raise ApiError(answer.status, parsed.get("message", text) if isinstance(parsed, dict) else text)
    return parsed


def apply(manifest: Manifest, subresource: str = "") -> Manifest:
    """Server-side apply: makes the object, or gives it these fields."""
    path = f"{object_path(manifest)}{subresource}?fieldManager={FIELD_MANAGER}&force=true"
    answer: Manifest = call("PATCH", path, manifest, kind="application/apply-patch+yaml")
    return answer


def delete(path: str) -> None:
    """Have an object deleted. One that is gone by now is no error."""
    try:
        call("DELETE", path)
    except ApiError as error:
        if error.status != 404:
            raise


def manifests(name: str) -> list[Manifest]:
    """The documents of one of our manifest files."""
    return list(yaml.safe_load_all((Path(__file__).parent / "manifests" / f"{name}.yaml").read_text()))


def object_path(manifest: Manifest) -> str:
    version, metadata = manifest["apiVersion"], manifest["metadata"]
    root = "/api/v1" if version == "v1" else f"/apis/{version}"
    space = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{root}{space}/{plural(manifest['kind'])}/{metadata['name']}"


def plural(kind: str) -> str:
    word = kind.lower()
    if word.endswith("y"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith("s") else f"{word}s"


def _context(user: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pair("ca").certificate))
    context.load_cert_chain(str(pair(user).certificate), str(pair(user).key))
    return context
