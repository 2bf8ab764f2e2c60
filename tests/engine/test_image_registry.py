"""Tags become digests by a real registry: one without a login, one behind a password and TLS, one that wants tokens."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import toolchain
from local.plugins.random.bcrypt import bcrypt
from policies.__main__ import main
from tests.engine.registry import ISSUER, Authority, Pusher, registry, token_service
from tests.unit.policies.images.stack import manifests, pod

PASSWORD = "a password of the tests"


@pytest.fixture(scope="module")
def program() -> Path:
    return toolchain.build(toolchain.TOOLS, print) / "registry"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make()


@pytest.fixture(scope="module")
def anonymous(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(program, tmp_path_factory.mktemp("anonymous")) as address:
        yield address


def lock(folder: Path, image: str, *words: object) -> int:
    """The command as a user types it, on a manifest with that image."""
    file = manifests(folder, pod(image))
    return main(["images", "lock", str(file), "--lock", str(folder / "lock.json"), *map(str, words)])


def locked(folder: Path, image: str) -> dict[str, object]:
    return dict(json.loads((folder / "lock.json").read_text())["images"][image])


def logged_in(folder: Path, address: str, password: str) -> Path:
    """A folder as `docker login` leaves it."""
    word = base64.b64encode(f"someone:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {address: {"auth": word}}}))
    return folder


def test_an_index_is_locked_whole_and_an_image_without_one_by_itself(anonymous: str, tmp_path: Path):
    pusher = Pusher(f"http://{anonymous}")
    whole, each = pusher.index("team/web", "1.0", "amd64", "arm64")
    assert lock(tmp_path, f"{anonymous}/team/web:1.0", "--plain-http", anonymous) == 0
    assert locked(tmp_path, f"{anonymous}/team/web:1.0") == {"digest": whole, "platforms": each}
    alone = pusher.image("team/tool", "1.0", "arm64")
    assert lock(tmp_path, f"{anonymous}/team/tool:1.0", "--plain-http", anonymous) == 0
    assert locked(tmp_path, f"{anonymous}/team/tool:1.0") == {"digest": alone, "platforms": {"linux/arm64": alone}}


def test_a_tag_that_has_moved_is_told_and_moves_in_the_file_by_an_upgrade_alone(anonymous: str, tmp_path: Path):
    name, plain = f"{anonymous}/team/moving:1.0", ("--plain-http", anonymous)
    pusher = Pusher(f"http://{anonymous}")
    before = pusher.image("team/moving", "1.0", "amd64")
    assert lock(tmp_path, name, *plain) == 0
    after = pusher.image("team/moving", "1.0", "arm64")
    assert lock(tmp_path, name, *plain) == 0 and locked(tmp_path, name)["digest"] == before
    assert lock(tmp_path, name, *plain, "--upgrade", "--check") == 1 and locked(tmp_path, name)["digest"] == before
    assert lock(tmp_path, name, *plain, "--upgrade") == 0 and locked(tmp_path, name)["digest"] == after


def test_an_image_that_is_not_there_is_named_with_what_the_registry_says(
    anonymous: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert lock(tmp_path, f"{anonymous}/team/nothing:1.0", "--plain-http", anonymous) == 2
    told = capsys.readouterr().err
    assert f"{anonymous}/team/nothing:1.0" in told and "MANIFEST_UNKNOWN" in told
    assert not (tmp_path / "lock.json").exists()


def test_a_registry_behind_tls_and_a_password_is_read_with_both(
    program: Path, authority: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    hashed = bcrypt(PASSWORD)
    assert hashed, "the C library makes bcrypt hashes"
    (tmp_path / "htpasswd").write_text(f"someone:{hashed}\n")
    certificate, key = authority.write(tmp_path)
    settings = {
        "http": {"tls": {"certificate": str(certificate), "key": str(key)}},
        "auth": {"htpasswd": {"realm": "tests", "path": str(tmp_path / "htpasswd")}},
    }
    with registry(program, tmp_path, **settings) as address:
        pusher = Pusher(f"https://{address}", auth=("someone", PASSWORD), verify=str(certificate))
        made, image = pusher.image("team/web", "1.0", "amd64"), f"{address}/team/web:1.0"
        right, trusted = logged_in(tmp_path, address, PASSWORD), ("--ca", certificate)
        assert lock(tmp_path, image, "--docker-config", right) == 2
        assert "name the authority's file with --ca" in capsys.readouterr().err
        assert lock(tmp_path, image, *trusted, "--docker-config", right) == 0
        assert locked(tmp_path, image)["digest"] == made
        wrong = logged_in(tmp_path, address, "another one")
        assert lock(tmp_path, image, *trusted, "--docker-config", wrong, "--upgrade") == 2
        told = capsys.readouterr().err
        assert "401" in told and "another one" not in told


def test_a_registry_that_wants_tokens_is_shown_one_for_that_repository_alone(
    program: Path, authority: Authority, tmp_path: Path
):
    certificate, _ = authority.write(tmp_path)
    with token_service(authority, "tests", PASSWORD) as (realm, asked):
        told = {"realm": realm, "service": "tests", "issuer": ISSUER, "rootcertbundle": str(certificate)}
        with registry(program, tmp_path, auth={"token": told}) as address:
            config = logged_in(tmp_path, address, PASSWORD)
            options = ("--plain-http", address, "--docker-config", config)
            pusher = Pusher(f"http://{address}")
            pusher.headers["Authorization"] = f"Bearer {authority.token('tests', 'team/web', 'pull', 'push')}"
            made, image = pusher.image("team/web", "1.0", "amd64"), f"{address}/team/web:1.0"
            assert lock(tmp_path, image, *options) == 0
            assert locked(tmp_path, image)["digest"] == made
            assert asked == ["repository:team/web:pull"]
            assert (
                lock(tmp_path, image, "--plain-http", address, "--docker-config", tmp_path / "none", "--upgrade") == 2
            )
