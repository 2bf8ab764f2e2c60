"""What a registry's user is called there, from the configuration that `docker login` and its kin write."""

import base64
import binascii
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..outside.errors import Unusable

_HUB, _HUB_KEY = "docker.io", "https://index.docker.io/v1/"
_TOKEN_USER = "<token>"
_HELPER_SECONDS = 30


@dataclass(frozen=True)
class Login:
    """A name and a password, or a refresh token of the registry's identity service in place of both."""

    user: str
    password: str
    identity: str = ""

    def __repr__(self) -> str:
        return f"Login({self.user!r})"


class Credentials:
    """The logins of one configuration file."""

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self._config = config or {}

    @classmethod
    def load(cls, folder: Path | None = None) -> "Credentials":
        """From `folder`, or from where Docker has it; without a file there are none. Raises Unusable."""
        folder = folder or Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
        file = folder / "config.json"
        if not file.exists():
            return cls()
        try:
            config = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Unusable(f"{file}: can't be read as JSON ({error.__class__.__name__})") from error
        return cls(config if isinstance(config, dict) else {})

    def of(self, domain: str) -> Login | None:
        """The login for this registry, from a helper if one is named for it."""
        keys = (_HUB_KEY, _HUB) if domain == _HUB else (domain, f"https://{domain}")
        helpers = self._config.get("credHelpers") or {}
        for key in keys:
            helper = helpers.get(key) or self._config.get("credsStore")
            if found := _asked(helper, key) if helper else self._written(key):
                return found
        return next((found for key in keys if (found := self._written(key))), None)

    def _written(self, key: str) -> Login | None:
        entry = (self._config.get("auths") or {}).get(key) or {}
        identity = entry.get("identitytoken", "")
        try:
            user, colon, password = base64.b64decode(entry.get("auth", ""), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Unusable(f"Docker's configuration: `auth` of {key} is not base64 of `user:password`") from error
        return Login(user, password.rstrip("\0"), identity) if colon or identity else None


def _asked(helper: str, key: str) -> Login | None:
    """Docker's protocol: the registry goes in, JSON comes out, and failure means that there is no login."""
    try:
        done = subprocess.run(
            [f"docker-credential-{helper}", "get"], input=key, capture_output=True, text=True, timeout=_HELPER_SECONDS
        )
        told = json.loads(done.stdout) if done.returncode == 0 else {}
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    user, secret = told.get("Username", ""), told.get("Secret", "")
    return Login("", "", secret) if user == _TOKEN_USER else Login(user, secret) if secret else None
