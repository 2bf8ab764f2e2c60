"""`policies images list`: everything that a stack runs, with licence, source and place."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.policies.images.stack import Capture, config_map, manifests, pod, told

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def listed(capsys: Capture, *words: object) -> dict[str, dict[str, Any]]:
    _, text = told(capsys, "images", "list", *words, "--format", "json")
    return {image["image"]: image for image in json.loads(text)["images"]}


def test_each_image_comes_with_its_licence_its_source_and_every_place_that_uses_it(tmp_path: Path, capsys: Capture):
    file = manifests(tmp_path, pod("nginx:1.27"), pod("redis:7.4.1", "nginx:1.27"))
    images = listed(capsys, file)
    assert list(images) == ["docker.io/library/nginx:1.27", "docker.io/library/redis:7.4.1"]
    nginx, redis = images.values()
    assert (nginx["licence"], nginx["source"], nginx["refused"]) == ("BSD-2-Clause", "github.com/nginx/nginx", None)
    assert [use["path"] for use in nginx["uses"]] == ["spec.containers[0].image", "spec.containers[1].image"]
    assert redis["licence"] == "LicenseRef-RSALv2 OR SSPL-1.0" and "valkey" in redis["refused"]


@pytest.mark.parametrize(
    "later",
    [
        pod("nginx:1.27", env=[{"name": "JOB_IMAGE", "value": "curlimages/curl:8.16.0"}]),
        pod("nginx:1.27", args=["--executor-image=curlimages/curl:8.16.0"]),
        config_map(**{"pod.yaml": "spec:\n  containers:\n  - image: curlimages/curl:8.16.0\n"}),
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "WorkflowTemplate",
            "metadata": {"name": "t"},
            "spec": {"templates": [{"name": "a", "container": {"image": "curlimages/curl:8.16.0"}}]},
        },
    ],
    ids=["variable", "flag", "ConfigMap", "custom resource"],
)
def test_what_is_started_later_is_listed_and_said_to_be_so(tmp_path: Path, capsys: Capture, later):
    images = listed(capsys, manifests(tmp_path, pod("nginx:1.27"), later))
    assert images["docker.io/curlimages/curl:8.16.0"]["startedLater"] is True
    assert images["docker.io/library/nginx:1.27"]["startedLater"] is False


@pytest.mark.parametrize(
    "kind, spec",
    [
        ("apps/v1:Deployment", {"template": pod("nginx:1.27")}),
        ("batch/v1:CronJob", {"jobTemplate": {"spec": {"template": pod("nginx:1.27")}}}),
        ("v1:Pod", {"volumes": [{"name": "m", "image": {"reference": "nginx:1.27"}}]}),
    ],
)
def test_what_a_workload_starts_is_not_called_later(tmp_path: Path, capsys: Capture, kind, spec):
    version, _, name = kind.partition(":")
    workload = {"apiVersion": version, "kind": name, "metadata": {"name": "x"}, "spec": spec}
    assert listed(capsys, manifests(tmp_path, workload))["docker.io/library/nginx:1.27"]["startedLater"] is False


def test_a_list_with_a_gap_says_where_and_ends_with_1(tmp_path: Path, capsys: Capture):
    file = manifests(tmp_path, pod("nginx:1.27", "{{ image }}"))
    code, text = told(capsys, "images", "list", file)
    assert code == 1 and "spec.containers[1].image" in text and "1 place(s) could not be read" in text
    assert told(capsys, "images", "list", manifests(tmp_path, pod("nginx:1.27")))[0] == 0


def test_a_preview_of_the_engine_is_read_and_what_it_does_not_know_is_a_gap(tmp_path: Path, capsys: Capture):
    urn = "urn:pulumi:dev::shop::kubernetes:core/v1:Pod::web"
    steps = [
        {"op": "create", "urn": urn, "newState": resource(urn, pod("nginx:1.27", UNKNOWN))},
        {"op": "delete", "urn": urn, "oldState": resource(urn, pod("redis:7.4.1"))},
    ]
    file = tmp_path / "preview.json"
    file.write_text(json.dumps({"config": {}, "steps": steps}))
    code, text = told(capsys, "images", "list", file)
    assert code == 1 and "docker.io/library/nginx:1.27" in text and "redis" not in text
    assert "spec.containers[1].image: it is a secret, or not known before the update" in text


def resource(urn: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {"urn": urn, "custom": True, "type": "kubernetes:core/v1:Pod", "inputs": inputs}


def test_a_text_that_may_be_a_secret_is_not_quoted(tmp_path: Path, capsys: Capture):
    file = manifests(tmp_path, pod("nginx:1.27", env=[{"name": "X", "value": "db.example.org/user:hunter2"}]))
    code, text = told(capsys, "images", "list", file)
    assert code == 1 and "hunter2" not in text and "env[X]" in text


def test_a_mirrored_image_has_the_licence_of_its_origin(tmp_path: Path, capsys: Capture):
    config = tmp_path / "policies.json"
    mirrors = {"registry.example.org/m/docker.io": "docker.io"}
    config.write_text(json.dumps({"open-source-images": {"mirrors": mirrors}}))
    folder = tmp_path / "manifests"
    folder.mkdir()
    file = manifests(folder, pod("registry.example.org/m/docker.io/library/nginx:1.27"))
    (image,) = listed(capsys, file, "--config", config).values()
    assert (image["origin"], image["licence"]) == ("docker.io/library/nginx:1.27", "BSD-2-Clause")


def test_markdown_has_a_row_for_each_image(tmp_path: Path, capsys: Capture):
    text = told(capsys, "images", "list", manifests(tmp_path, pod("nginx:1.27")), "--format", "markdown")[1]
    row = "| `docker.io/library/nginx:1.27` | BSD-2-Clause | github.com/nginx/nginx | 1 | by the stack | allowed |"
    assert row in text.splitlines()
