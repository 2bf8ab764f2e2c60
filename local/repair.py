"""What an engine that was killed leaves behind, explained and put right before the next run."""

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.debian import Say

if TYPE_CHECKING:
    from local.stack import Stack


def repair(stack: "Stack", say: Say) -> bool:
    """Free a lock whose holder is gone, and drop operations that no engine works on.

    Tells whether there were any: the state may then know of less, or of more, than there is.
    """
    if any(_held(_read(lock) or {}) for lock in stack.locks):
        return False
    killed = bool(stack.locks)
    if killed:
        say("the last run was killed and left its lock: freeing it")
        stack.unlock()
    return _drop_pending(stack, say) or killed


def _read(file: Path) -> dict[str, Any] | None:
    """None if it was not written to its end."""
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except ValueError:
        return None


def _held(lock: dict[str, Any]) -> bool:
    """Whether the process that wrote this lock may still be at work. One on another machine is taken for alive."""
    if lock.get("hostname") not in (None, socket.gethostname()):
        return True
    pid = lock.get("pid")
    if not isinstance(pid, int):
        return False
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"pulumi" in file.read()
    except OSError:
        return False


def _drop_pending(stack: "Stack", say: Say) -> bool:
    """An object whose creation was cut short is found again by its field manager, so nothing is lost by forgetting."""
    state = stack.export()
    deployment = state.get("deployment")
    pending = deployment.get("pending_operations") if isinstance(deployment, dict) else None
    if pending and isinstance(deployment, dict):
        names = ", ".join(sorted(str(one["resource"]["urn"]).rsplit("::", 1)[-1] for one in pending))
        say(f"the last run was cut short at {names}: the next one makes sure of them")
        stack.restore({**state, "deployment": {**deployment, "pending_operations": []}})
    return bool(pending)
