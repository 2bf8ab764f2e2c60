"""Digests of the lock put in by the engine: real requests to the SDK's servicer, as at the level `remediate`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policies.open_source.pack import POLICIES
from policies.open_source.pinned_images import _digests
from tests.unit.policies.analysis import DEPLOYMENT, UNKNOWN, deployment, pod
from tests.unit.policies.images.stack import DIGESTS, NGINX, locked

PINNED = f"nginx:1.27@{DIGESTS[NGINX]}"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


@pytest.fixture(autouse=True)
def lock(tmp_path: Path) -> str:
    _digests.cache_clear()
    return str(locked(tmp_path))


def remedied(lock: str, props: Mapping[str, Any], token: str = DEPLOYMENT) -> dict[str, Any] | None:
    """The resource as the engine goes on with it; None if the rule leaves it alone."""
    servicer = _PolicyAnalyzerServicer("open-source", "0.0.1", POLICIES, EnforcementLevel.ADVISORY)
    request = proto.ConfigureAnalyzerRequest()
    request.policyConfig["pinned-images"].enforcementLevel = proto.REMEDIATE
    request.policyConfig["pinned-images"].properties.update({"lock": lock})
    servicer.Configure(request, None)
    struct = Struct()
    struct.update(props)
    asked = proto.AnalyzeRequest(type=token, properties=struct, urn=f"urn:pulumi:t::t::{token}::x", name="x")
    remedies = servicer.Remediate(asked, None).remediations
    assert not any(remedy.diagnostic for remedy in remedies)
    return MessageToDict(remedies[0].properties) if remedies else None


def test_a_tag_of_the_lock_gets_its_digest(lock: str):
    assert remedied(lock, deployment("nginx:1.27")) == deployment(PINNED)


def test_a_variable_that_names_an_image_gets_it_too_and_one_that_does_not_is_left(lock: str):
    env = [{"name": "JOB_IMAGE", "value": "nginx:1.27"}, {"name": "TITLE", "value": "nginx:1.27"}]
    (container,) = remedied(
        lock, {"spec": {"containers": [{"image": "nginx:1.27", "env": env}]}}, "kubernetes:core/v1:Pod"
    )["spec"]["containers"]
    assert [variable["value"] for variable in container["env"]] == [PINNED, "nginx:1.27"]


POD = "kubernetes:core/v1:Pod"


def images_of(lock: str, *containers: dict[str, Any], **metadata: Any) -> list[Any]:
    changed = remedied(lock, {"metadata": metadata, "spec": {"containers": list(containers)}}, POD)
    return [one["image"] for one in changed["spec"]["containers"]] if changed else []


def test_what_stands_beside_an_image_keeps_it_from_nothing(lock: str):
    nginx = {"image": "nginx:1.27", "name": "a", "value": "b"}
    joined = {"image": "nginx", "imageTag": "1.27"}
    assert images_of(lock, joined, nginx) == ["nginx", PINNED]
    for other in ("Not Valid", "curlimages/curl:8.16.0", "redis:{{ tag }}"):
        assert images_of(lock, {"image": other}, nginx, {"image": other}) == [other, PINNED, other]
    seen = {"name": "SEEN", "value": "docker.io/library/nginx:1.27"}
    args = ["--image", "nginx:1.27", "nginx:1.27"]
    nginx |= {"env": [seen], "args": args, "command": [3]}
    changed = remedied(lock, {"spec": {"containers": [nginx]}}, POD)
    assert changed == {"spec": {"containers": [{**nginx, "image": PINNED}]}}
    assert images_of(lock, {"image": "nginx:1.27"}, annotations={"sidecar.istio.io/proxyImage": "nginx:1.27"}) == [
        PINNED
    ]


def test_what_stands_before_an_image_stays(lock: str):
    assert images_of(lock, {"image": f"oci://{NGINX}"}) == [f"oci://{NGINX}@{DIGESTS[NGINX]}"]
    assert images_of(lock, {"image": "nginx", "imageTag": "1.27"}) == []


def test_no_tag_is_the_tag_latest(tmp_path: Path):
    digest = f"sha256:{'c' * 64}"
    (tmp_path / "latest").write_text(json.dumps({"images": {"docker.io/library/nginx:latest": {"digest": digest}}}))
    assert images_of(str(tmp_path / "latest"), {"image": "nginx"}) == [f"nginx@{digest}"]


def test_without_a_lock_nothing_changes():
    assert images_of("", {"image": "nginx:1.27"}) == []


@pytest.mark.parametrize(
    "image", ["curlimages/curl:8.16.0", f"nginx:1.27@sha256:{'e' * 64}", "registry.example.org/library/nginx:1.27"]
)
def test_what_the_lock_lacks_and_what_is_pinned_are_left_alone(lock: str, image: str):
    assert remedied(lock, deployment(image)) is None


def test_what_is_not_known_yet_stays_so(lock: str):
    assert remedied(lock, deployment(UNKNOWN)) is None
    both = remedied(
        lock, {"spec": {"containers": [{"image": UNKNOWN}, {"image": "nginx:1.27"}]}}, "kubernetes:core/v1:Pod"
    )
    assert both and [one["image"] for one in both["spec"]["containers"]] == [UNKNOWN, PINNED]


def test_what_is_secret_stays_secret(lock: str):
    key = "4dabf18193072939515e22adb298388d"
    props = deployment("nginx:1.27", hostname={key: SECRET, "value": "hunter2"})
    changed = remedied(lock, props)
    assert changed == deployment(PINNED, hostname={key: SECRET, "value": "hunter2"})


@pytest.mark.parametrize("text", [None, "{", "[]", json.dumps({"images": {NGINX: 1}})])
def test_a_lock_that_cannot_be_read_changes_nothing_and_fails_nothing(tmp_path: Path, text: str | None):
    if text:
        (tmp_path / "broken").write_text(text)
    assert remedied(str(tmp_path / "broken"), {"spec": pod("nginx:1.27")}, "kubernetes:core/v1:Pod") is None
