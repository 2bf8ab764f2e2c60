"""Reads manifests from registries: the pull side of the OCI distribution API, with the logins that they ask for.

HTTP, TLS, proxies and retries are those of `requests`. What is left is one request and the answer to a demand for a
token, which is less than what a library for pushing and unpacking artefacts would have to be told.
"""

import base64
import hashlib
import ipaddress
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import parse_dict_header
from urllib3.util import Retry

from ..open_source.references import Reference
from ..outside.errors import Unusable
from .credentials import Credentials, Login
from .lock import Locked

_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_SERVERS = {"docker.io": "registry-1.docker.io"}
_TIMEOUT = (10, 60)
_RETRIES = Retry(
    total=4, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=("GET",),
    raise_on_status=False,
)  # fmt: skip


class Registries:
    """A client for all registries. `plain` are those that are spoken to without TLS: on this machine, and no other."""

    def __init__(self, credentials: Credentials, ca: Path | None = None, plain: Collection[str] = ()) -> None:
        for domain in plain:
            if not _is_loopback(urlsplit(f"//{domain}").hostname or ""):
                raise Unusable(f"{domain}: only a registry on this machine may be spoken to without TLS")
        if ca and not ca.is_file():
            raise Unusable(f"{ca}: there is no such file of certificates")
        self._credentials, self._plain = credentials, frozenset(plain)
        self._session = requests.Session()
        # Otherwise a login of ~/.netrc goes out in place of the one that is set here.
        self._session.auth = lambda request: request
        self._verify: str | None = str(ca) if ca else None
        self._session.mount("https://", HTTPAdapter(max_retries=_RETRIES))
        self._session.mount("http://", HTTPAdapter(max_retries=_RETRIES))
        self._authorizations: dict[tuple[str, str], str] = {}

    def resolve(self, image: Reference) -> Locked:
        """The digest that the image's tag, or `latest`, stands for today. Raises Unusable, naming the image."""
        answer = self._get(image, f"manifests/{image.digest or image.tag or 'latest'}", (*_INDEXES, *_MANIFESTS))
        digest = _checked(image, answer, image.digest)
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind in _INDEXES:
            return Locked(digest, _platforms(_json(image, answer).get("manifests")))
        if kind not in _MANIFESTS:
            raise Unusable(f"{image}: its manifest is of the type {kind or 'unknown'}, which is no image")
        return Locked(digest, {self._platform(image, _json(image, answer)): digest})

    def _platform(self, image: Reference, manifest: dict[str, Any]) -> str:
        """An image without an index tells its platform in its configuration alone."""
        config = str((manifest.get("config") or {}).get("digest"))
        answer = self._get(image, f"blobs/{config}", ("*/*",))
        _checked(image, answer, config)
        return _platform(_json(image, answer))

    def _get(self, image: Reference, what: str, accepted: Collection[str]) -> requests.Response:
        scheme = "http" if image.domain in self._plain else "https"
        url = f"{scheme}://{_SERVERS.get(image.domain, image.domain)}/v2/{image.path}/{what}"
        headers = {"Accept": ", ".join(accepted)}
        place = (image.domain, image.path)
        if place in self._authorizations:
            headers["Authorization"] = self._authorizations[place]
        answer = self._asked(image, url, headers)
        if answer.status_code == requests.codes.unauthorized:
            self._authorizations[place] = headers["Authorization"] = self._authorization(image, answer)
            answer = self._asked(image, url, headers)
        if not answer.ok:
            raise Unusable(f"{image}: {image.domain} answers {answer.status_code} {_said(answer)}")
        return answer

    def _asked(self, image: Reference, url: str, headers: dict[str, str], **more: Any) -> requests.Response:
        data = more.get("data")
        try:
            return self._session.request(
                "POST" if data else "GET", url, headers=headers, timeout=_TIMEOUT, verify=self._verify, **more
            )
        except requests.RequestException as error:
            raise Unusable(f"{image}: {urlsplit(url).netloc} can't be reached ({_cause(error)})") from error

    def _authorization(self, image: Reference, refusal: requests.Response) -> str:
        """What the registry wants to see: the login itself, or a token that its identity service gives for it."""
        kind, _, rest = refusal.headers.get("WWW-Authenticate", "").partition(" ")
        login = self._credentials.of(image.domain)
        if kind.lower() == "basic" and login:
            return _basic(login)
        if kind.lower() == "bearer":
            return f"Bearer {self._token(image, parse_dict_header(rest), login)}"
        raise Unusable(f"{image}: {image.domain} wants a login, and Docker's configuration has none for it")

    def _token(self, image: Reference, challenge: dict[str, Any], login: Login | None) -> str:
        realm = str(challenge.get("realm"))
        service = urlsplit(realm)
        if service.scheme != "https" and not (service.scheme == "http" and _is_loopback(service.hostname or "")):
            raise Unusable(f"{image}: {image.domain} sends for a token to {realm}, which is not https")
        asked = {"service": str(challenge.get("service") or ""), "scope": f"repository:{image.path}:pull"}
        if login and login.identity:
            form = {"grant_type": "refresh_token", "refresh_token": login.identity, "client_id": "policies", **asked}
            answer = self._asked(image, realm, {}, data=form)
        else:
            answer = self._asked(image, realm, {"Authorization": _basic(login)} if login else {}, params=asked)
        if not answer.ok:
            raise Unusable(f"{image}: {service.netloc} gives no token: {answer.status_code} {_said(answer)}")
        told = _json(image, answer)
        return str(told.get("token") or told.get("access_token") or "")


def _basic(login: Login) -> str:
    return f"Basic {base64.b64encode(f'{login.user}:{login.password}'.encode()).decode()}"


def _checked(image: Reference, answer: requests.Response, wanted: str | None) -> str:
    """The digest of what came, which has to be the one that was asked for and the one that the registry states."""
    digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
    stated = wanted or answer.headers.get("Docker-Content-Digest") or digest
    if stated != digest and stated.startswith("sha256:"):
        raise Unusable(f"{image}: {image.domain} sent {digest} for {stated}")
    return digest


def _platforms(manifests: Any) -> dict[str, str]:
    """Without what is no image, such as attestations, whose platform is `unknown`."""
    listed = [one for one in manifests or () if isinstance(one, dict) and isinstance(one.get("platform"), dict)]
    found = {_platform(one["platform"]): str(one.get("digest")) for one in listed}
    return {platform: digest for platform, digest in found.items() if not platform.startswith("unknown/")}


def _platform(told: dict[str, Any]) -> str:
    parts = (told.get("os") or "unknown", told.get("architecture") or "unknown", told.get("variant"))
    return "/".join(part for part in parts if part)


def _json(image: Reference, answer: requests.Response) -> dict[str, Any]:
    try:
        told = json.loads(answer.content)
    except ValueError as error:
        raise Unusable(f"{image}: {urlsplit(answer.url).netloc} sent what is no JSON") from error
    return told if isinstance(told, dict) else {}


def _said(answer: requests.Response) -> str:
    """The registry's own words, if they have the form that the API gives them."""
    try:
        errors = json.loads(answer.content)["errors"]
        return "; ".join(f"{one.get('code')}: {one.get('message')}" for one in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.reason or ""


def _cause(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted: name the authority's file with --ca"
    return type(error).__name__


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
