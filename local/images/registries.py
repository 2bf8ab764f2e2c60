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

TOOLS = "/run/tools"
WHEELS = "/run/wheels"
"""Where a build step sees uv, and the wheels that were fetched before."""

CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
FROM_PIP = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_DEFAULT_TIMEOUT": "UV_HTTP_TIMEOUT",
}
OF_UV = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def settings() -> str:
    """A shell fragment that a build step reads as a secret: this machine's indexes, proxies and certificates."""
    chosen = {FROM_PIP[name]: value for name, value in os.environ.items() if name in FROM_PIP}
    for name, value in os.environ.items():
        if name.startswith(OF_UV) or name.lower() in PROXIES:
            chosen[name] = value
    chosen |= {"UV_CACHE_DIR": WHEELS, "UV_LINK_MODE": "copy", "UV_NO_PROGRESS": "1"}
    if _certificates().is_file():
        chosen["SSL_CERT_FILE"] = f"{TOOLS}/certificates.crt"
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(chosen.items())]
    return "\n".join([*lines, f'export PATH="{TOOLS}/bin:$PATH"', ""])


def tools(folder: Path) -> Path:
    """A folder with uv, from its hash-locked wheel, and this machine's certificates, to mount into a build."""
    ready = folder / f"tools-{hashlib.sha256(UV_LOCK.read_bytes()).hexdigest()[:16]}"
    if not ready.exists():
        partial = ready.with_suffix(".partial")
        locked = ["--no-deps", "--require-hashes", "--requirement", str(UV_LOCK)]
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(partial), *locked]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise LocalError(f"uv cannot be installed: {done.stderr.strip()}", "check pip's settings, then try again")
        partial.rename(ready)
    if _certificates().is_file():
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
    command = ["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(SITE)", "Created-By: Packages"]
    found = [line.split() for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()]
    releases = (suite, f"{suite}-updates", f"{suite}-security")
    return [f"deb {site} {release} main" for release, part, site in found if release in releases and part == "main"]


def _certificates() -> Path:
    return Path(os.environ.get("SSL_CERT_FILE") or os.environ.get("PIP_CERT") or CERTIFICATES)
