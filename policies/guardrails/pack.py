"""The rules of the pack."""

from pulumi_policy import Policy, PolicyPack

from .hardening import HARDENING
from .secrets import NO_SECRETS_IN_THE_CLEAR

NAME = "guardrails"
POLICIES: list[Policy] = [*HARDENING, NO_SECRETS_IN_THE_CLEAR]


def start() -> None:
    """Serve the rules to the engine; returns when the engine is done with them."""
    PolicyPack(NAME, POLICIES)
