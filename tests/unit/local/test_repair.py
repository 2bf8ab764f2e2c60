"""What a killed engine leaves behind, on a stack that only pretends to run `pulumi`."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local.repair import repair


class Fake:
    """The part of a Stack that repair uses."""

    def __init__(self, folder: Path, pending: list[dict[str, Any]]) -> None:
        self.folder, self.state, self.said = folder, {"deployment": {"pending_operations": pending}}, []

    @property
    def locks(self) -> list[Path]:
        return sorted(self.folder.glob("*.json"))

    def lock(self, pid: int, host: str = "") -> None:
        told = {"pid": pid, "hostname": host or socket.gethostname()}
        (self.folder / "lock.json").write_text(json.dumps(told))

    def unlock(self) -> None:
        for lock in self.locks:
            lock.unlink()

    def export(self) -> dict[str, Any]:
        return self.state

    def restore(self, state: Mapping[str, Any]) -> None:
        self.state = dict(state)


@pytest.fixture
def stack(tmp_path: Path) -> Fake:
    return Fake(tmp_path, [{"resource": {"urn": "urn:pulumi:a::b::c::store"}, "type": "creating"}])


def gone() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lock_of_a_process_that_is_gone_is_freed_and_explained(stack: Fake):
    stack.lock(gone())
    repair(stack, stack.said.append)
    assert not stack.locks and "left its lock" in stack.said[0]


def test_the_lock_of_another_program_with_a_reused_id_is_freed(stack: Fake):
    stack.lock(os.getppid() if b"pulumi" not in Path(f"/proc/{os.getppid()}/cmdline").read_bytes() else gone())
    repair(stack, stack.said.append)
    assert not stack.locks


def test_a_lock_from_another_machine_is_left_alone_with_what_is_pending(stack: Fake):
    stack.lock(gone(), "another-host")
    repair(stack, stack.said.append)
    assert stack.locks and stack.state["deployment"]["pending_operations"] and not stack.said


def test_a_lock_that_was_half_written_is_freed(stack: Fake):
    (stack.folder / "lock.json").write_text('{"pid": 1')
    repair(stack, stack.said.append)
    assert not stack.locks


def test_pending_operations_are_named_and_dropped(stack: Fake):
    assert repair(stack, stack.said.append)
    assert stack.state["deployment"]["pending_operations"] == [] and "cut short at store" in stack.said[0]
    assert not repair(stack, stack.said.append), "there is nothing left to be unsure of"
