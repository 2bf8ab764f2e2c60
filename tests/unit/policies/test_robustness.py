"""Whatever a resource holds, the pack answers; it shows no secret, and one planted image never slips through."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_policy import ResourceValidationArgs
from pulumi_policy.policy import PolicyCustomTimeouts, PolicyResourceOptions
from pulumi_policy.proxy import unknown_checking_proxy

from policies.open_source import rule
from policies.open_source.pack import POLICIES
from tests.unit.policies.analysis import UNKNOWN, analyze, pod, refusals

SECRET = "s3cr3t-Value"
WORDS = [
    "image",
    "images",
    "spec",
    "template",
    "containers",
    "env",
    "args",
    "name",
    "value",
    "kind",
    "apiVersion",
    "tag",
]
WORDS += ["data", "stringData", "items", "metadata", "annotations", "repository", "reference", "volumes", "rbd", "type"]
WORDS += [
    "manifest",
    "default",
    "imageTag",
    "digest",
    "storageUri",
    "status",
    "version",
    "JOB_IMAGE",
    "x-image",
    "a.yaml",
]
TEXTS = ["redis", "v1", "Pod", "ConfigMap", "{{ x }}", "$(A)", '{"image": "redis"}', "image: [", "a: &a [*a]", UNKNOWN]
TEXTS += ["--image", "image: redis\n", "", "kind: Pod\n---\n- image: x", "\x00", "image: !!python/name:os.system\n"]
TEXTS += ["image: 2026-99-99\n", "? [image]\n: redis\n", "{image: {a: b}}", "image: &x\n  - *x\n"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(TEXTS)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=15,
)
PROPERTIES = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5)
TOKENS = st.sampled_from(
    [
        "kubernetes:core/v1:Pod",
        "kubernetes:core/v1:ConfigMap",
        "kubernetes:core/v1:Secret",
        "kubernetes:core/v1:List",
        "kubernetes:apps/v1:DeploymentPatch",
        "kubernetes:example.org/v1:Anything",
        "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
        "kubernetes:helm.sh/v3:Release",
        "kubernetes:",
        "kubernetes::",
        "",
    ]
)


@settings(max_examples=150)
@given(TOKENS, PROPERTIES)
def test_no_resource_makes_the_pack_crash_or_give_up(token, props):
    for finding in analyze(token, props):
        assert "could not judge" not in finding.message


@settings(max_examples=60)
@given(PROPERTIES)
def test_an_image_beside_anything_else_is_still_found(props):
    for token in ("kubernetes:core/v1:Pod", "kubernetes:example.org/v1:Anything"):
        spec = {"containers": [{"image": "redis:7.4.1", "noise": dict(props)}]}
        messages = refusals("open-source-images", token, {**props, "apiVersion": "v1", "kind": "Pod", "spec": spec})
        assert any("library/redis:7.4.1 (spec.containers[0].image)" in message for message in messages)


def test_a_mistake_in_a_rule_refuses_and_tells_where_but_not_what(monkeypatch):
    def broken(*_: object) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr(rule, "images", broken)
    found = analyze("kubernetes:core/v1:Pod", {"spec": pod("valkey/valkey:9.1.1")})
    assert [finding.policy for finding in found if finding.mandatory] == [
        "open-source-images",
        "pinned-images",
        "allowed-registries",
    ]
    assert all("refuses it: KeyError in broken, line" in finding.message for finding in found)
    assert all(SECRET not in finding.message for finding in found)


@pytest.mark.parametrize(
    "token, props",
    [
        (
            "kubernetes:core/v1:Secret",
            {"stringData": {"password": SECRET, "IMAGE": SECRET, "JOB_IMAGE": f"a/{SECRET.lower()}"}},
        ),
        ("kubernetes:core/v1:Secret", {"stringData": {"x.yaml": f"image: {SECRET}\npassword: {SECRET}\n"}}),
        ("kubernetes:core/v1:Secret", {"stringData": {"x.yaml": f"image: db.example.org/{SECRET.lower()}:{SECRET}\n"}}),
        (
            "kubernetes:core/v1:Secret",
            {"stringData": {"x.cfg": f"image = {{{{\npassword = {SECRET}\nimage = r.io/a:{SECRET}"}},
        ),
        (
            "kubernetes:core/v1:Pod",
            {"spec": {"containers": [{"image": "", "env": [{"name": "A_IMAGE", "value": f"${{{SECRET}}}"}]}]}},
        ),
        (
            "kubernetes:core/v1:Pod",
            {"spec": {"containers": [{"image": "", "env": [{"name": "URL", "value": f"db.example.org/x:{SECRET}"}]}]}},
        ),
        ("kubernetes:core/v1:Pod", {"spec": {"containers": [{"image": "", "args": [f"--image=a.io/b:{SECRET}"]}]}}),
    ],
)
def test_a_text_that_may_be_a_secret_is_not_shown(token, props):
    found = analyze(token, props)
    assert all(SECRET.lower() not in finding.message.lower() for finding in found)


def test_rules_answer_through_the_sdks_own_proxies():
    options = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])
    props = unknown_checking_proxy({"spec": pod("mongo:7.0.5")})
    args = ResourceValidationArgs("kubernetes:core/v1:Pod", props, "urn", "it", options, None, None, {})
    said: list[str] = []
    POLICIES[0].validate(args, lambda message, urn=None: said.append(message))
    assert len(said) == 1 and "SSPL-1.0 since 4.0.4" in said[0]


def test_a_long_text_is_searched_by_lines_and_in_little_time():
    long = "# a comment\n" * 40_000 + "spec:\n  containers:\n  - image: redis:7.4.1\n"
    messages = refusals("open-source-images", "kubernetes:core/v1:ConfigMap", {"data": {"pod.yaml": long}})
    assert len(messages) == 1 and "data[pod.yaml] line 40003" in messages[0]


def test_a_bomb_of_anchors_is_defused():
    layers = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))
    text = f"a0: &a0 [{{image: redis:7.4.1}}]\n{layers}\n"
    messages = refusals("open-source-images", "kubernetes:core/v1:ConfigMap", {"data": {"bomb.yaml": text}})
    assert len(messages) == 1


def test_texts_in_texts_end_somewhere():
    text = json.dumps({"image": "redis:7.4.1"})
    for _ in range(6):
        text = json.dumps({"image": "valkey/valkey:9.1.1", "manifest": text})
    messages = refusals("open-source-images", "kubernetes:core/v1:ConfigMap", {"data": {"a.json": text}})
    assert any("nested too deeply" in message for message in messages)
