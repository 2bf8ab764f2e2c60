"""At preview some values are not known yet: that neither passes in silence nor refuses what may be good."""

import pytest

from tests.unit.policies.analysis import DEPLOYMENT, UNKNOWN, analyze, deployment, notices, pod

GOOD, BAD = "docker.io/valkey/valkey:9.1.1", "redis:7.4.1"
POD, CONFIG_MAP, SECRET = (f"kubernetes:core/v1:{kind}" for kind in ("Pod", "ConfigMap", "Secret"))
CUSTOM = "kubernetes:example.org/v1:Anything"

MAY_BE_AN_IMAGE = [
    (DEPLOYMENT, deployment(UNKNOWN), "spec.template.spec.containers[0].image"),
    (DEPLOYMENT, {"spec": UNKNOWN}, "spec"),
    (DEPLOYMENT, {"spec": {"template": UNKNOWN}}, "spec.template"),
    (DEPLOYMENT, {"spec": {"template": {"spec": UNKNOWN}}}, "spec.template.spec"),
    (POD, {"spec": {"containers": UNKNOWN}}, "spec.containers"),
    (POD, {"spec": {"containers": [UNKNOWN]}}, "spec.containers[0]"),
    (POD, {"spec": pod(GOOD, initContainers=[{"image": UNKNOWN}])}, "spec.initContainers[0].image"),
    (POD, {"spec": pod(GOOD, volumes=[UNKNOWN])}, "spec.volumes[0]"),
    (POD, {"spec": pod(GOOD, volumes=[{"image": UNKNOWN}])}, "spec.volumes[0].image"),
    (POD, {"spec": pod(GOOD, volumes=[{"image": {"reference": UNKNOWN}}])}, "spec.volumes[0].image.reference"),
    (POD, {"spec": {"containers": [{"image": GOOD, "env": [{"name": "A_IMAGE", "value": UNKNOWN}]}]}}, "env[A_IMAGE]"),
    (POD, {"spec": {"containers": [{"image": GOOD, "args": ["--image", UNKNOWN]}]}}, "args[1]"),
    ("kubernetes:core/v1:List", {"items": [UNKNOWN]}, "items[0]"),
    ("kubernetes:core/v1:PodList", {"items": UNKNOWN}, "items"),
    (CONFIG_MAP, {"data": {"JOB_IMAGE": UNKNOWN}}, "data[JOB_IMAGE]"),
    (CUSTOM, {"spec": {"image": UNKNOWN}}, "spec.image"),
    (CUSTOM, {"spec": {"imageName": UNKNOWN}}, "spec.imageName"),
    (CUSTOM, {"spec": {"fuse": {"image": "redis", "imageTag": UNKNOWN}}}, "spec.fuse.image"),
    (CUSTOM, {"spec": {"image": {"repository": "redis", "tag": UNKNOWN}}}, "spec.image.repository"),
    (CUSTOM, {"spec": {"podTemplate": UNKNOWN}}, "spec.podTemplate"),
    (CUSTOM, {"spec": {"images": [UNKNOWN]}}, "spec.images[0]"),
]


@pytest.mark.parametrize("token, props, path", MAY_BE_AN_IMAGE)
def test_an_image_that_is_not_known_yet_is_announced_and_not_refused(token, props, path):
    found = analyze(token, props)
    assert {finding.policy for finding in found} == {"open-source-images", "pinned-images", "allowed-registries"}
    assert not any(finding.mandatory for finding in found)
    assert all(f"{path}; it is judged during the update" in finding.message for finding in found)


@pytest.mark.parametrize(
    "token, props",
    [
        (DEPLOYMENT, {**deployment(GOOD), "metadata": {"name": UNKNOWN, "namespace": UNKNOWN}}),
        (DEPLOYMENT, {"spec": {"replicas": UNKNOWN, "selector": UNKNOWN, **deployment(GOOD)["spec"]}}),
        (POD, {"spec": {"containers": [{"image": GOOD, "env": [{"name": "URL", "value": UNKNOWN}]}]}}),
        (POD, {"spec": {"containers": [{"image": GOOD, "args": [UNKNOWN], "command": UNKNOWN, "env": UNKNOWN}]}}),
        (POD, {"spec": pod(GOOD, volumes=[{"secret": {"secretName": UNKNOWN}}], serviceAccountName=UNKNOWN)}),
        (CONFIG_MAP, {"data": {"auth.ini": UNKNOWN}}),
        (CONFIG_MAP, {"data": UNKNOWN}),
        (SECRET, {"stringData": {"password": UNKNOWN}}),
        (SECRET, {"data": UNKNOWN, "metadata": UNKNOWN}),
        (CUSTOM, {"spec": {"size": UNKNOWN, "things": [UNKNOWN], "owner": {"name": UNKNOWN}}, "apiVersion": UNKNOWN}),
        ("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", {"subjects": UNKNOWN}),
    ],
)
def test_an_unknown_value_that_is_no_image_makes_no_noise(token, props):
    assert analyze(token, props) == []


def test_what_is_known_beside_it_is_refused_all_the_same():
    props = {"spec": {"containers": [{"image": UNKNOWN}, {"image": BAD}], "initContainers": [UNKNOWN, {"image": BAD}]}}
    refused = [found for found in analyze(POD, props) if found.mandatory]
    assert [found.policy for found in refused] == ["open-source-images"] * 2
    paths = "spec.containers[0].image, spec.initContainers[0]"
    assert all(paths in found.message for found in notices(POD, props))


def test_the_name_of_an_image_without_its_tag_is_not_judged_before_the_tag_is_known():
    props = {"spec": {"image": "redis", "tag": UNKNOWN}}
    assert not any(found.mandatory for found in analyze(CUSTOM, props))
