"""From nothing to a cluster with its images, in an order that wastes no time."""

import io
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local import embedded
from local.errors import LocalError
from local.images import Archive
from local.progress import Progress


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Everything that start() calls, played; the list tells what was called."""
    heard: list[str] = []
    (tmp_path / "tool-1").touch()
    monkeypatch.setattr(embedded, "_IMPORTED", tmp_path / "imported.json")
    monkeypatch.setattr(embedded.cluster, "check", lambda say: heard.append("check"))
    monkeypatch.setattr(embedded.toolchain, "build", lambda modules, say: heard.append("toolchain") or tmp_path)
    monkeypatch.setattr(embedded.images, "build", lambda names, say: {"tool": Archive("tool:1", tmp_path / "tool-1")})
    monkeypatch.setattr(embedded.cluster, "up", lambda binaries, say: heard.append("up"))
    monkeypatch.setattr(embedded.cluster, "has_image", lambda reference: False)
    monkeypatch.setattr(embedded.cluster, "import_image", lambda path, reference: heard.append(f"import {reference}"))
    monkeypatch.setattr(embedded.cluster, "present", lambda references: heard.append("present"))
    return heard


def start() -> str:
    out = io.StringIO()
    embedded.start(Progress(embedded.STEPS, out))
    return out.getvalue()


def test_images_are_built_while_the_cluster_starts_and_imported_once_it_runs(
    played: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    up = threading.Event()

    def build(names: object, say: object) -> dict[str, Archive]:
        assert up.wait(60), "the cluster waited for the images"
        return {"tool": Archive("tool:1", tmp_path / "tool-1")}

    monkeypatch.setattr(embedded.images, "build", build)
    monkeypatch.setattr(embedded.cluster, "up", lambda binaries, say: up.set() or played.append("up"))
    start()
    assert played == ["check", "toolchain", "toolchain", "up", "import tool:1", "present"]
    assert json.loads((tmp_path / "imported.json").read_text()) == {"tool:1": "tool-1"}


def test_a_machine_that_will_not_do_is_refused_before_anything_is_built(
    played: list[str], monkeypatch: pytest.MonkeyPatch
):
    def refuse(say: object) -> None:
        raise LocalError("the embedded cluster needs root", "run as root")

    monkeypatch.setattr(embedded.cluster, "check", refuse)
    monkeypatch.setattr(embedded.images, "build", lambda names, say: played.append("images"))
    with pytest.raises(LocalError, match="needs root"):
        start()
    assert played == []


def test_a_failure_ends_the_build_of_images_at_its_next_step(played: list[str], monkeypatch: pytest.MonkeyPatch):
    building, ended = threading.Event(), threading.Event()

    def build(names: object, say: Callable[[str], None]) -> None:
        building.set()
        try:
            for step in range(1000):
                say(f"step {step}")
                time.sleep(0.01)
        except LocalError:
            ended.set()

    def fail(modules: object, say: object) -> None:
        assert building.wait(60)
        raise LocalError("there is no Go on PATH", "install it")

    monkeypatch.setattr(embedded.images, "build", build)
    monkeypatch.setattr(embedded.toolchain, "build", fail)
    with pytest.raises(LocalError, match="there is no Go"):
        start()
    assert ended.is_set()


def test_an_image_that_cannot_be_built_is_told_as_if_it_had_been_built_here(
    played: list[str], monkeypatch: pytest.MonkeyPatch
):
    def fail(names: object, say: object) -> None:
        raise LocalError("the disk is full", "free some space")

    monkeypatch.setattr(embedded.images, "build", fail)
    with pytest.raises(LocalError, match="the disk is full"):
        start()


def test_each_step_is_numbered_and_ends_with_its_time(played: list[str]):
    lines = start().splitlines()
    assert lines[0].startswith("[1/3] 00:00  engine and Kubernetes") and "done in" in lines[-1]
