"""The modules whose code is changed, and the tests that are asked."""

from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
TESTS = "tests/unit/policies"

_NO_RULES = ("__init__", "__main__", "pack", "admission")
"""What starts a pack, and what writes the objects of admission, whose test is the API server's verdict."""

MODULES = tuple(
    ".".join(path.relative_to(REPOSITORY / "policies").with_suffix("").parts)
    for folder in ("open_source", "guardrails")
    for path in sorted((REPOSITORY / "policies" / folder).rglob("*.py"))
    if not {*path.parts, path.stem} & set(_NO_RULES)
)

_SLOW = ("test_pack.py",)
"""They start processes."""


def tests() -> list[str]:
    """Those of all rules: any of them may notice a change."""
    return [
        str(path.relative_to(REPOSITORY))
        for folder in (TESTS, f"{TESTS}/guardrails", f"{TESTS}/report")
        for path in sorted((REPOSITORY / folder).glob("test_*.py"))
        if path.name not in _SLOW
    ]


_OTHERS = ("test_rules.py", "test_other_rules.py")
_HIDDEN = ("test_hiding_places.py", "test_hidden_images.py")
_AGAIN: Mapping[str, tuple[str, ...]] = {
    "open_source.rule": (
        "test_rules.py",
        "test_other_rules.py",
        "test_remedies.py",
        "test_hiding_places.py",
        "test_hidden_images.py",
    ),
    "open_source.catalogue": ("test_licence_catalogue.py",),
    "guardrails.rule": ("test_rules.py", "guardrails/test_hardening.py"),
    "guardrails.stack": ("test_rules.py", "guardrails/test_redundancy.py"),
    "guardrails.hardening": ("guardrails/test_hardening.py",),
    "guardrails.cloud.values": ("guardrails/test_cloud.py",),
    "guardrails.cost.bills": ("guardrails/test_budget.py",),
}


def again(module: str) -> list[str]:
    """The tests of what runs while the module is loaded."""
    return [f"{TESTS}/{name}" for name in _AGAIN.get(module, _OTHERS)]
