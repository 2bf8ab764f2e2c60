"""`policies fix`: digests, a mirror and labels in manifests, with every other character as it was."""

import json
from pathlib import Path

import pytest
import yaml

from tests.unit.policies.images.stack import DIGESTS, NGINX, Capture, locked, told

DIGEST = DIGESTS[NGINX]
TEXT = """\
# Why it is here.
apiVersion: apps/v1
kind: Deployment
metadata:
    name:   web   # with a comment

spec: {template: {spec: {containers: [{name: 'a', image: 'nginx:1.27'}]}}}
---
---
apiVersion: v1
kind: Pod
metadata:
  name: tool
  labels:
    owner: others
spec:
  containers:
    - image: "nginx:1.27" # quoted
      name: b
      env:
      - {name: JOB_IMAGE, value: nginx:1.27}
      args: [--job-image=nginx:1.27, nginx:1.27-is-a-title]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "all.yaml"
    file.write_text(TEXT)
    return file


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    (tmp_path / "locks").mkdir()
    return locked(tmp_path / "locks")


def test_digests_go_behind_tags_and_nothing_else_changes(file: Path, lock: Path, capsys: Capture):
    code, text = told(capsys, "fix", file, "--lock", lock)
    assert code == 0 and text.endswith("4 change(s), 0 left\n")
    assert f"{file}:2 (web): nginx:1.27 -> nginx:1.27@{DIGEST}" in text
    fixed = file.read_text()
    assert fixed.count(DIGEST) == 4 and fixed.replace(f"@{DIGEST}", "") == TEXT


def test_what_is_fixed_stays_as_it_is(file: Path, lock: Path, capsys: Capture):
    words = ("fix", file, "--lock", lock, "--label", "owner=team", "--label", "cost-centre=12")
    told(capsys, *words)
    fixed = file.read_text()
    assert told(capsys, *words) == (0, "0 change(s), 0 left\n") and file.read_text() == fixed


def test_missing_labels_are_added_as_text_and_given_ones_are_kept(file: Path, capsys: Capture):
    told(capsys, "fix", file, "--label", "owner=team", "--label", "cost-centre=12")
    web, tool = (one for one in yaml.safe_load_all(file.read_text()) if one)
    assert web["metadata"] == {"name": "web", "labels": {"owner": "team", "cost-centre": "12"}}
    assert tool["metadata"]["labels"] == {"owner": "others", "cost-centre": "12"}
    assert "    name:   web   # with a comment\n" in file.read_text()


@pytest.mark.parametrize("metadata", [{"name": "x"}, {"name": "x", "labels": {}}, {"labels": {"a": "b"}, "name": "x"}])
def test_json_stays_json(tmp_path: Path, capsys: Capture, metadata):
    file = tmp_path / "pod.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata}))
    assert told(capsys, "fix", file, "--label", "owner=team", "--label", "example.org/cost=1")[0] == 0
    labels = json.loads(file.read_text())["metadata"]["labels"]
    assert labels == {**metadata.get("labels", {}), "owner": "team", "example.org/cost": "1"}


def test_images_come_from_the_mirror_with_the_digest_of_the_origin(file: Path, lock: Path, capsys: Capture):
    told(capsys, "fix", file, "--lock", lock, "--mirror", "registry.example.org/m")
    copy = f"registry.example.org/m/docker.io/library/nginx:1.27@{DIGEST}"
    assert file.read_text().count(copy) == 4
    again = told(capsys, "fix", file, "--mirror", "registry.example.org/m")
    assert again == (0, "0 change(s), 0 left\n")


def test_a_check_writes_nothing_and_ends_with_1_if_anything_is_to_be_done(file: Path, lock: Path, capsys: Capture):
    assert told(capsys, "fix", file, "--lock", lock, "--check")[0] == 1 and file.read_text() == TEXT
    told(capsys, "fix", file, "--lock", lock)
    assert told(capsys, "fix", file, "--lock", lock, "--check")[0] == 0


def test_an_image_that_is_merged_in_is_changed_where_it_stands_or_left_to_people(
    tmp_path: Path, lock: Path, capsys: Capture
):
    file = tmp_path / "merged.yaml"
    file.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n"
        "  initContainers:\n  - &a {name: i, image: nginx:1.27}\n"
        "  containers:\n  - <<: *a\n    name: c\n  ephemeralContainers:\n  - *a\n"
    )
    code, text = told(capsys, "fix", file, "--lock", lock)
    assert code == 1 and "left, since it does not stand there as such" in text
    pod = yaml.safe_load(file.read_text())["spec"]
    assert {c["image"] for kind in pod.values() for c in kind} == {f"nginx:1.27@{DIGEST}"}


@pytest.mark.parametrize(
    "words, problem",
    [(("--label", "a b=c"), "is no label"), (("--mirror", "m"), "is no registry"), (("--lock", "none"), "can't be")],
)
def test_a_remedy_that_means_nothing_is_refused(file: Path, capsys: Capture, words, problem):
    code, text = told(capsys, "fix", file, *words)
    assert code == 2 and problem in text and file.read_text() == TEXT


def test_what_the_engine_wrote_is_not_edited(tmp_path: Path, capsys: Capture):
    file = tmp_path / "state.json"
    resource = {"urn": "urn:pulumi:a::b::kubernetes:core/v1:Pod::p", "custom": True, "type": "kubernetes:core/v1:Pod"}
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": [resource]}}))
    code, text = told(capsys, "fix", file, "--label", "a=b")
    assert code == 2 and "fix the program" in text
