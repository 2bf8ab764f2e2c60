"""The policy packs of this repository, and what each stack sets in them."""

from local.paths import REPOSITORY

_PACKS = REPOSITORY / "policies"
_SETTINGS = REPOSITORY / "stacks" / "policies"
_DEFAULTS = _SETTINGS / "defaults.json"


def options(stack: str) -> list[str]:
    """Flags for `pulumi`: every pack, with `stacks/policies/<stack>/<pack>.json` where that exists."""
    flags = []
    for pack in sorted(file.parent for file in _PACKS.glob("*/PulumiPolicy.yaml")):
        settings = _SETTINGS / stack / f"{pack.name}.json"
        # The engine pairs packs and settings by their order, so each pack needs some.
        flags += [f"--policy-pack={pack}", f"--policy-pack-config={settings if settings.exists() else _DEFAULTS}"]
    return flags
