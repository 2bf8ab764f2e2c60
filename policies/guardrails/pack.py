"""The rules of the pack."""

from pulumi_policy import Policy

from ..serving import serve
from .capacity.rule import CAPACITY
from .cloud.encryption import ENCRYPTED
from .cloud.gpus import GPU_POOLS
from .cloud.identity import NAMED_RIGHTS
from .cloud.protection import PROTECTED
from .cloud.public import NOTHING_PUBLIC
from .cloud.templates import GPU_TEMPLATES
from .cost.budget import BUDGET
from .hardening import HARDENING
from .ownership import OWNED
from .redundancy import REDUNDANT
from .secrets import NO_SECRETS_IN_THE_CLEAR

NAME = "guardrails"
POLICIES: list[Policy] = [
    *HARDENING,
    NO_SECRETS_IN_THE_CLEAR,
    *NOTHING_PUBLIC,
    ENCRYPTED,
    NAMED_RIGHTS,
    GPU_POOLS,
    GPU_TEMPLATES,
    PROTECTED,
    OWNED,
    REDUNDANT,
    BUDGET,
    CAPACITY,
]


def start() -> None:
    """Serve the rules to the engine; returns when the engine is done with them."""
    serve(NAME, POLICIES)
