"""Builds take turns: what two commands want at the same time is made by the first of them."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.debian import Say


@contextmanager
def turn(lock: Path, what: str, say: Say) -> Iterator[int]:
    """Wait for whoever holds `lock`, or for what a killed one left running. Gives the lock's file descriptor."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another {what} to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
