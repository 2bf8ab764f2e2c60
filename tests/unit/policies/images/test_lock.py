"""The lock file, apart from the registries that it is filled from."""

import json
from pathlib import Path

import pytest

from policies.images.inventory import StackImage
from policies.images.lock import Lock, Locked, differences, updated
from policies.open_source.references import parse
from policies.outside.errors import Unusable
from tests.unit.policies.images.stack import DIGESTS, NGINX, VALKEY, locked

FRESH = f"sha256:{'f' * 64}"


def image(text: str) -> StackImage:
    return StackImage(parse(text), parse(text), None, None, ())


def resolve(image: StackImage) -> Locked:
    return Locked(FRESH, {"linux/amd64": FRESH})


def test_what_is_locked_stays_what_is_missing_is_resolved_and_what_is_unused_goes(tmp_path: Path):
    old = Lock.read(locked(tmp_path))
    new = updated(old, [image("nginx:1.27"), image("curlimages/curl:8.16.0")], resolve)
    assert {name: one.digest for name, one in new.images.items()} == {
        NGINX: DIGESTS[NGINX],
        "docker.io/curlimages/curl:8.16.0": FRESH,
    }
    assert differences(old, new) == [
        f"docker.io/curlimages/curl:8.16.0: not locked -> {FRESH}",
        f"{VALKEY}: {DIGESTS[VALKEY]} -> not used any more",
    ]


def test_an_upgrade_resolves_all_anew(tmp_path: Path):
    assert updated(Lock.read(locked(tmp_path)), [image("nginx:1.27")], resolve, anew=True).digest(NGINX) == FRESH


def test_a_stack_that_uses_the_lock_keeps_it_and_one_with_digests_of_its_own_needs_none(tmp_path: Path):
    old = Lock.read(locked(tmp_path))
    by_lock, own = image(f"nginx:1.27@{DIGESTS[NGINX]}"), image(f"redis@{FRESH}")
    assert updated(old, [by_lock, own], resolve).images == {NGINX: old.images[NGINX]}


def test_an_image_without_a_tag_is_locked_as_latest():
    assert list(updated(Lock(), [image("nginx")], resolve).images) == ["docker.io/library/nginx:latest"]


def test_the_same_lock_is_the_same_text_in_whatever_order_it_was_made(tmp_path: Path):
    one = Lock({NGINX: Locked(FRESH, {"b/c": FRESH, "a/b": FRESH}), VALKEY: Locked(FRESH)})
    other = Lock({VALKEY: Locked(FRESH), NGINX: Locked(FRESH, {"a/b": FRESH, "b/c": FRESH})})
    assert one.render() == other.render() and one.render().endswith("}\n")
    (tmp_path / "lock").write_text(one.render())
    assert Lock.read(tmp_path / "lock") == one


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"images": {"a": {"digest": "sha256:1", "platforms": {}}}}', '{"images": {}, "made": "today"}']
)
def test_a_file_that_is_no_lock_is_refused(tmp_path: Path, text: str):
    (tmp_path / "lock").write_text(text)
    with pytest.raises(Unusable, match="lock"):
        Lock.read(tmp_path / "lock")


def test_a_missing_file_is_an_empty_lock_only_where_one_is_to_be_made(tmp_path: Path):
    assert Lock.read(tmp_path / "none", may_lack=True) == Lock()
    with pytest.raises(Unusable):
        Lock.read(tmp_path / "none")


def test_a_lock_is_json_that_says_no_more_than_names_and_digests(tmp_path: Path):
    data = json.loads(Lock({NGINX: Locked(FRESH, {"linux/arm64/v8": FRESH})}).render())
    assert data == {"images": {NGINX: {"digest": FRESH, "platforms": {"linux/arm64/v8": FRESH}}}}
