"""What an image that was found is taken for: its tag, its path, and whether it can be judged at all."""

import json
from typing import Any

import pytest

from policies.open_source.texts import lines
from tests.unit.policies.analysis import UNKNOWN, analyze, refusals
from tests.unit.policies.hiding_places import BAD, GOOD, GOOD_SHA, SCHEMA, config_map, core, custom, env, found


@pytest.mark.parametrize("text", ["redis:$(TAG)", "{{ image }}", " {{ image }}", "${IMAGE}"])
def test_a_variable_that_is_filled_in_elsewhere_is_refused(text: str):
    messages = refusals("open-source-images", core("Pod"), env(JOB_IMAGE=text))
    assert messages and all("can't be judged: it is a template that is filled in later" in one for one in messages)


@pytest.mark.parametrize(
    "text, found",
    [
        ('image: "ghcr.io/a/b:1X"', [(1, "ghcr.io/a/b:1X")]),
        ("{% if x %}\n- image: 'ghcr.io/a/b:1'\nx\njob_image = a/b", [(2, "ghcr.io/a/b:1"), (4, "a/b")]),
        ("container_repository = a/b", [(1, "a/b")]),
        ("container_repository = a/b\n container_tag = 2", [(1, "a/b:2")]),
    ],
)
def test_lines_that_set_an_image_are_read_without_quotes_and_with_their_tag(text: str, found: list[Any]):
    assert list(lines(text)) == found


NO_IMAGE = "Not Valid"


@pytest.mark.parametrize(
    "token, props",
    [
        (core("Pod"), {"metadata": {"image": NO_IMAGE}}),
        (core("ConfigMap"), {"metadata": {"image": NO_IMAGE}}),
        (core("ConfigMap"), config_map(**{"a.yaml": f"containers:\n- image: {NO_IMAGE}\n"})),
        (core("ConfigMap"), config_map(**{"a.yaml": f"a: &x\n  image: {NO_IMAGE}\ncontainers:\n- *x\n"})),
        (
            core("ConfigMap"),
            config_map(**{"a.yaml": f"image: &x\n  repository: {NO_IMAGE}\ncontainers:\n- image: *x\n"}),
        ),
        (core("ConfigMap"), config_map(**{"a.yaml": f"images: &x\n- {NO_IMAGE}\ncontainers:\n- images: *x\n"})),
        (
            core("ConfigMap"),
            config_map(**{"a.yaml": f"metadata: &x\n  image: {NO_IMAGE}\ncontainers:\n- metadata: *x\n"}),
        ),
        (custom("Anything"), {"spec": {"storageUri": f"oci://{NO_IMAGE}"}}),
        (custom("Anything"), {"spec": {"image": [NO_IMAGE]}}),
        (custom("Anything"), {"spec": {"image": {"repository": NO_IMAGE}}}),
        (custom("Anything"), {"spec": {"images": [NO_IMAGE]}}),
        (custom("Anything"), {"spec": {"images": {"a": {"repository": NO_IMAGE}}}}),
        (custom("Anything"), {"spec": {"images": [{"image": NO_IMAGE}]}}),
        (custom("Anything"), {"spec": {"image": {"main": {"image": NO_IMAGE}}}}),
    ],
)
def test_what_has_to_be_an_image_and_is_none_is_refused_wherever_it_stands(token: str, props: dict[str, Any]):
    messages = refusals("open-source-images", token, props)
    assert len(messages) == 1 and "can't be judged: its path is not one that a registry can have" in messages[0]


@pytest.mark.parametrize(
    "token, props",
    [
        (core("ConfigMap"), config_map(**{"a.yaml": f"storageUri: oci://{NO_IMAGE}\nimage: Not Valid\n"})),
        (core("ConfigMap"), config_map(**{"a.yaml": "image: &i\n  other: {image: *i}\n"})),
        (core("ConfigMap"), config_map(**{"a.yaml": "metadata: &m\n  metadata: *m\nimage: &i\n  image: *i\n"})),
        (core("ConfigMap"), config_map(notes="{% if x %}\nimage: acme/tool\n")),
        (custom("Anything"), {"spec": {"image": {"type": "integer", "default": 7}}}),
        (custom("Anything"), {"spec": {"image": {"type": "string", "default": "Not Valid"}}}),
        ("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinitionList", {"items": [SCHEMA]}),
        (core("Pod"), env(PLACE="some/path.d/file:1", MODEL="models/iris:1")),
        (custom("Anything"), {"spec": {"image": "docker.io/valkey/valkey", "tag": "sha256:" + "0" * 64}}),
        (custom("Anything"), {"spec": {"image": "docker.io/valkey/valkey", "digest": "sha256:" + "0" * 64}}),
        (custom("Anything"), {"spec": {"image": GOOD_SHA, "digest": "sha256:" + "1" * 64}}),
    ],
)
def test_what_may_be_an_image_and_is_none_is_left_alone(token: str, props: dict[str, Any]):
    assert analyze(token, props) == []


@pytest.mark.parametrize(
    "data",
    [
        {"a.yaml": 'image: "{{ x }}"\n'},
        {"a.j2": "{% if x %}\nimage: {{ x }}\n"},
        {"a.json": json.dumps({"variables": {"properties": {"x": {"type": "string"}}}, "image": "{{ x }}"})},
    ],
)
def test_a_manifest_whose_image_is_filled_in_elsewhere_is_refused(data: dict[str, str]):
    (message,) = refusals("open-source-images", core("ConfigMap"), config_map(**data))
    (key,) = data
    assert message.partition("\n")[2].startswith(f"An image (data[{key}]")
    assert "can't be judged: it is a template that is filled in later" in message


def test_a_text_that_may_be_a_secret_is_called_what_looks_like_an_image():
    for value in ("registry.example.org/a/b:1", "registry:5000/a/b:1"):
        (message,) = refusals("open-source-images", core("Pod"), env(HARMLESS=value))
        assert message.partition("\n")[2].startswith(
            "What looks like an image (spec.containers[0].env[HARMLESS]) is not"
        )


def test_an_image_in_an_object_of_other_things_is_refused_with_the_reason():
    (message,) = refusals("open-source-images", custom("Anything"), {"spec": {"image": {"size": "10Gi"}}})
    assert message.endswith("can't be judged: it is an object without reference, repository or name.")
    schema = {"type": "string", "default": "{{ x }}"}
    (message,) = refusals("open-source-images", custom("Anything"), {"spec": {"image": schema}})
    assert "An image (spec.image.default) can't be judged: it is a template" in message
    (message,) = refusals("open-source-images", custom("Anything"), {"spec": {"image": 7}})
    assert message.endswith("An image (spec.image) can't be judged: it is neither text nor an object.")


def test_a_text_in_a_text_in_a_text_is_read_and_one_more_is_not():
    text = json.dumps({"image": BAD})
    for depth, expected in enumerate(["library/redis:7.4.1"] * 3 + ["An image (data[a.json]"]):
        messages = refusals("open-source-images", core("ConfigMap"), config_map(**{"a.json": text}))
        assert len(messages) == 1 and expected in messages[0], depth
        text = json.dumps({"manifest": text})
    assert messages[0].endswith("can't be judged: its text is nested too deeply.")


def test_a_text_hides_nothing_of_the_text_before_it():
    good = f"image: {GOOD}\n"
    assert found(core("ConfigMap"), config_map(**{"a.yaml": f"image: {BAD}\n", "b.yaml": good}))
    unreadable = config_map(**{"a.yaml": "containers:\n- image: 7\n", "b.yaml": good})
    assert len(refusals("open-source-images", core("ConfigMap"), unreadable)) == 1


def test_an_empty_tag_beside_a_name_is_none():
    props = env(WORKER_CONTAINER_REPOSITORY="mongo", WORKER_CONTAINER_TAG="")
    (message,) = refusals("open-source-images", core("Pod"), props)
    assert "docker.io/library/mongo (" in message


def test_a_port_is_no_tag_and_the_one_beside_the_name_counts():
    props = {"spec": {"image": "registry.example.org:5000/a", "imageTag": "7.4.1"}}
    (message,) = refusals("open-source-images", custom("Anything"), props)
    assert "registry.example.org:5000/a:7.4.1 (spec.image) is not in" in message


def test_a_tag_that_is_a_number_is_no_text_and_none():
    (message,) = refusals("open-source-images", custom("Anything"), {"spec": {"image": "redis", "tag": 7}})
    assert "docker.io/library/redis (spec.image) has several licences" in message


def test_lists_in_lists_keep_the_name_of_their_field():
    props = {"spec": {"templates": [[UNKNOWN]]}}
    (message,) = [one.message for one in analyze(custom("Anything"), props) if one.policy == "open-source-images"]
    assert "no image is known yet at spec.templates[0][0];" in message


def test_an_image_is_not_forgotten_for_one_that_is_found_later():
    containers = [{"image": BAD}, {"image": GOOD, "env": [{"name": "JOB_IMAGE", "value": "mongo:7"}], "args": [GOOD]}]
    assert len(refusals("open-source-images", core("Pod"), {"spec": {"containers": containers}})) == 2


def test_each_image_is_reported_once_with_its_own_path():
    props = {"spec": {"containers": [{"image": BAD}, {"image": "mongo:7"}], "initContainers": [{"image": BAD}]}}
    messages = refusals("open-source-images", core("Pod"), props)
    paths = [message.partition("(")[2].partition(")")[0] for message in messages]
    assert paths == ["spec.containers[0].image", "spec.containers[1].image", "spec.initContainers[0].image"]
