"""Which rules the cluster of a stack enforces: those that `make admission` wrote, from the stack's policy settings."""

from pathlib import Path

from components.governance.rules import Rules

_POLICIES = Path(__file__).with_name("policies")


def rules(stack: str) -> Rules:
    """Those of `stacks/policies/<stack>.admission.yaml`, or else those for all stacks."""
    own = _POLICIES / f"{stack}.admission.yaml"
    return Rules.read(own if own.exists() else _POLICIES / "admission.yaml")
