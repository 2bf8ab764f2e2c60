"""`policies images copies`: the way into an air-gapped mirror, and that the packs know the copies."""

import json
from pathlib import Path

import pytest
import yaml

from policies.images.mirror import Mirror
from policies.open_source.references import parse
from tests.unit.policies.images.stack import DIGESTS, NGINX, Capture, locked, manifests, pod, told

MIRROR = "registry.example.org/m"
PINNED = f"docker.io/library/redis@sha256:{'c' * 64}"


def test_a_line_for_each_image_goes_from_the_locked_digest_to_the_tag_in_the_mirror(tmp_path: Path, capsys: Capture):
    lock, file = locked(tmp_path), manifests(tmp_path, pod("nginx:1.27", "nginx:1.27", "quay.io/a/b:2", PINNED))
    code, text = told(capsys, "images", "copies", file, "--to", MIRROR, "--lock", lock)
    assert code == 0 and text.splitlines() == [
        f"docker.io/library/nginx@{DIGESTS[NGINX]} {MIRROR}/docker.io/library/nginx:1.27",
        f"{PINNED} {MIRROR}/docker.io/library/redis:sha256-{'c' * 64}",
        f"quay.io/a/b:2 {MIRROR}/quay.io/a/b:2",
    ]


@pytest.mark.parametrize(
    "tool, line",
    [
        (
            "skopeo",
            "skopeo copy --all --preserve-digests docker://docker.io/library/nginx:1.27 "
            f"docker://{MIRROR}/docker.io/library/nginx:1.27",
        ),
        ("crane", f"crane copy docker.io/library/nginx:1.27 {MIRROR}/docker.io/library/nginx:1.27"),
    ],
)
def test_the_list_is_written_for_the_tools_that_copy(tmp_path: Path, capsys: Capture, tool: str, line: str):
    file = manifests(tmp_path, pod("nginx:1.27"))
    assert told(capsys, "images", "copies", file, "--to", MIRROR, "--format", tool)[1] == f"{line}\n"


def test_oc_mirror_gets_an_image_set(tmp_path: Path, capsys: Capture):
    file = manifests(tmp_path, pod("nginx:1.27"))
    text = told(capsys, "images", "copies", file, "--to", MIRROR, "--format", "oc-mirror")[1]
    assert yaml.safe_load(text)["mirror"]["additionalImages"] == [{"name": NGINX}]


def test_with_the_settings_for_the_packs_a_copy_is_judged_as_its_original(tmp_path: Path, capsys: Capture):
    images = ["nginx:1.27", "redis:7.4.1", "localhost:5000/library/redis:7.4.1"]
    original, folder = manifests(tmp_path, pod(*images)), tmp_path / "mirrored"
    config = tmp_path / "policies.json"
    config.write_text(told(capsys, "images", "copies", original, "--to", MIRROR, "--format", "settings")[1])
    folder.mkdir()
    copies = [f"{Mirror(MIRROR).repository(parse(image))}:{parse(image).tag}" for image in images]
    code, text = told(capsys, "check", manifests(folder, pod(*copies[:2])), "--config", config)
    lines = [line for line in text.splitlines() if "refused by open-source-images" in line or "allowed-reg" in line]
    assert code == 1 and len(lines) == 1 and "redis:7.4.1" in lines[0] and "SSPL" in lines[0]
    assert (
        "localhost-5000" in copies[2]
        and json.loads(config.read_text())["open-source-images"]["mirrors"][f"{MIRROR}/localhost-5000"]
        == "localhost:5000"
    )


@pytest.mark.parametrize("place", ["", "mirror", "Registry.example.org/UPPER", "https://registry.example.org"])
def test_a_place_that_is_no_registry_is_refused(tmp_path: Path, capsys: Capture, place: str):
    code, text = told(capsys, "images", "copies", manifests(tmp_path, pod("nginx:1.27")), "--to", place)
    assert code == 2 and "is no registry to copy to" in text


def test_no_list_is_made_of_what_could_only_be_read_in_part(tmp_path: Path, capsys: Capture):
    code, text = told(capsys, "images", "copies", manifests(tmp_path, pod("{{ x }}")), "--to", MIRROR)
    assert code == 2 and "some image may be missing" in text
