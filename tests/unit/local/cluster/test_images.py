import json
import tarfile
from pathlib import Path

import pytest

from local.cluster import archive, images
from local.errors import LocalError


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("redis", "docker.io/library/redis:latest"),
        ("redis:7.0", "docker.io/library/redis:7.0"),
        ("chrislusf/seaweedfs:4.48", "docker.io/chrislusf/seaweedfs:4.48"),
        ("ghcr.io/mlflow/mlflow:v3.17.2-full", "ghcr.io/mlflow/mlflow:v3.17.2-full"),
        ("localhost/x", "localhost/x:latest"),
        ("registry:5000/x/y", "registry:5000/x/y:latest"),
        ("postgres@sha256:abc", "docker.io/library/postgres@sha256:abc"),
    ],
)
def test_a_reference_has_one_full_name(written: str, full: str) -> None:
    assert images.full_name(written) == full
    assert images.full_name(full) == full
    assert written in images.spellings(full)


def test_an_archive_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"none\.tar is not there"):
        images.import_image(tmp_path / "none.tar", "x")


@pytest.mark.parametrize(
    ("held", "wanted", "tagged"),
    [
        (["docker.io/library/x:1"], "x:1", None),
        (["other:2"], "x:1", "docker.io/library/x:1"),
    ],
)
def test_what_an_archive_holds_gets_the_name_that_pods_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: list[str], wanted: str, tagged: str | None
) -> None:
    calls = fake_ctr(monkeypatch, held)
    (tmp_path / "x.tar").touch()
    images.import_image(tmp_path / "x.tar", wanted)
    assert [call[-1] for call in calls if call[:2] == ("images", "tag")] == ([tagged] if tagged else [])


def test_an_archive_of_several_other_images_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_ctr(monkeypatch, ["a:1", "b:1"])
    (tmp_path / "x.tar").touch()
    with pytest.raises(LocalError, match=r"does not hold x:1 \(but a:1, b:1\)"):
        images.import_image(tmp_path / "x.tar", "x:1")


def test_packing_the_same_files_gives_the_same_bytes(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    for name in ("one.tar", "two.tar"):
        archive.pack(tmp_path / name, "example/x:1", {"program": program}, ["/program"])
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_a_packed_image_names_itself_and_runs_as_nobody_special(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    archive.pack(tmp_path / "x.tar", "example/x:1", {"program": program}, ["/program"])
    with tarfile.open(tmp_path / "x.tar") as tar:

        def read(name: str) -> dict:
            return json.load(tar.extractfile(name))  # type: ignore[arg-type]

        entry = read("index.json")["manifests"][0]
        assert entry["annotations"]["io.containerd.image.name"] == "example/x:1"
        manifest = read(f"blobs/{entry['digest'].replace(':', '/')}")
        config = read(f"blobs/{manifest['config']['digest'].replace(':', '/')}")
    assert config["config"] == {"User": "65532:65532", "Entrypoint": ["/program"]}


def fake_ctr(monkeypatch: pytest.MonkeyPatch, held: list[str]) -> list[tuple[str, ...]]:
    """Containerd's command, which prints a line for every image that it unpacks."""
    calls: list[tuple[str, ...]] = []

    def ctr(*arguments: str) -> str:
        calls.append(arguments)
        return "".join(f"unpacking {name} (sha256:abc)...done\n" for name in held) if "import" in arguments else ""

    monkeypatch.setattr(images, "ctr", ctr)
    return calls
