"""Wherever an image hides, the rule finds it; and what is no image is left alone."""

import json
from typing import Any

import pytest

from tests.unit.policies.analysis import DEPLOYMENT, analyze, pod, refusals
from tests.unit.policies.hiding_places import (
    ALLOWED,
    BAD,
    BAD_IN_FULL,
    CUSTOM,
    GOOD,
    IN_A_POD,
    OLD,
    POD,
    TEXTS,
    WORKLOADS,
    config_map,
    core,
    custom,
    encoded,
    env,
    found,
    in_container,
)


@pytest.mark.parametrize(
    "token, props",
    [
        (core("Pod"), env(JOB_IMAGE="oraclelinux:8")),
        (core("Pod"), env(JOB_IMAGE="acme/tool")),
        (core("Pod"), in_container(args=["--image=oraclelinux:8"])),
        (custom("Anything"), {"spec": {"images": ["oraclelinux"]}}),
        (custom("Anything"), {"spec": {"images": {"job": "acme/tool"}}}),
        (core("ConfigMap"), config_map(JOB_IMAGE="oraclelinux:8")),
        (core("ConfigMap"), config_map(**{"container.image": "oraclelinux:8"})),
        (core("ConfigMap"), config_map(**{"WORKER_CONTAINER_REPOSITORY": "acme/tool"})),
        (core("ConfigMap"), config_map(**{"a.yaml": "image: acme/tool\n"})),
    ],
)
def test_an_image_that_nobody_knows_is_refused_where_a_name_says_that_it_is_one(token, props):
    messages = refusals("open-source-images", token, props)
    assert len(messages) == 1 and "is not in the licence catalogue" in messages[0]


@pytest.mark.parametrize("token, props", WORKLOADS + OLD)
def test_an_image_is_found_in_every_kind_of_workload(token, props):
    assert found(token, props)


@pytest.mark.parametrize("token, props", WORKLOADS)
def test_an_image_is_found_in_patches_and_lists_of_workloads(token, props):
    assert found(f"{token}Patch", props)
    assert found(f"{token}List", {"items": [{"metadata": {"name": "a"}}, props]})


def test_an_image_is_found_in_a_list_of_anything():
    assert found(core("List"), {"items": [{"apiVersion": "v1", "kind": "Namespace"}, POD]})
    assert found(core("List"), {"items": [{"spec": pod(BAD)}]})
    assert found(core("ConfigMapList"), {"items": [config_map(JOB_IMAGE=BAD)]})


@pytest.mark.parametrize("props", IN_A_POD)
def test_an_image_is_found_in_every_corner_of_a_pod(props):
    assert found(core("Pod"), props)
    assert found(DEPLOYMENT, {"spec": {"template": props}})


@pytest.mark.parametrize("kind, props", CUSTOM)
def test_an_image_is_found_in_custom_resources_by_its_shape(kind, props):
    assert found(custom(kind), props)


@pytest.mark.parametrize("props", TEXTS)
def test_an_image_is_found_in_the_texts_of_a_config_map(props):
    assert found(core("ConfigMap"), props)
    assert found(core("ConfigMapPatch"), props)


@pytest.mark.parametrize("props", TEXTS)
def test_an_image_is_found_in_the_texts_of_a_secret(props):
    texts = props.get("data", {})
    assert not texts or found(core("Secret"), {"stringData": texts})
    assert not texts or found(core("Secret"), {"data": {key: encoded(text) for key, text in texts.items()}})


def test_an_object_cannot_hide_behind_another_kind():
    assert found(core("ConfigMap"), POD)
    assert found("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", POD)
    disguise = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": pod(BAD)}
    assert found(core("Pod"), disguise)
    assert found(custom("Anything"), {"apiVersion": "v1", "kind": "ConfigMap", "spec": {"image": BAD}})


@pytest.mark.parametrize(
    "props",
    [
        {"spec": {"image": 7.4}},
        {"spec": {"image": True}},
        {"spec": {"image": {"size": "10Gi"}}},
        {"spec": {"containers": [{"image": ""}]}},
        {"spec": {"manifest": '{"image": ' + '{"a":' * 90000 + "1" + "}" * 90001}},
    ],
)
def test_an_image_in_a_form_that_is_not_understood_is_refused(props):
    assert "can't be judged" in refusals("open-source-images", custom("Anything"), props)[0]


ANNOTATED = {"annotations": {"a/proxyImage": BAD}}


@pytest.mark.parametrize(
    "token, props, path",
    [
        (core("ConfigMap"), config_map(JOB_IMAGE=BAD), "data[JOB_IMAGE]"),
        (core("ConfigMap"), {"binaryData": {"JOB_IMAGE": encoded(BAD)}}, "binaryData[JOB_IMAGE]"),
        (core("ConfigMapList"), {"items": [{}, config_map(JOB_IMAGE=BAD)]}, "items[1].data[JOB_IMAGE]"),
        (core("ConfigMap"), config_map(**{"a.yaml": f"a: b\nimage: {BAD}\n"}), "data[a.yaml].image"),
        (core("ConfigMap"), config_map(**{"a.j2": f"{{% if x %}}\nimage: {BAD}\n"}), "data[a.j2] line 2"),
        (core("Pod"), in_container(args=["-v", f"--image={BAD}"]), "spec.containers[0].args[1]"),
        (core("Pod"), in_container(args=["-v", "--image", BAD]), "spec.containers[0].args[2]"),
        (core("Pod"), in_container(command=[BAD_IN_FULL]), "spec.containers[0].command[0]"),
        (core("Pod"), env(A="1", JOB_IMAGE=BAD), "spec.containers[0].env[JOB_IMAGE]"),
        (core("Pod"), env(A="1", JOB_IMAGES=json.dumps([BAD])), "spec.containers[0].env[JOB_IMAGES][0]"),
        (core("Pod"), env(HARMLESS=BAD_IN_FULL), "spec.containers[0].env[HARMLESS]"),
        (core("Pod"), {"metadata": {"annotations": {"a/proxyImage": BAD}}}, "metadata.annotations[a/proxyImage]"),
        (custom("Anything"), {"spec": {"images": [GOOD, BAD]}}, "spec.images[1]"),
        (custom("Anything"), {"spec": {"images": {"a": BAD}}}, "spec.images.a"),
        (custom("Anything"), {"spec": {"a": [{"image": BAD}]}}, "spec.a[0].image"),
        (
            custom("Anything"),
            {"spec": {"image": {"registry": "docker.io", "repository": "library/redis", "tag": "7.4.1"}}},
            "spec.image.repository",
        ),
        (custom("Anything"), {"spec": {"manifest": f"a: b\nimage: {BAD}\n"}}, "spec.manifest.image"),
        (custom("Anything"), {"image": BAD}, "image"),
        (
            custom("Anything"),
            {"spec": {"inner": {"apiVersion": "v1", "kind": "PodList", "items": [{"image": BAD}]}}},
            "spec.inner.items[0].image",
        ),
        (core("ConfigMapList"), {"items": [{"metadata": ANNOTATED}]}, "items[0].metadata.annotations[a/proxyImage]"),
        (
            DEPLOYMENT,
            {"spec": {"template": {"metadata": ANNOTATED}}},
            "spec.template.metadata.annotations[a/proxyImage]",
        ),
        (DEPLOYMENT, {"spec": {"template": {"metadata": {"image": BAD}}}}, "spec.template.metadata.image"),
        (custom("Anything"), {"spec": {"storageUri": f"oci://{BAD}"}}, "spec.storageUri"),
        (custom("Anything"), {"spec": {"image": [BAD]}}, "spec.image[0]"),
        (custom("Anything"), {"spec": {"image": {"type": "string", "default": BAD}}}, "spec.image.default"),
        (custom("Anything"), {"spec": {"image": {"main": {"image": BAD}}}}, "spec.image.main.image"),
        (custom("Anything"), {"spec": {"images": BAD}}, "spec.images"),
        (custom("Anything"), {"spec": {"images": {"a": {"repository": BAD}}}}, "spec.images.a.repository"),
        (custom("Anything"), {"spec": {"images": [{"image": BAD}]}}, "spec.images[0].image"),
        (core("Pod"), in_container(env=[{"value": BAD_IN_FULL}]), "spec.containers[0].env[0]"),
        (core("Pod"), in_container(env=[{"name": 3, "value": BAD_IN_FULL}]), "spec.containers[0].env[0]"),
    ],
)
def test_an_image_is_told_by_its_place(token: str, props: dict[str, Any], path: str):
    (message,) = refusals("open-source-images", token, props)
    assert f" ({path}) is under " in message


@pytest.mark.parametrize("token, props", ALLOWED)
def test_what_is_no_image_or_a_good_one_is_left_alone(token, props):
    assert analyze(token, props) == []
