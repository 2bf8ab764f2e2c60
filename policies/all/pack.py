"""The rules of the pack."""

from pulumi_policy import Policy

from ..guardrails import pack as guardrails
from ..open_source import pack as open_source
from ..serving import serve

NAME = "all"
POLICIES: list[Policy] = [*open_source.POLICIES, *guardrails.POLICIES]


def start() -> None:
    """Serve the rules to the engine; returns when the engine is done with them."""
    serve(NAME, POLICIES)
