"""When the provisioner counts as working."""

import os
import re
import time
from pathlib import Path

import pytest

from local.cluster import components, processes


@pytest.fixture
def beat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(components, "PROVISIONER_BEAT", tmp_path / "beat")
    monkeypatch.setattr(processes, "running", lambda name: 42 if name == "provisioner" else None)
    return tmp_path / "beat"


def test_a_fresh_heartbeat_of_the_running_provisioner_is_enough(beat: Path) -> None:
    beat.write_text("42")
    assert components._beat() is None


def test_a_heartbeat_that_an_earlier_provisioner_left_is_not(beat: Path) -> None:
    beat.write_text("41")
    assert components._beat() == "no heartbeat yet"
    beat.unlink()
    assert components._beat() == "no heartbeat yet"


def test_one_that_stopped_beating_is_reported_with_how_long_ago(beat: Path) -> None:
    beat.write_text("42")
    os.utime(beat, (time.time() - 60, time.time() - 60))
    assert re.fullmatch(r"no heartbeat for 6\d seconds", str(components._beat()))
