"""How `make test` runs what needs no cluster beside what does."""

import os
import signal
import subprocess
import sys
import time

import pytest

from local.cluster import processes
from local.paths import REPOSITORY
from tests import beside

GOOD, BAD = ["true"], ["false"]


@pytest.mark.parametrize(("first", "other", "code"), [(GOOD, GOOD, 0), (BAD, GOOD, 1), (GOOD, BAD, 1)])
def test_either_of_the_two_fails_the_whole(first: list[str], other: list[str], code: int):
    assert beside.run(first, other) == code


def test_what_ran_beside_is_shown_at_the_end_and_took_only_what_was_left(capfd: pytest.CaptureFixture[str]):
    look = [sys.executable, "-c", "import os; print('beside', os.nice(0))"]
    assert beside.run(["sh", "-c", "sleep 0.2; echo first"], look) == 0
    assert capfd.readouterr().out.split() == ["first", "beside", "19"]


def test_nothing_goes_on_after_an_interrupt():
    # Not a shell's `sleep`: a shell that is interrupted while it starts a command may go on to wait for it.
    first = [sys.executable, "-c", "import time; print('runs', flush=True); time.sleep(60)"]
    program = f"from tests import beside; beside.run({first}, ['sleep', '60'])"
    running = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # What runs in the background of a shell is not interrupted, nor is what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert running.stdout and running.stdout.readline()
    both = {pid: processes.start_time(pid) for pid in _children(running.pid)}
    assert len(both) == 2
    os.killpg(running.pid, signal.SIGINT)
    running.wait(timeout=60)
    ends = time.monotonic() + 60
    while any(processes.start_time(pid) == began for pid, began in both.items()):
        assert time.monotonic() < ends
        time.sleep(0.05)


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]
