"""One command at a time: two would start, or remove, everything twice."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from local.errors import LocalError
from local.paths import CLUSTER


@contextmanager
def alone() -> Iterator[None]:
    CLUSTER.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (CLUSTER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError("another command is working on the cluster", "wait for it, then run it again") from None
        yield
