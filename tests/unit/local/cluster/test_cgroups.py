"""The cluster's control group: there before the kubelet, and as heavy as the pods of a node of their own."""

import os
from pathlib import Path

import pytest

from local.cluster import cgroups
from local.cluster.names import CGROUP


def test_pods_together_weigh_as_much_as_on_a_node_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    for hierarchy in cgroups.NEEDED:
        (tmp_path / hierarchy / CGROUP).mkdir(parents=True)
        (tmp_path / hierarchy / "cgroup.procs").touch()
    shares = tmp_path / "cpu" / CGROUP / "cpu.shares"
    shares.write_text("1024")
    cgroups.make()
    assert shares.read_text() == str(1024 * (os.cpu_count() or 1))


def test_they_do_where_there_is_one_hierarchy_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    (tmp_path / CGROUP).mkdir()
    (weight := tmp_path / CGROUP / "cpu.weight").write_text("100")
    cgroups.make()
    assert weight.read_text() == str(100 * (os.cpu_count() or 1))
    assert (tmp_path / CGROUP / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"
