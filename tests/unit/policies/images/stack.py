"""A small stack as manifests, and the commands on it as a user types them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.__main__ import main

Capture = pytest.CaptureFixture[str]

NGINX, VALKEY = "docker.io/library/nginx:1.27", "docker.io/valkey/valkey:9.1.2"
DIGESTS = {NGINX: f"sha256:{'a' * 64}", VALKEY: f"sha256:{'b' * 64}"}


def pod(*images: str, **container: Any) -> dict[str, Any]:
    containers = [{"name": f"c{index}", "image": image, **container} for index, image in enumerate(images)]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": containers}}


def config_map(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data}


def manifests(folder: Path, *objects: Any) -> Path:
    file = folder / "all.yaml"
    file.write_text(yaml.safe_dump_all(objects))
    return file


def locked(folder: Path) -> Path:
    file = folder / "images.lock.json"
    images = {name: {"digest": digest, "platforms": {"linux/amd64": digest}} for name, digest in DIGESTS.items()}
    file.write_text(json.dumps({"images": images}))
    return file


def told(capsys: Capture, *words: object) -> tuple[int, str]:
    code = main([*map(str, words)])
    written = capsys.readouterr()
    return code, written.out + written.err
