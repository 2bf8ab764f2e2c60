"""What is taken for the cluster's, and what is left to others."""

import os
from pathlib import Path

import pytest

from local.cluster import cleanup


def test_mounts_under_our_folder_are_found_deepest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "CLUSTER", Path("/state/cluster"))
    lines = [
        "/",
        "/state",
        "/state/cluster-of-another",
        "/state/cluster/kubelet/pods/x",
        r"/state/cluster/kubelet/a\040b",
        "/state/cluster/kubelet/pods/x/volumes/y",
    ]
    info = "".join(f"36 35 98:0 / {point} rw,noatime master:1 - ext4 /dev/root rw\n" for point in lines)
    assert cleanup.parse_mounts(info) == [
        "/state/cluster/kubelet/pods/x/volumes/y",
        "/state/cluster/kubelet/pods/x",
        "/state/cluster/kubelet/a b",
    ]


def test_a_process_that_ends_just_before_its_signal_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = iter([7, 7])

    def gone(pid: int, number: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(cleanup.cgroups, "processes", lambda: {4711})
    monkeypatch.setattr(cleanup, "start_time", lambda pid: next(seen, None))
    monkeypatch.setattr(os, "kill", gone)
    cleanup._stop_pods()
