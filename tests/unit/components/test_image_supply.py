"""Where a stack has its images from: one setting moves all of them to a mirror, another gives them their digests."""

import json
import runpy
from collections.abc import Iterator
from pathlib import Path

import pulumi
import pytest
import yaml
from pydantic import ValidationError

from components.catalog import ImageSettings, choose, image, names
from policies.images.mirror import Mirror
from policies.open_source.images import images
from policies.open_source.references import parse
from policies.open_source.rule import judge
from policies.open_source.subjects import subjects
from tests.recording import Engine

KEY = "exquisite-mlops:environment"
DIGEST = f"sha256:{'d' * 64}"


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    yield
    choose(ImageSettings())
    pulumi.runtime.set_all_config({})


def lock(folder: Path, *left_out: str) -> str:
    file = folder / "images.lock.json"
    locked = [image(name).tagged for name in names() if name not in left_out]
    file.write_text(json.dumps({"images": {name: {"digest": DIGEST, "platforms": {}} for name in locked}}))
    return str(file)


def run_by(settings: dict[str, str]) -> set[str]:
    """Every image of the local stack with these settings, those that are started later included."""
    raw = yaml.safe_load(Path("stacks/Pulumi.local.yaml").read_text())["config"][KEY]
    pulumi.runtime.set_all_config({KEY: json.dumps({**raw, "images": settings})})
    engine = Engine()
    engine.build(lambda: runpy.run_path("__main__.py"))
    return {
        str(subject.reference)
        for made in engine.made
        for subject in subjects(images(made.type, made.inputs), judge({}).knows)
        if subject.reference
    }


def test_two_settings_move_every_image_of_the_stack_to_the_mirror_and_give_it_its_digest(tmp_path: Path):
    there = run_by({"mirror": "registry.example.org/m", "lock": lock(tmp_path)})
    assert [image for image in there if not image.startswith("registry.example.org/m/")] == [] and len(there) > 15
    assert [image for image in there if not image.endswith(f"@{DIGEST}")] == []


def test_both_together_are_the_copy_with_the_digest_of_the_original(tmp_path: Path):
    choose(ImageSettings(mirror="registry.example.org", lock=lock(tmp_path)))
    assert image("nginx").reference == f"registry.example.org/docker.io/library/nginx:{image('nginx').version}@{DIGEST}"


def test_an_image_that_the_lock_lacks_keeps_its_tag_until_the_lock_is_made_anew(tmp_path: Path):
    choose(ImageSettings(lock=lock(tmp_path, "nginx")))
    assert image("nginx").digest is None and image("curl").digest == DIGEST


@pytest.mark.parametrize("name", names())
def test_the_program_and_the_copy_list_mean_the_same_place(name: str):
    origin = parse(image(name).reference)
    choose(ImageSettings(mirror="registry.example.org:5000/m"))
    assert image(name).repository == Mirror("registry.example.org:5000/m").repository(origin)


@pytest.mark.parametrize("text", ["{", "[]", '{"images": []}', None])
def test_a_lock_that_cannot_be_read_ends_the_program_and_says_which(tmp_path: Path, text: str | None):
    file = tmp_path / "images.lock.json"
    if text:
        file.write_text(text)
    choose(ImageSettings(lock=str(file)))
    with pytest.raises(pulumi.RunError, match=r"environment\.images\.lock: .*images\.lock\.json"):
        image("nginx")


@pytest.mark.parametrize(
    "place", ["mirror", "registry.example.org/", "Registry.example.org/M", "https://r.example.org"]
)
def test_a_mirror_that_is_no_registry_is_refused(place: str):
    with pytest.raises(ValidationError, match="write a registry"):
        ImageSettings(mirror=place)
