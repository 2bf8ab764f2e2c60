"""`python -m tests.beside` runs all tests: those of a cluster, and beside them those that need none.

Cluster tests wait for most of their time, but servers that they start have time limits. So the others take what
these leave of the machine, and their output is shown at the end.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_PYTEST = (sys.executable, "-m", "pytest")
_AUTOGROUP = Path("/proc/self/autogroup")
"""There, sessions share the processor first: a priority of its own counts for a process only within its session."""


def step_back() -> None:
    """Take only what nobody else wants of the processor."""
    os.nice(19)
    with suppress(OSError):  # where there is none, or who is not root has just set one
        _AUTOGROUP.write_text("19")


def run(first: Sequence[str], beside: Sequence[str]) -> int:
    """Exit code of the first that fails, or 0; `beside` ends with `first` if that is interrupted."""
    with tempfile.TemporaryFile("w+") as printed:
        other = subprocess.Popen(
            beside, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=step_back
        )
        try:
            code = subprocess.run(first).returncode
            other.wait()
        finally:
            if other.poll() is None:
                os.killpg(other.pid, signal.SIGINT)
                other.wait()
            printed.seek(0)
            sys.stdout.write(printed.read())
    return code or other.returncode


if __name__ == "__main__":
    cluster = [*_PYTEST, "tests/cluster", *sys.argv[1:]]
    sys.exit(run(cluster, [*_PYTEST, "tests/unit", "tests/engine"]))
