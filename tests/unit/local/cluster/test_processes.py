"""The supervisor, with real processes of its own: a `sleep` here and there."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cluster import processes
from local.cluster.processes import Process
from local.errors import LocalError


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(processes, "CLUSTER", tmp_path)
    monkeypatch.setattr(processes, "RECORDS", tmp_path / "processes")
    monkeypatch.setattr(processes, "LOGS", tmp_path / "logs")
    yield
    for pid, _ in list(processes.marked()):
        processes.stop(pid)


def sleeper(trouble: str | None = None, files: dict[Path, str] | None = None) -> Process:
    return Process("sleeper", ("/bin/sleep", "60"), lambda: trouble, files or {}, patience=2)


def start(process: Process) -> int:
    processes.ensure(process, print)
    processes.wait(process, print)
    pid = processes.running("sleeper")
    assert pid
    return pid


def record(**changes: object) -> None:
    path = processes.RECORDS / "sleeper.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_process_outlives_the_session_that_started_it() -> None:
    assert os.getsid(start(sleeper())) != os.getsid(0)


def test_what_runs_and_answers_is_left_alone() -> None:
    assert start(sleeper()) == start(sleeper())


def test_what_was_killed_is_started_again() -> None:
    first = start(sleeper())
    processes.stop(first)
    assert start(sleeper()) != first


def test_a_reused_process_id_is_not_taken_for_the_process() -> None:
    start(sleeper())
    record(pid=os.getpid())
    assert processes.running("sleeper") is None


def test_a_record_from_before_a_reboot_counts_for_nothing() -> None:
    start(sleeper())
    record(boot="another")
    assert processes.running("sleeper") is None


def test_a_half_written_record_counts_for_nothing() -> None:
    start(sleeper())
    (processes.RECORDS / "sleeper.json").write_text('{"pid": 1')
    assert processes.running("sleeper") is None


def test_a_process_whose_record_was_never_written_is_replaced_and_not_doubled() -> None:
    first = start(sleeper())
    (processes.RECORDS / "sleeper.json").unlink()
    second = start(sleeper())
    assert second != first
    assert [pid for pid, name in processes.marked() if name == "sleeper"] == [second]


def test_changed_settings_start_it_again(tmp_path: Path) -> None:
    settings = tmp_path / "settings"
    first = start(sleeper(files={settings: "old"}))
    assert settings.read_text() == "old"
    assert start(sleeper(files={settings: "new"})) != first
    assert settings.read_text() == "new"


def test_one_that_ends_at_once_is_reported_with_its_last_words() -> None:
    broken = Process("broken", ("/bin/sh", "-c", "echo no such luck; exit 3"), lambda: "silent", patience=60)
    processes.ensure(broken, print)
    with pytest.raises(LocalError, match=r"broken does not come up \(it ended: no such luck\)"):
        processes.wait(broken, print)


def test_one_that_never_answers_is_reported_with_its_trouble() -> None:
    silent = Process("sleeper", ("/bin/sleep", "60"), lambda: "not ready", patience=0.5)
    processes.ensure(silent, print)
    with pytest.raises(LocalError, match="not ready"):
        processes.wait(silent, print)


def test_one_that_ignores_the_request_to_end_is_ended() -> None:
    stubborn = subprocess.Popen(
        ["/bin/sh", "-c", "trap '' TERM; echo set; while :; do sleep 0.1; done"], stdout=subprocess.PIPE
    )
    assert stubborn.stdout and stubborn.stdout.readline() == b"set\n"
    processes.stop(stubborn.pid, grace=0.3)
    assert stubborn.wait(60) == -signal.SIGKILL


def test_a_zombie_does_not_count_as_running() -> None:
    child = subprocess.Popen(["/bin/true"])
    deadline = time.monotonic() + 60
    while processes.start_time(child.pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert processes.start_time(child.pid) is None
    child.wait()


def test_nothing_of_the_callers_environment_reaches_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "known")
    monkeypatch.setenv("HTTPS_PROXY", "somewhere")
    environment = Path(f"/proc/{start(sleeper())}/environ").read_text()
    assert "known" not in environment and "somewhere" not in environment
