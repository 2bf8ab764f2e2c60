"""docs/how-to/air-gap.md, step by step, on two real registries: the internet's stand-in, and the site's own."""

import json
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pulumi
import pytest
import requests

from components.catalog import ImageSettings, choose
from local import toolchain
from policies.__main__ import main
from reference.programs import environment, run
from tests.documents import ROOT
from tests.engine.registry import Pusher, registry

RULES = ("open-source-images", "pinned-images", "allowed-registries")
PLATFORMS = ("amd64", "arm64")
_KINDS = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(scope="module")
def program() -> Path:
    return toolchain.build(toolchain.TOOLS, print) / "registry"


@pytest.fixture
def registries(program: Path, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The first stands for all public registries: `docker.io/library/x` is `docker.io/library/x` below its address."""
    for name in ("internet", "site"):
        (tmp_path / name).mkdir()
    with registry(program, tmp_path / "internet") as internet, registry(program, tmp_path / "site") as site:
        yield internet, site


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    yield
    choose(ImageSettings())
    pulumi.runtime.set_all_config({})


def preview(file: Path, **images: str) -> Path:
    """What `pulumi preview --json --show-sames` prints of the racks, with these settings of images."""
    engine = run({**environment(Path("stacks/Pulumi.onprem.yaml")), **({"images": images} if images else {})})
    states = [
        {
            "urn": f"urn:pulumi:onprem::exquisite-mlops::{made.type}::{made.name}",
            "type": made.type,
            "custom": not made.type.startswith("mlops:"),
            "inputs": made.inputs,
        }
        for made in engine.made
    ]
    file.write_text(json.dumps({"steps": [{"op": "create", "newState": state} for state in states]}))
    return file


def said(*words: object, code: int = 0) -> str:
    """What the command prints, once it has ended with that code."""
    told = StringIO()
    with redirect_stdout(told):
        assert main([*map(str, words)]) == code, told.getvalue()
    return told.getvalue()


def copy(source: str, target: str) -> None:
    """As `skopeo copy --all --preserve-digests` does it: every platform, byte by byte."""
    with requests.Session() as session:
        session.trust_env = False
        (host, path, reference), (there, to, tag) = map(_taken_apart, (source, target))
        body = session.get(f"http://{host}/v2/{path}/manifests/{reference}", headers={"Accept": _KINDS})
        body.raise_for_status()
        manifest = body.json()
        for one in manifest.get("manifests", []):
            copy(f"{host}/{path}@{one['digest']}", f"{there}/{to}@{one['digest']}")
        for blob in [manifest["config"], *manifest["layers"]] if "config" in manifest else []:
            content = session.get(f"http://{host}/v2/{path}/blobs/{blob['digest']}").content
            place = session.post(f"http://{there}/v2/{to}/blobs/uploads/").headers["Location"]
            session.put(place, params={"digest": blob["digest"]}, data=content).raise_for_status()
        headers = {"Content-Type": body.headers["Content-Type"]}
        session.put(f"http://{there}/v2/{to}/manifests/{tag}", data=body.content, headers=headers).raise_for_status()


def refused(plan: Path, settings: Path) -> list[str]:
    """By the rules on images alone: a plan that no engine has made lacks what other rules look for."""
    told = StringIO()
    with redirect_stdout(told):
        main(["check", str(plan), "--config", str(settings), "--format", "json"])
    return [found["message"] for found in json.loads(told.getvalue()) if found["rule"] in RULES]


def test_the_page_says_what_is_done_here():
    page = (ROOT / "docs/how-to/air-gap.md").read_text(encoding="utf-8")
    assert "images.mirror" in page and "images.lock" in page and "../images.md#a-mirror-without-the-internet" in page
    assert "skopeo copy --all --preserve-digests" in (ROOT / "docs/images.md").read_text(encoding="utf-8")


def test_a_site_takes_every_image_of_its_stack_from_its_own_registry(registries: tuple[str, str], tmp_path: Path):
    internet, site = registries
    mirror, lock, plan = f"{site}/mirror", tmp_path / "images.lock.json", preview(tmp_path / "preview.json")
    names = [one["image"] for one in json.loads(said("images", "list", plan, "--format", "json"))["images"]]
    assert len(names) > 20
    pusher = Pusher(f"http://{internet}")
    for name in names:
        path, _, tag = name.rpartition(":")
        pusher.index(path, tag, *PLATFORMS)

    # Digests: the names lead to the stand-in while they are resolved, since the public registries are not to be had.
    asked = tmp_path / "asked.json"
    asked.write_text(_led(plan.read_text(), names, internet))
    known = tmp_path / "known.json"
    stand_in = {"repository": f"{internet}/*", "licence": "Apache-2.0", "source": "example.org/stand-in"}
    known.write_text(json.dumps({"open-source-images": {"additions": [stand_in]}}))
    wanted = [word for one in PLATFORMS for word in ("--platform", f"linux/{one}")]
    said("images", "lock", asked, "--config", known, "--lock", lock, "--plain-http", internet, *wanted)
    lock.write_text(lock.read_text().replace(f"{internet}/", ""))
    assert set(json.loads(lock.read_text())["images"]) == set(names)

    # The list, by digests, and the copies.
    listed = json.loads(said("images", "copies", plan, "--to", mirror, "--lock", lock, "--format", "json"))
    assert {one["target"] for one in listed} == {f"{mirror}/{name}" for name in names}
    assert all("@sha256:" in one["source"] for one in listed)
    for one in listed:
        copy(f"{internet}/{one['source']}", one["target"])

    # The packs know the copies, and every other registry is refused from here on.
    settings = tmp_path / "policies.json"
    rules = json.loads(said("images", "copies", plan, "--to", mirror, "--format", "settings"))
    settings.write_text(json.dumps({**rules, "pinned-images": {"requireDigest": True}}))
    there = preview(tmp_path / "there.json", mirror=mirror, lock=str(lock))
    assert refused(there, settings) == []
    assert any("docker.io" in message for message in refused(plan, settings))

    # What the stack asks for is there, byte for byte what was locked.
    runs = json.loads(said("images", "list", there, "--config", settings, "--format", "json"))["images"]
    assert len(runs) == len(names)
    for one in runs:
        name, _, digest = one["image"].partition("@")
        assert name.startswith(f"{mirror}/") and digest, one["image"]
        _, path, _ = _taken_apart(f"{name.rpartition(':')[0]}@{digest}")
        answer = requests.get(f"http://{site}/v2/{path}/manifests/{digest}", headers={"Accept": _KINDS}, timeout=60)
        assert answer.status_code == 200 and answer.headers["Docker-Content-Digest"] == digest, one["image"]


def _led(text: str, names: list[str], internet: str) -> str:
    """With every image below the stand-in, whichever form the plan gives it."""
    for name in sorted(names, key=len, reverse=True):
        repository = name.rpartition(":")[0]
        text = re.sub(rf"(?<![\w/.-]){re.escape(repository)}(?![\w/-])", f"{internet}/{repository}", text)
    return text


def _taken_apart(image: str) -> tuple[str, str, str]:
    """Registry, repository, and tag or digest."""
    host, _, rest = image.partition("/")
    path, _, reference = rest.partition("@") if "@" in rest else rest.rpartition(":")
    return host, path, reference
