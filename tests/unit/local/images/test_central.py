"""Where jars come from is the machine's affair: no file of this repository names a host."""

import zipfile
from pathlib import Path

import pytest

from local.errors import LocalError
from local.images import central

INHERITED = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <repositories><repository><id>central</id><url>https://central.example/maven2/</url></repository></repositories>
</project>"""
MIRROR = "<mirror><id>m</id><mirrorOf>{of}</mirrorOf><url>https://mirror.example/all</url></mirror>"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One whose Maven has only its own defaults."""
    with zipfile.ZipFile(tmp_path / "maven-model-builder-3.x.jar", "w") as archive:
        archive.writestr(central._DEFAULTS, INHERITED)
    monkeypatch.setattr(central, "_LIBRARY", tmp_path)
    monkeypatch.setattr(central, "_SETTINGS", (tmp_path / "settings.xml",))
    monkeypatch.setattr(central.debian, "ensure", lambda packages, say: None)
    return tmp_path


def asked() -> str:
    central.address.cache_clear()
    return central.address(print)


def test_mavens_own_default_is_taken_where_nothing_else_is_said(machine: Path):
    assert asked() == "https://central.example/maven2"


@pytest.mark.parametrize(
    ("of", "taken"), [("central", True), ("*", True), ("internal, central", True), ("internal", False)]
)
def test_a_mirror_of_the_machines_settings_goes_first(machine: Path, of: str, taken: bool):
    (machine / "settings.xml").write_text(f"<settings><mirrors>{MIRROR.format(of=of)}</mirrors></settings>")
    assert (asked() == "https://mirror.example/all") is taken


def test_a_machine_without_maven_is_told_what_to_install(machine: Path):
    (machine / "maven-model-builder-3.x.jar").unlink()
    with pytest.raises(LocalError, match="install Debian's package `maven`"):
        asked()
