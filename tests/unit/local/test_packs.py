"""Which rules judge a stack, and with what settings."""

from pathlib import Path

import pytest

from local import packs
from local.paths import REPOSITORY
from policies.all.pack import POLICIES
from policies.outside.configuration import read

SETTINGS = sorted((REPOSITORY / "stacks/policies").glob("*.json"))


def test_every_rule_judges_every_stack_by_the_defaults_unless_the_stack_says_otherwise():
    assert packs.options("unheard-of") == [f"--policy-pack={REPOSITORY / 'policies/all'}"]


def test_a_stacks_own_settings_go_with_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    own = tmp_path / "shop.json"
    own.write_text('{"seccomp": "advisory"}')
    monkeypatch.setattr(packs, "_SETTINGS", tmp_path)
    assert packs.options("shop")[1:] == [f"--policy-pack-config={own}"]


@pytest.mark.parametrize("file", SETTINGS, ids=lambda file: file.stem)
def test_the_settings_of_each_stack_mean_something(file: Path):
    assert len(read(file)) == len(POLICIES)
    assert (REPOSITORY / "stacks" / f"Pulumi.{file.stem}.yaml").exists()
