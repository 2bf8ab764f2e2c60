"""From a kubeconfig (a path, its content, or the usual places) to a server, its trust, and how to log in there."""

import base64
import datetime
import json
import os
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]

_IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_EXEC_TIMEOUT_SECONDS = 60


class KubeconfigError(Exception):
    """The kubeconfig cannot be used: what is wrong in it, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One API server and the way in."""

    server: str
    context: str
    source: str
    namespace: str
    tls: ssl.SSLContext | None
    headers: Callable[[], Mapping[str, str]]
    server_name: str | None = None
    proxy: str | None = None
    ca: str = field(default="", repr=False)


def load(kubeconfig: str | None) -> tuple[Document, str]:
    """The kubeconfig as a document, and where it came from. `kubeconfig` is a path, content, or None (the default)."""
    if kubeconfig and ("\n" in kubeconfig or kubeconfig.lstrip().startswith("{")):
        return _parse(kubeconfig, "the provider's kubeconfig"), "the provider's kubeconfig"
    if kubeconfig:
        files = [Path(kubeconfig).expanduser()]
    else:
        named = [Path(item) for item in os.environ.get("KUBECONFIG", "").split(os.pathsep) if item]
        files = named or [Path.home() / ".kube" / "config"]
    found = [file for file in files if file.is_file()]
    if not found:
        if not kubeconfig and "KUBERNETES_SERVICE_HOST" in os.environ and _IN_CLUSTER.is_dir():
            return _in_cluster(), "the pod's service account"
        wanted = ", ".join(str(file) for file in files)
        raise KubeconfigError(f"there is no kubeconfig at {wanted}: set KUBECONFIG, or kubernetes:kubeconfig")
    return _merge([(file, _parse(_read(file), str(file))) for file in found]), ", ".join(str(file) for file in found)


def target(document: Document, source: str, context: str | None = None, cluster: str | None = None) -> Target:
    """The server that `context` (by default the current one) of a kubeconfig points at."""
    name = context or document.get("current-context") or ""
    chosen = _named(document, "contexts", "context", name, source) if name else {}
    about = _named(document, "clusters", "cluster", cluster or chosen.get("cluster", ""), source)
    user = _named(document, "users", "user", chosen["user"], source) if chosen.get("user") else {}
    server = about.get("server") or ""
    if not server.startswith(("http://", "https://")):
        raise KubeconfigError(f"the cluster of context {name!r} in {source} has no server URL")
    ca = _content(about, "certificate-authority", source)
    return Target(
        server=server.rstrip("/"),
        context=name,
        source=source,
        namespace=chosen.get("namespace") or "",
        tls=_tls(about, user, ca, source) if server.startswith("https://") else None,
        headers=_login(user, source),
        server_name=about.get("tls-server-name"),
        proxy=about.get("proxy-url"),
        ca=ca,
    )


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise KubeconfigError(f"{file} cannot be read: {unreadable}") from unreadable


def _parse(text: str, source: str) -> Document:
    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as malformed:
        mark = getattr(malformed, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise KubeconfigError(f"{source} is not YAML{where}: write it anew with your cluster's tool") from None
    if not isinstance(document, dict) or not document.get("clusters"):
        raise KubeconfigError(f"{source} is no kubeconfig: it has no clusters")
    return document


def _merge(parts: list[tuple[Path, Document]]) -> Document:
    """Several files as kubectl merges them: the first to say something wins; paths are relative to their own file."""
    merged: Document = {"clusters": [], "contexts": [], "users": []}
    for file, part in parts:
        merged.setdefault("current-context", "")
        merged["current-context"] = merged["current-context"] or part.get("current-context") or ""
        for section, inner in (("clusters", "cluster"), ("contexts", "context"), ("users", "user")):
            for item in part.get(section) or []:
                if item.get("name") not in {known["name"] for known in merged[section]}:
                    merged[section].append({"name": item.get("name"), inner: _absolute(item.get(inner) or {}, file)})
    return merged


def _absolute(settings: Document, file: Path) -> Document:
    keys = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
    return settings | {key: str(file.parent / settings[key]) for key in keys if settings.get(key)}


def _named(document: Document, section: str, inner: str, name: str, source: str) -> Document:
    items = {item.get("name"): item.get(inner) or {} for item in document.get(section) or []}
    if name not in items:
        known = ", ".join(sorted(str(item) for item in items)) or "none"
        raise KubeconfigError(f"{source} has no {inner} {name!r}: it has {known}")
    return items[name]


def _content(settings: Document, key: str, source: str) -> str:
    if data := settings.get(f"{key}-data"):
        try:
            return base64.b64decode(data, validate=True).decode()
        except ValueError:
            raise KubeconfigError(f"{key}-data in {source} is not base64") from None
    return _read(Path(settings[key])) if settings.get(key) else ""


def _tls(cluster: Document, user: Document, ca: str, source: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=ca or None)
        if cluster.get("insecure-skip-tls-verify"):
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        certificate, key = _content(user, "client-certificate", source), _content(user, "client-key", source)
        if certificate and key:
            _load_pair(context, certificate, key)
    except ssl.SSLError as refused:
        raise KubeconfigError(f"the certificates in {source} cannot be used: {refused}") from None
    return context


def _load_pair(context: ssl.SSLContext, certificate: str, key: str) -> None:
    # The standard library only takes files: one that only this user can read, gone as soon as it is loaded.
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as pair:
        pair.write(certificate.rstrip("\n") + "\n" + key)
        pair.flush()
        context.load_cert_chain(pair.name)


def _login(user: Document, source: str) -> Callable[[], Mapping[str, str]]:
    if user.get("exec"):
        return _ExecLogin(user["exec"], source).headers
    if token_file := user.get("tokenFile"):
        # Read each time: the cluster rotates it.
        return lambda: {"Authorization": f"Bearer {_read(Path(token_file)).strip()}"}
    if token := user.get("token"):
        return lambda: {"Authorization": f"Bearer {token}"}
    if user.get("username"):
        pair = base64.b64encode(f"{user['username']}:{user.get('password', '')}".encode()).decode()
        return lambda: {"Authorization": f"Basic {pair}"}
    return dict


class _ExecLogin:
    """A credential plugin (`aws eks get-token`, `gke-gcloud-auth-plugin`...): run again when its token expires."""

    def __init__(self, settings: Document, source: str) -> None:
        self._settings, self._source = settings, source
        self._lock = threading.Lock()
        self._token, self._expires = "", datetime.datetime.min.replace(tzinfo=datetime.UTC)

    def headers(self) -> Mapping[str, str]:
        with self._lock:
            soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30)
            if not self._token or self._expires < soon:
                self._renew()
            return {"Authorization": f"Bearer {self._token}"}

    def _renew(self) -> None:
        settings = self._settings
        command = [settings["command"], *(settings.get("args") or [])]
        version = settings.get("apiVersion", "client.authentication.k8s.io/v1")
        information = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
        extra = {item["name"]: item["value"] for item in settings.get("env") or []}
        environment = {**os.environ, **extra, "KUBERNETES_EXEC_INFO": json.dumps(information)}
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, timeout=_EXEC_TIMEOUT_SECONDS, check=True
            )
            status = json.loads(done.stdout)["status"]
            self._token = status["token"]
        except FileNotFoundError:
            raise KubeconfigError(f"{self._source} logs in with {command[0]}, which is not installed") from None
        except subprocess.SubprocessError as failed:
            said = (getattr(failed, "stderr", None) or b"").decode(errors="replace").strip().splitlines()[-1:]
            raise KubeconfigError(f"{command[0]} of {self._source} failed: {' '.join(said) or failed}") from None
        except (ValueError, KeyError) as malformed:
            raise KubeconfigError(f"{command[0]} of {self._source} gave no token ({malformed})") from None
        expires = status.get("expirationTimestamp")
        far = datetime.datetime.max.replace(tzinfo=datetime.UTC)
        self._expires = datetime.datetime.fromisoformat(expires.replace("Z", "+00:00")) if expires else far


def _in_cluster() -> Document:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    cluster = {"server": f"https://{host}:{port}", "certificate-authority": str(_IN_CLUSTER / "ca.crt")}
    namespace = (_IN_CLUSTER / "namespace").read_text().strip()
    return {
        "current-context": "pod",
        "clusters": [{"name": "pod", "cluster": cluster}],
        "users": [{"name": "pod", "user": {"tokenFile": str(_IN_CLUSTER / "token")}}],
        "contexts": [{"name": "pod", "context": {"cluster": "pod", "user": "pod", "namespace": namespace}}],
    }
