"""Requests to the API server: one connection pool, brief patience with what passes by itself, telling errors."""

import json
import re
import threading
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

import urllib3

from local.plugins.kubernetes.kubeconfig import Target
from local.plugins.kubernetes.spelling import for_the_program, for_the_server

Document = dict[str, Any]

APPLY = "application/apply-patch+yaml"
_JSON = "application/json"
_PATIENCE_SECONDS = 10.0
_PASSING = {429, 500, 502, 503, 504}
"""Statuses that may pass by themselves; 500 only with one of the causes below."""
_PASSING_CAUSES = ("etcdserver", "leader changed", "connection refused", "context deadline exceeded", "EOF")


class ApiError(Exception):
    """The API server's refusal, with its Status document."""

    def __init__(self, code: int, status: Document, request: str) -> None:
        self.code = code
        self.reason: str = status.get("reason") or ""
        self.message: str = status.get("message") or f"{request} answered {code}"
        self.details: Document = status.get("details") or {}
        super().__init__(self.message)

    @property
    def causes(self) -> list[Document]:
        """What is wrong, field by field: `field`, `reason` and `message` of each."""
        return self.details.get("causes") or []


class Unreachable(Exception):
    """No answer from the API server. `sent`: whether the request may have reached it."""

    def __init__(self, target: Target, cause: str, sent: bool) -> None:
        where = f"context {target.context!r}" if target.context else target.source
        super().__init__(
            f"cannot reach the API server at {target.server} ({where} of {target.source}): {cause}. "
            "Start the cluster, or point kubernetes:kubeconfig or KUBECONFIG at one that runs"
        )
        self.sent = sent


class Api:
    """One API server. All calls may be made from any thread."""

    def __init__(self, target: Target, timeout: float = 60.0) -> None:
        self.target = target
        settings: dict[str, Any] = {"maxsize": 64, "num_pools": 4, "retries": False}
        settings["timeout"] = urllib3.Timeout(connect=5.0, read=timeout)
        if target.tls:
            settings["ssl_context"] = target.tls
            settings["server_hostname"] = target.server_name
            if not target.tls.check_hostname:
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
                settings["cert_reqs"] = "CERT_NONE"
        self._pool = urllib3.ProxyManager(target.proxy, **settings) if target.proxy else urllib3.PoolManager(**settings)
        # Once the server did not answer for the whole of our patience, others need not wait for as long again.
        self._down_since: float | None = None
        self._lock = threading.Lock()

    def get(self, path: str, **query: str) -> Document:
        return self.request("GET", path, query=query)

    def find(self, path: str) -> Document | None:
        """The object at `path`, or None where there is none."""
        try:
            return self.get(path)
        except ApiError as refused:
            if refused.code == 404:
                return None
            raise

    def text(self, path: str, **query: str) -> str:
        """A response that is no JSON: logs."""
        return self._send("GET", path, None, query, _JSON).data.decode(errors="replace")

    def request(
        self,
        method: str,
        path: str,
        body: Document | None = None,
        query: Document | None = None,
        content: str = _JSON,
        warn: Callable[[str], None] | None = None,
    ) -> Document:
        """The answer's document. `warn` gets what the server remarks on the request (deprecations, unknown fields)."""
        answer = self._send(method, path, for_the_server(body), query or {}, content)
        if warn is not None:
            for remark in answer.headers.getlist("Warning"):
                warn(_remark(remark))
        return for_the_program(json.loads(answer.data)) if answer.data else {}

    def _send(
        self, method: str, path: str, body: Document | None, query: Document, content: str
    ) -> urllib3.BaseHTTPResponse:
        url = self.target.server + path + ("?" + urllib.parse.urlencode(query) if query else "")
        data = None if body is None else json.dumps(body).encode()
        ends, pause = time.monotonic() + self._patience(), 0.1
        while True:
            try:
                headers = {
                    "Accept": _JSON,
                    "Content-Type": content,
                    "User-Agent": "pulumi-kubernetes",
                    **self.target.headers(),
                }
                response = self._pool.request(method, url, body=data, headers=headers)
            except urllib3.exceptions.HTTPError as broken:
                # A POST may have made its object already; all else can be sent again.
                if time.monotonic() + pause > ends or _hopeless(broken) or method == "POST":
                    self._mark_down()
                    unsent = isinstance(
                        broken, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
                    )
                    raise Unreachable(self.target, _cause(broken), sent=not unsent and method != "GET") from broken
            else:
                self._down_since = None
                if response.status < 400:
                    return response
                refused = ApiError(response.status, _status(response), f"{method} {path}")
                if not _passes(refused) or time.monotonic() + pause > ends or method == "POST":
                    raise refused
                pause = max(pause, min(float(response.headers.get("Retry-After") or 0), 5.0))
            time.sleep(pause)
            pause = min(pause * 2, 2.0)

    def _patience(self) -> float:
        with self._lock:
            return 0.0 if self._down_since is not None else _PATIENCE_SECONDS

    def _mark_down(self) -> None:
        with self._lock:
            self._down_since = time.monotonic()


def _remark(header: str) -> str:
    """The text of a Warning header: `299 - "text"`."""
    found = re.fullmatch(r'\d+ \S+ "(.*)"', header)
    return found[1].replace('\\"', '"') if found else header


def _status(response: urllib3.BaseHTTPResponse) -> Document:
    try:
        status = json.loads(response.data)
        return status if isinstance(status, dict) else {"message": str(status)}
    except ValueError:
        return {"message": response.data.decode(errors="replace").strip()}


def _passes(refused: ApiError) -> bool:
    if refused.code == 500:
        return any(cause in refused.message for cause in _PASSING_CAUSES)
    return refused.code in _PASSING


def _hopeless(broken: Exception) -> bool:
    """A wrong name or certificate does not get better by waiting."""
    text = str(broken)
    return (
        isinstance(broken, urllib3.exceptions.SSLError) or "Name or service not known" in text or "CERTIFICATE" in text
    )


def _cause(broken: Exception) -> str:
    text = str(getattr(broken, "reason", None) or broken)
    text = text.split("Failed to establish a new connection: ")[-1].split(">: ")[-1].rstrip(".")
    return re.sub(r"^\[Errno \d+\] ", "", text)
