"""A folder in which a page's commands run: with the packs beside it, and stand-ins for programs that need a cluster."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.documents import ROOT
from tests.unit.policies.outside.test_check import GOOD, state

_PULUMI = """
words = sys.argv[1:]
if "--event-log" in words:
    shutil.copy(here / "events", words[words.index("--event-log") + 1])
elif words[:2] == ["preview", "--json"]:
    print((here / "preview").read_text())
elif words[:2] == ["stack", "export"]:
    print((here / "state.json").read_text())
else:
    sys.exit(f"the stand-in for pulumi knows nothing of {words}")
"""
_HELM = "print((here / 'manifests').read_text())"
_KUBECTL = """
objects = [one["kind"] for one in yaml.safe_load_all(sys.stdin)]
sys.exit(None if "ValidatingAdmissionPolicy" in objects else f"applied only {objects}")
"""
_MAKE = "print((here / 'endpoints').read_text()) if sys.argv[1:] == ['--silent', 'endpoints'] else sys.exit(1)"
_STAND_INS = {"pulumi": _PULUMI, "helm": _HELM, "kubectl": _KUBECTL, "make": _MAKE}
ENDPOINTS = {"mlflow": {"url": "http://mlflow.test", "username": "admin", "password": "the-password"}}


@dataclass(frozen=True)
class Sandbox:
    """`folder` is where commands run."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Sandbox":
        """What the commands read: good manifests, a state, a preview with one image that is not open source."""
        work, here, programs = folder / "work", folder / "here", folder / "programs"
        for one in (work, here, programs, work / "manifests"):
            one.mkdir()
        (work / "manifests/all.yaml").write_text(yaml.safe_dump(GOOD))
        (work / "policies.json").write_text(json.dumps({"seccomp": "advisory"}))
        (work / "images.lock.json").write_text(json.dumps({"images": {_NGINX: _LOCKED}}))
        (work / "policies").symlink_to(ROOT / "policies")
        (work / ".venv").symlink_to(ROOT / ".venv")
        (here / "manifests").write_text(yaml.safe_dump(GOOD))
        (here / "preview").write_text(json.dumps({"steps": [{"op": "create", "newState": _WEB}]}))
        (here / "events").write_text(json.dumps({"resourcePreEvent": {"metadata": {"op": "create", "new": _WEB}}}))
        (here / "endpoints").write_text(json.dumps(ENDPOINTS))
        state(here, "nginx:1.27")
        for name, body in _STAND_INS.items():
            head = f"#!{sys.executable}\nimport pathlib, shutil, sys, yaml\nhere = pathlib.Path({str(here)!r})\n"
            (programs / name).write_text(head + body)
            (programs / name).chmod(0o755)
        (programs / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        (programs / "python").chmod(0o755)
        return cls(work)

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """As a user types it into a shell; a program of a pipe that fails makes it fail."""
        path = f"{self.folder.parent / 'programs'}{os.pathsep}/usr/bin{os.pathsep}/bin"
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self.folder,
            env={"PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(self.folder)},
            capture_output=True,
            text=True,
        )


_NGINX = "docker.io/library/nginx:1.27"
_LOCKED = {"digest": f"sha256:{'a' * 64}", "platforms": {"linux/amd64": f"sha256:{'b' * 64}"}}
_WEB = {
    "urn": "urn:pulumi:dev::shop::kubernetes:apps/v1:Deployment::web",
    "custom": True,
    "type": "kubernetes:apps/v1:Deployment",
    "inputs": {
        "spec": {
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": "web",
                            "image": "nginx:1.27",
                            "env": [{"name": "JOB_IMAGE", "value": "redis:7.4.1"}],
                        }
                    ]
                }
            }
        }
    },
}
