"""Which packs judge a stack, and with what settings."""

import json
from pathlib import Path

import pytest

from local import packs
from local.paths import REPOSITORY


def flags(stack: str) -> dict[str, str]:
    """Pack -> the file with its settings, as the engine pairs them."""
    given = [option.partition("=")[2] for option in packs.options(stack)]
    return {Path(pack).name: settings for pack, settings in zip(given[::2], given[1::2], strict=True)}


def test_every_pack_judges_every_stack_by_the_defaults_unless_the_stack_says_otherwise():
    found = flags("unheard-of")
    assert set(found) == {"open_source", "guardrails"}
    assert all(json.loads(Path(file).read_text()) == {} for file in found.values())


def test_a_stacks_own_settings_go_with_their_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "shop").mkdir()
    own = tmp_path / "shop" / "guardrails.json"
    own.write_text('{"seccomp": "advisory"}')
    monkeypatch.setattr(packs, "_SETTINGS", tmp_path)
    monkeypatch.setattr(packs, "_DEFAULTS", tmp_path / "defaults.json")
    assert flags("shop") == {"guardrails": str(own), "open_source": str(tmp_path / "defaults.json")}


def test_settings_are_for_packs_that_exist():
    known = {file.parent.name for file in (REPOSITORY / "policies").glob("*/PulumiPolicy.yaml")}
    assert {file.stem for file in (REPOSITORY / "stacks/policies").glob("*/*.json")} <= known
