"""Image references are read as registries and container runtimes read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.open_source.references import InvalidReference, Reference, Template, parse, shown

SHA = "a" * 64
PART = st.from_regex(r"[a-z0-9]+((\.|_|__|-{1,3})[a-z0-9]+){0,2}", fullmatch=True)
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=2, max_size=3).map(".".join)
PORT = st.none() | st.integers(1, 65535)
TAG = st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
DIGEST = st.none() | st.from_regex(r"sha256:[a-f0-9]{64}", fullmatch=True)


@st.composite
def references(draw: st.DrawFn) -> Reference:
    port = draw(PORT)
    domain = draw(HOST) + (f":{port}" if port else "")
    path = "/".join(draw(st.lists(PART, min_size=1, max_size=3)))
    return Reference(domain, path, draw(TAG), draw(DIGEST))


@pytest.mark.parametrize(
    "text, domain, path, tag, digest",
    [
        ("redis", "docker.io", "library/redis", None, None),
        ("redis:7.4", "docker.io", "library/redis", "7.4", None),
        ("foo/bar", "docker.io", "foo/bar", None, None),
        ("docker.io/redis", "docker.io", "library/redis", None, None),
        ("index.docker.io/library/redis", "docker.io", "library/redis", None, None),
        ("index.docker.io/redis", "docker.io", "library/redis", None, None),
        ("DOCKER.io/redis", "docker.io", "library/redis", None, None),
        ("GHCR.IO/mlflow/mlflow:v3", "ghcr.io", "mlflow/mlflow", "v3", None),
        ("Registry/app", "registry", "app", None, None),
        ("quay.io/a", "quay.io", "a", None, None),
        ("localhost/a:1", "localhost", "a", "1", None),
        ("myregistry:5000/app", "myregistry:5000", "app", None, None),
        ("myregistry:5000/app:2", "myregistry:5000", "app", "2", None),
        ("app:5000", "docker.io", "library/app", "5000", None),
        ("[::1]:5000/app", "[::1]:5000", "app", None, None),
        ("10.0.0.1/app", "10.0.0.1", "app", None, None),
        (f"redis@sha256:{SHA}", "docker.io", "library/redis", None, f"sha256:{SHA}"),
        (f"r.io/a/b:1.2@sha256:{SHA}", "r.io", "a/b", "1.2", f"sha256:{SHA}"),
        ("a__b/c-d.e", "docker.io", "a__b/c-d.e", None, None),
        ("a---b", "docker.io", "library/a---b", None, None),
    ],
)
def test_a_reference_is_read_with_every_default_spelled_out(text, domain, path, tag, digest):
    assert parse(text) == Reference(domain, path, tag, digest)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "it is empty"),
        (SHA, "id of a local image"),
        ("Redis", "lower case"),
        ("ghcr.io/Org/app", "lower case"),
        ("docker.io./library/redis", "not a host name"),
        ("-bad.io/app", "not a host name"),
        ("host:port/app", "not a host name"),
        ("redis:", "tag"),
        ("redis:.hidden", "tag"),
        (f"redis:{'x' * 129}", "tag"),
        ("redis:7.4 ", "tag"),
        ("redis:7\n.4", "tag"),
        (" redis", "path"),
        ("redis\n", "path"),
        ("a//b", "path"),
        ("a/", "path"),
        ("/a", "path"),
        ("a___b", "path"),
        ("a/..", "path"),
        ("réd/is", "path"),
        ("http://quay.io/app", "host name"),
        (f"docker.io/{'a/' * 130}b", "255"),
        ("redis@", "digest"),
        ("redis@sha256:abc", "digest"),
        (f"redis@sha256:{'A' * 64}", "digest"),
        (f"redis@md5:{'a' * 32}", "digest"),
        (f"redis@sha256:{SHA}@sha256:{SHA}", "digest"),
    ],
)
def test_what_no_registry_serves_is_an_error_with_its_reason(text, reason):
    with pytest.raises(InvalidReference, match=reason):
        parse(text)


@pytest.mark.parametrize("text", ["{{ image }}", "redis:${TAG}", "$(IMAGE)", "ghcr.io/{{.Values.org}}/app:1"])
def test_a_template_is_told_from_a_mistake(text):
    with pytest.raises(Template):
        parse(text)


@given(references())
def test_what_is_written_out_reads_back_the_same(reference):
    assert parse(str(reference)) == reference


@given(references())
def test_upper_case_in_a_host_makes_no_other_registry(reference):
    shouted = str(reference).replace(reference.domain, reference.domain.upper(), 1)
    assert parse(shouted) == reference


@given(st.text())
def test_any_text_is_a_reference_or_an_invalid_one_and_what_is_read_is_normal(text):
    try:
        reference = parse(text)
    except InvalidReference:
        return
    assert parse(str(reference)) == reference
    assert reference.path == reference.path.lower()
    assert "/" in reference.path or reference.domain != "docker.io"


@given(st.text())
def test_a_message_shows_a_text_on_one_line_and_not_without_end(text):
    assert shown(text).isascii() and shown(text).isprintable()
    assert len(shown(text)) <= 123


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "it is empty"),
        ("{{ image }}", "it is a template that is filled in later"),
        ("0" * 64, "it is the id of a local image, which says nothing of where it comes from"),
        ("a@sha256:0", "its digest is not sha256 or sha512 in lower-case hexadecimal of full length"),
        ("a:" + "t" * 129, "its tag has a character that tags can't have, or is over 128 long"),
        ("-a.io/b", "what stands before its first slash is not a host name"),
        ("r.io/" + "a" * 256, "its path is over 255 characters long"),
        ("r.io/A", "its path is not one that a registry can have: it must be in lower case"),
        ("r.io/a b", "its path is not one that a registry can have"),
        ("r.io/a/b:1/c", "its path is not one that a registry can have"),
    ],
)
def test_what_is_no_reference_has_a_reason(text: str, reason: str):
    with pytest.raises(InvalidReference) as refused:
        parse(text)
    assert str(refused.value) == reason


def test_the_longest_path_and_the_longest_tag_are_legal():
    reference = parse(f"r.io/{'a' * 255}:{'t' * 128}")
    assert (len(reference.path), len(reference.tag)) == (255, 128)


def test_a_message_shows_a_text_on_one_line_without_what_moves_the_cursor_or_logs_in():
    assert shown("a\x00b\x1f c\x7f\n\u00e4\U0001f600") == "a?b? c??\\xe4\\U0001f600"
    assert shown("https://me:s3cr3t@r.io/a@b") == "https://...@r.io/a@b"
    assert shown("x" * 120) == "x" * 120
    assert shown("x" * 121) == "x" * 120 + "..."
