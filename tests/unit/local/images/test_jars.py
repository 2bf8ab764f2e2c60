"""Java programs come from Maven Central as their lock says, or not at all."""

import hashlib
import re
from pathlib import Path

import pytest

from local.errors import LocalError
from local.images import jars, recipe


@pytest.fixture
def central(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for Maven Central, with one jar."""
    (jar := tmp_path / "central/org/acme/tool/1/tool-1.jar").parent.mkdir(parents=True)
    jar.write_bytes(b"program")
    monkeypatch.setattr(jars, "address", lambda say: (tmp_path / "central").as_uri())
    return tmp_path


def lock(central: Path, content: bytes, path: str = "org/acme/tool/1/tool-1.jar") -> Path:
    (file := central / "image/jars.txt").parent.mkdir()
    file.write_text(f"{hashlib.sha256(content).hexdigest()}  {path}\n")
    return file


def test_what_the_lock_lists_lies_side_by_side_and_is_fetched_once(central: Path):
    told: list[str] = []
    listed = lock(central, b"program")
    for _ in range(2):
        folder = jars.gather(listed, central / "ready", told.append)
        assert [(file.name, file.read_bytes()) for file in folder.iterdir()] == [("tool-1.jar", b"program")]
    assert told == ["image: fetching 1 files from Maven Central"]


@pytest.mark.parametrize(
    ("content", "path", "message"),
    [
        (b"another", "org/acme/tool/1/tool-1.jar", "is not what jars.txt expects"),
        (b"program", "org/acme/tool/2/tool-2.jar", "cannot be fetched"),
    ],
)
def test_what_differs_or_is_missing_ends_the_build_and_leaves_nothing_that_counts_as_done(
    central: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, path: str, message: str
):
    monkeypatch.setattr(jars, "_ATTEMPTS", 1)
    with pytest.raises(LocalError, match=message):
        jars.gather(lock(central, content, path), central / "ready", lambda line: None)
    assert not (central / "ready").exists()


@pytest.mark.parametrize("listed", sorted(recipe.RECIPES.glob("*/jars.txt")), ids=lambda listed: listed.parent.name)
def test_every_lock_gives_a_checksum_and_a_path_for_each_file(listed: Path):
    lines = listed.read_text().splitlines()
    assert lines and all(re.fullmatch(r"[0-9a-f]{64}  [\w.+/-]+\.(jar|zip)", line) for line in lines)
    names = [line.rsplit("/")[-1] for line in lines]
    assert len(set(names)) == len(names), "two files of one name would overwrite each other"
