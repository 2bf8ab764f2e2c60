"""Builds with a Go that only notes how it was called, so that nothing is fetched and nothing compiled."""

import importlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local import toolchain
from local.errors import LocalError
from local.toolchain import modules
from local.toolchain.modules import Module

build = importlib.import_module("local.toolchain.build")  # whose name in the package is the function's

GO = """#!/bin/sh
echo "CGO_ENABLED=$CGO_ENABLED in $PWD: $*" >> "$FAKE/calls"
case "$1 $2" in
    "env GOVERSION") echo go1.26.1 ;;
    "mod download") echo "{\\"Dir\\": \\"$FAKE/published\\"}" ;;
    "list -deps") echo a; echo b ;;
    build*) [ ! -e "$FAKE/fail" ] || { echo "x.go:1: undefined: y" >&2; exit 1; }
        while [ "$1" != -o ]; do shift; done; find . -type f | sort > "$2" ;;
esac
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path / "go", GO).chmod(0o755)
    write(tmp_path / "published/main.go", "package main\n")
    write(tmp_path / "published/manifests/install.yaml", "kind: List\n")
    (tmp_path / "published/main.go").chmod(0o444)
    write(tmp_path / "modules/tool/go.mod", "module tool\n")
    write(tmp_path / "modules/tool/added/inner/signal.go", "package inner\n")
    monkeypatch.setenv("FAKE", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(build, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(modules, "HERE", tmp_path / "modules")
    build._go_version.cache_clear()
    yield tmp_path
    build._go_version.cache_clear()


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def tool(**changed: object) -> Module:
    return Module(
        **{"name": "tool", "packages": {"tool": "."}, "for_images": True, "completed": "example.org/t", **changed}
    )


def quiet(line: str) -> None: ...


def test_a_module_that_lacks_files_is_built_in_a_copy_that_has_them(fake: Path):
    folder = toolchain.build_one(tool(), quiet)
    assert (folder / "tool").read_text().split() == ["./inner/signal.go", "./main.go"]
    assert not (fake / "published/inner").exists(), "what Go keeps is left as it is"
    assert {path.name for path in (fake / "cache/toolchain").iterdir()} == {folder.name, ".tool-lock"}


def test_what_goes_into_images_needs_no_c_library_and_tells_no_path_of_this_machine(fake: Path):
    toolchain.build_one(tool(), quiet)
    (call,) = [line for line in (fake / "calls").read_text().splitlines() if ": build " in line]
    assert call.startswith("CGO_ENABLED=0 ") and " -trimpath " in call


def test_what_is_in_the_cache_is_not_built_again(fake: Path):
    first = toolchain.build_one(tool(), quiet)
    calls = (fake / "calls").read_text().count(": build ")
    assert toolchain.build_one(tool(), quiet) == first
    assert (fake / "calls").read_text().count(": build ") == calls


def test_two_who_want_the_same_build_get_the_one_that_the_first_made(fake: Path):
    with ThreadPoolExecutor(max_workers=2) as both:
        one, other = both.map(lambda _: toolchain.build_one(tool(), quiet), range(2))
    assert one == other and (fake / "calls").read_text().count(": build ") == 1


def test_links_that_are_right_are_left_alone_and_a_stale_one_is_replaced(fake: Path):
    link = toolchain.build([tool()], quiet) / "tool"
    made = link.lstat().st_ino
    assert (toolchain.build([tool()], quiet) / "tool").lstat().st_ino == made
    link.unlink()
    link.symlink_to(fake / "nowhere")
    assert (toolchain.build([tool()], quiet) / "tool").is_file()
    assert [path.name for path in link.parent.iterdir()] == ["tool"]


def test_a_failed_build_tells_what_the_compiler_said_and_counts_for_nothing(fake: Path):
    (fake / "fail").touch()
    with pytest.raises(LocalError, match="undefined: y"):
        toolchain.build_one(tool(), quiet)
    (fake / "fail").unlink()
    assert (toolchain.build_one(tool(), quiet) / "tool").is_file()


@pytest.mark.parametrize("path", ["go.mod", "added/inner/signal.go", "added/inner/new.go"])
def test_the_digest_changes_with_every_file_that_is_built(fake: Path, path: str):
    before = toolchain.digest(tool())
    write(fake / "modules/tool" / path, "package other\n")
    assert toolchain.digest(tool()) != before


def test_the_digest_changes_with_the_way_of_building(fake: Path):
    assert toolchain.digest(tool()) != toolchain.digest(tool(for_images=False, completed=""))
    assert toolchain.digest(tool()) != toolchain.digest(tool(variables=("main.version=2",)))


def test_cert_manager_is_built_from_the_version_that_the_catalogue_names_with_a_program_for_each_image():
    catalogue = json.loads(Path("components/catalog.json").read_text())
    named = {name: entry["version"] for name, entry in catalogue.items() if name.startswith("cert-manager-")}
    (version,) = set(named.values())
    module = toolchain.IN_IMAGES["cert-manager"]
    assert f"{module.completed} {version}\n" in (module.folder / "go.mod").read_text()
    assert module.variables == (f"{module.completed}/pkg/util.AppVersion={version}",)
    assert {*module.packages} == named.keys() - {"cert-manager-acmesolver"}
    assert all((module.folder / "added" / package / "main.go").is_file() for package in module.packages.values())


def test_argo_is_built_from_the_version_that_the_catalogue_names():
    catalogue = json.loads(Path("components/catalog.json").read_text())
    versions = {name: entry["version"].removesuffix("-nonroot") for name, entry in catalogue.items() if "argo" in name}
    (version,) = set(versions.values())
    module = toolchain.IN_IMAGES["argo"]
    assert f"{module.completed} {version}\n" in (module.folder / "go.mod").read_text()
    assert module.variables == (f"{module.completed}.version={version}",)
