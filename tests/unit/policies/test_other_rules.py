"""Pinned images, allowed registries and opaque releases."""

from datetime import date, timedelta

import pytest

from tests.unit.policies.analysis import DEPLOYMENT, analyze, deployment, refusals

SHA = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "image", ["nginx", "nginx:latest", "nginx:latest-alpine", "nginx:alpine-latest", "nginx:main", "nginx:nightly"]
)
def test_an_image_without_a_version_is_refused(image):
    assert len(refusals("pinned-images", DEPLOYMENT, deployment(image))) == 1


@pytest.mark.parametrize(
    "image", ["nginx:1.27", f"nginx@{SHA}", f"nginx:latest@{SHA}", "nginx:1.27-alpine", "r.io:5000/nginx:1"]
)
def test_an_image_with_a_version_or_a_digest_is_pinned(image):
    assert refusals("pinned-images", DEPLOYMENT, deployment(image)) == []


def test_a_port_is_no_tag():
    assert "has no tag" in refusals("pinned-images", DEPLOYMENT, deployment("r.io:5000/nginx"))[0]


def test_a_stack_can_require_digests():
    config = {"requireDigest": True}
    (message,) = refusals("pinned-images", DEPLOYMENT, deployment("nginx:1.27"), config)
    assert message.endswith(") has no digest, so what runs may change without notice: write name:tag@sha256:...")
    assert refusals("pinned-images", DEPLOYMENT, deployment(f"nginx:1.27@{SHA}"), config) == []


@pytest.mark.parametrize(
    "image", ["nginx:1", "ghcr.io/a/b:1", "quay.io/a:1", "registry.k8s.io/pause:3", "GHCR.IO/a/b:1"]
)
def test_the_registries_of_the_projects_are_allowed(image):
    assert refusals("allowed-registries", DEPLOYMENT, deployment(image)) == []


@pytest.mark.parametrize(
    "image", ["evil.io/nginx:1", "localhost/a:1", "ghcr.io.evil.io/a:1", "docker.io:5000/a:1", "nvcr.io/a:1"]
)
def test_other_registries_are_refused(image):
    message = refusals("allowed-registries", DEPLOYMENT, deployment(image))[0]
    assert "allowed are docker.io, gcr.io" in message


def test_a_stack_says_which_registries_or_parts_of_them_are_allowed():
    (message,) = refusals("allowed-registries", DEPLOYMENT, deployment("nginx:1"), {"registries": []})
    assert message.endswith(") comes from docker.io; allowed are none.")
    config = {"registries": ["ghcr.io/mlflow", "Registry.example.org:5000/"]}

    def allowed(image: str) -> bool:
        return not refusals("allowed-registries", DEPLOYMENT, deployment(image), config)

    assert allowed("ghcr.io/mlflow/mlflow:v3") and allowed("registry.example.org:5000/any/thing:1")
    assert not allowed("ghcr.io/mlflowx/mlflow:v3") and not allowed("nginx:1")
    assert not allowed("registry.example.org/any:1")


@pytest.mark.parametrize(
    "token",
    [
        "kubernetes:helm.sh/v3:Release",
        "kubernetes:helm.toolkit.fluxcd.io/v2:HelmRelease",
        "kubernetes:helm.cattle.io/v1:HelmChart",
        "kubernetes:argoproj.io/v1alpha1:Application",
        "kubernetes:argoproj.io/v1alpha1:ApplicationPatch",
    ],
)
def test_a_release_that_renders_out_of_sight_is_refused(token):
    assert len(refusals("no-opaque-releases", token, {"spec": {"chart": "x"}})) == 1


def test_a_release_under_another_name_is_refused():
    disguised = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "spec": {}}
    assert len(refusals("no-opaque-releases", "kubernetes:example.org/v1:Harmless", disguised)) == 1


@pytest.mark.parametrize(
    "token", ["kubernetes:helm.sh/v4:Chart", DEPLOYMENT, "aws:s3/bucket:Bucket", "pulumi:pulumi:Stack"]
)
def test_what_registers_its_objects_is_no_release(token):
    assert refusals("no-opaque-releases", token, {}) == []


EXEMPT = {"resource": "legacy-*", "reason": "moves with the next release", "owner": "data team"}
BROKEN = {
    "open-source-images": (DEPLOYMENT, deployment("docker.io/library/redis:7.4.1")),
    "pinned-images": (DEPLOYMENT, deployment("docker.io/valkey/valkey")),
    "allowed-registries": (DEPLOYMENT, deployment("nvcr.io/nvidia/cuda:12.9.0-base-ubuntu24.04")),
    "no-opaque-releases": ("kubernetes:helm.sh/v3:Release", {"chart": "mlflow"}),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_an_exemption_is_for_one_rule_and_some_resources_and_ends_with_its_day(rule):
    def said(name: str, until: str) -> list[str]:
        token, props = BROKEN[rule]
        found = analyze(token, props, {rule: {"exemptions": [{**EXEMPT, "until": until}]}}, name=name)
        return [one.message for one in found if one.mandatory and one.policy == rule]

    today = date.today()
    yesterday = today - timedelta(days=1)
    assert said("legacy-cache", today.isoformat()) == []
    (other,) = said("cache", today.isoformat())
    assert "exemption" not in other
    (ended,) = said("legacy-cache", yesterday.isoformat())
    assert ended.endswith(f"The exemption ended on {yesterday.isoformat()}; ask data team.")
    (wrong,) = said("legacy-cache", "2027-02-31")
    assert "The configuration of this rule is wrong: exemptions, until: '2027-02-31' is no day" in wrong


def test_of_several_exemptions_the_latest_day_counts():
    days = [{**EXEMPT, "until": day} for day in ("2020-01-31", "2999-01-31", "2021-01-31")]
    token, props = BROKEN["no-opaque-releases"]
    config = {"no-opaque-releases": {"exemptions": days}}
    assert analyze(token, props, config, name="legacy-cache") == []
    config["no-opaque-releases"]["exemptions"].remove(days[1])
    (found,) = analyze(token, props, config, name="legacy-cache")
    assert "ended on 2021-01-31" in found.message
