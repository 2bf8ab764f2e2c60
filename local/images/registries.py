"""How builds reach the registries: as this machine does, and without a trace of it in the images."""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from local.errors import LocalError
from local.images.recipe import UV_LOCK

CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
TOOLS = "/run/tools"
WHEELS = "/run/wheels"
"""Where a build step sees uv, and the wheels that it has fetched before."""

_INDEX = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL": "UV_INDEX", "PIP_DEFAULT_TIMEOUT": "UV_HTTP_TIMEOUT"}
_UV = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def settings() -> str:
    """A shell fragment that a build step reads as a secret: this machine's indexes, proxies and certificates, for uv."""
    chosen = {"UV_HTTP_TIMEOUT": "180"} | {_INDEX[name]: value for name, value in os.environ.items() if name in _INDEX}
    for name, value in os.environ.items():
        if name.startswith(_UV) or name.lower() in _PROXIES:
            chosen[name] = value
    chosen |= {"UV_CACHE_DIR": WHEELS, "UV_LINK_MODE": "copy", "UV_NO_PROGRESS": "1", "PATH": f"{TOOLS}/bin:$PATH"}
    if Path(_certificates()).is_file():
        chosen["SSL_CERT_FILE"] = f"{TOOLS}/certificates.crt"
    return "".join(f"export {name}={_quoted(value)}\n" for name, value in sorted(chosen.items()))


def tools(folder: Path) -> Path:
    """A folder with uv, from its hash-locked wheel, and this machine's certificates, to mount into a build."""
    ready = folder / f"tools-{hashlib.sha256(UV_LOCK.read_bytes()).hexdigest()[:16]}"
    if not ready.exists():
        partial = ready.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--target",
                   str(partial), "--requirement", str(UV_LOCK)]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise LocalError(f"uv cannot be installed: {done.stderr.strip()}", "check pip's index settings, then try again")
        partial.rename(ready)
    if Path(_certificates()).is_file():
        shutil.copyfile(_certificates(), ready / "certificates.crt")
    return ready


def wheels(ready: Path) -> Path:
    """uv's cache on this machine, so that a build fetches only what no environment here has fetched before."""
    done = subprocess.run([ready / "bin" / "uv", "cache", "dir"], capture_output=True, text=True, check=True)
    cache = Path(done.stdout.strip())
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def debian(suite: str) -> list[str]:
    """This machine's own sources of a Debian release and its updates; empty where it is of another release."""
    layout = "$(RELEASE) $(COMPONENT) $(SITE)"
    done = subprocess.run(["apt-get", "indextargets", "--format", layout, "Created-By: Packages"], capture_output=True, text=True)
    found = [line.split() for line in done.stdout.splitlines()]
    releases = (suite, f"{suite}-updates", f"{suite}-security")
    return [f"deb {site} {release} {part}" for release, part, site in found if release in releases and part == "main"]


def _certificates() -> str:
    return os.environ.get("SSL_CERT_FILE") or os.environ.get("PIP_CERT") or CERTIFICATES


def _quoted(value: str) -> str:
    return f'"{value}"' if value.endswith(":$PATH") else shlex.quote(value)
