"""A real registry on loopback, and images small enough to be pushed by hand."""

import base64
import datetime
import hashlib
import ipaddress
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.engine.server import free_port

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ISSUER = "token service of the tests"
CONFIG = "application/vnd.oci.image.config.v1+json"


@dataclass(frozen=True)
class Authority:
    """Signs for itself: the registry's own certificate, and the tokens that it believes."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls) -> "Authority":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry of the tests")])
        now = datetime.datetime.now(datetime.UTC)
        loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        lasting = built.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(1))
        usable = lasting.add_extension(loopback, critical=False).add_extension(x509.BasicConstraints(True, None), True)
        return cls(key, usable.sign(key, hashes.SHA256()))

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Certificate and key, as the registry reads them."""
        files = folder / "certificate.pem", folder / "key.pem"
        files[0].write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        kind = serialization.PrivateFormat.TraditionalOpenSSL
        files[1].write_bytes(self.key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()))
        return files

    def token(self, service: str, repository: str, *actions: str) -> str:
        """Lets its bearer do that in the repository, in the form that the distribution project describes."""
        chain = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": "someone", "aud": service, "jti": "1", "iat": now, "nbf": now - 9}
        claims |= {"exp": now + 300, "access": [{"type": "repository", "name": repository, "actions": actions}]}
        body = ".".join(_url64(json.dumps(part).encode()) for part in ({"alg": "RS256", "x5c": [chain]}, claims))
        return f"{body}.{_url64(self.key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@contextmanager
def registry(program: Path, folder: Path, **settings: Any) -> Iterator[str]:
    """host:port of a registry that keeps all in memory; `settings` are those of its configuration file."""
    port = free_port()
    http = {"addr": f"127.0.0.1:{port}", "secret": "s", **settings.pop("http", {})}
    whole = {"version": "0.1", "log": {"level": "error"}, "storage": {"inmemory": {}}, "http": http, **settings}
    file = folder / "config.yml"
    file.write_text(json.dumps(whole))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([str(program), "serve", str(file)], stdout=log, stderr=log)
    try:
        scheme = "https" if "tls" in http else "http"
        _answers(f"{scheme}://127.0.0.1:{port}/v2/", process, folder / "log")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def token_service(authority: Authority, service: str, password: str) -> Iterator[tuple[str, list[str]]]:
    """Its URL, and the scopes that it was asked for by who knew the password."""
    asked: list[str] = []

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = requests.utils.urlparse(self.path).query
            scope = requests.utils.unquote(dict(pair.split("=", 1) for pair in query.split("&"))["scope"])
            known = f"Basic {base64.b64encode(f'someone:{password}'.encode()).decode()}"
            if self.headers.get("Authorization") != known:
                self.send_error(401)
                return
            asked.append(scope)
            body = json.dumps({"token": authority.token(service, *scope.split(":")[1:])}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: Any) -> None:
            """Nothing to say."""

    server = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/token", asked
    server.shutdown()
    server.server_close()


class Pusher(requests.Session):
    """Pushes images of no layer at all: a configuration that says the platform, and a manifest."""

    def __init__(self, base: str, **options: Any) -> None:
        super().__init__()
        self.trust_env = False  # or else a variable of this machine would say whom to trust
        self.base = base
        for key, value in options.items():
            setattr(self, key, value)

    def image(self, path: str, tag: str, architecture: str) -> str:
        """The digest of an image for Linux on that architecture."""
        config = json.dumps({"os": "linux", "architecture": architecture, "rootfs": {"type": "layers"}}).encode()
        place = self.post(f"{self.base}/v2/{path}/blobs/uploads/").headers["Location"]
        target = place if "://" in place else self.base + place
        self.put(target, params={"digest": digest(config)}, data=config).raise_for_status()
        described = {"mediaType": CONFIG, "digest": digest(config), "size": len(config)}
        return self._manifest(path, tag, MANIFEST, {"config": described, "layers": []})

    def index(self, path: str, tag: str, *architectures: str) -> tuple[str, dict[str, str]]:
        """The digest of an index, and of what it leads to on each platform."""
        each = {f"linux/{one}": self.image(path, f"{tag}-{one}", one) for one in architectures}
        listed = [
            {"mediaType": MANIFEST, "digest": each[f"linux/{one}"], "size": 1, "platform": _platform(one)}
            for one in architectures
        ]
        return self._manifest(path, tag, INDEX, {"manifests": listed}), each

    def _manifest(self, path: str, tag: str, kind: str, content: dict[str, Any]) -> str:
        body = json.dumps({"schemaVersion": 2, "mediaType": kind, **content}).encode()
        answer = self.put(f"{self.base}/v2/{path}/manifests/{tag}", data=body, headers={"Content-Type": kind})
        answer.raise_for_status()
        return digest(body)


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _platform(architecture: str) -> dict[str, str]:
    return {"os": "linux", "architecture": architecture}


def _url64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text()
        try:
            requests.get(url, verify=False, timeout=5)
            return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
    raise AssertionError(log.read_text())
