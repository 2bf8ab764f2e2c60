"""Debian packages that a part of the embedded environment needs, installed when they are missing."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable

from local.errors import LocalError

Say = Callable[[str], None]

_ONE_AT_A_TIME = threading.Lock()  # apt fails where another one runs


def ensure(packages: list[str], say: Say) -> None:
    """Install those of `packages` that are missing. Raises LocalError where that needs root or apt."""
    with _ONE_AT_A_TIME:
        missing = [package for package in packages if not _installed(package)]
        if missing:
            _install(missing, say)


def _install(missing: list[str], say: Say) -> None:
    if shutil.which("apt-get") is None:
        raise LocalError(
            f"{', '.join(missing)} not installed and there is no apt-get",
            "install these, or point KUBECONFIG at a cluster that you have",
        )
    if os.geteuid() != 0:
        raise LocalError(f"installing {', '.join(missing)} needs root", "run as root, or install them first")
    say(f"apt-get install {' '.join(missing)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-qqy", "--no-install-recommends", *missing]):
        done = subprocess.run(command, env=quiet, capture_output=True, text=True)
        if done.returncode:
            raise LocalError(
                f"{' '.join(command)} failed: {done.stderr.strip().splitlines()[-1:]}",
                "check the package sources, then run it again",
            )


def _installed(package: str) -> bool:
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package], capture_output=True, text=True)
    return done.stdout == "installed"
