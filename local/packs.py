"""The policy packs of this repository, and what each stack sets in them."""

from pathlib import Path

from local.paths import REPOSITORY

# All packs in one: a pack is a process of its own, with an SDK to load.
_PACK = REPOSITORY / "policies" / "all"
_SETTINGS = REPOSITORY / "stacks" / "policies"


def options(stack: str) -> list[str]:
    """Flags for `pulumi`: every rule, with `stacks/policies/<stack>.json` where that exists."""
    chosen = settings(stack)
    return [f"--policy-pack={_PACK}", *([f"--policy-pack-config={chosen}"] if chosen else [])]


def settings(stack: str) -> Path | None:
    """The file with what a stack sets, if it sets anything."""
    file = _SETTINGS / f"{stack}.json"
    return file if file.exists() else None
