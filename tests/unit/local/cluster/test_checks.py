"""Every machine that will not do is refused with one line that says why and what to do."""

import os
import platform
import shutil
import socket
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from local.cluster import cgroups, checks
from local.cluster.network import Network
from local.errors import LocalError

HERE = Network(IPv4Network("127.0.0.0/24"), IPv4Network("10.202.0.0/16"))


@pytest.fixture
def binaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(checks, "RECORD", tmp_path / "network.json")
    for name in checks.PROGRAMS:
        (tmp_path / name).touch(mode=0o755)
    return tmp_path


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on loopback that somebody listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_without_root(binaries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LocalError, match="needs root: run as root"):
        checks.machine()


def test_with_a_program_that_was_not_built(binaries: Path) -> None:
    (binaries / "kubelet").unlink()
    with pytest.raises(LocalError, match="kubelet not built"):
        checks.programs(binaries)


def test_with_a_full_disk(binaries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1024**3))  # type: ignore[attr-defined]
    with pytest.raises(LocalError, match=r"1\.0 GiB free .* 8 are needed"):
        checks.machine()
    checks.RECORD.touch()
    checks.machine()  # whoever has the images already needs little


def test_without_a_control_group_controller(binaries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu io pids\n")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    with pytest.raises(LocalError, match="no cgroup controller memory"):
        checks.machine()


def test_with_a_socket_path_that_is_too_long(binaries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "CONTAINERD_SOCKET", Path("/" + "x" * 120))
    with pytest.raises(LocalError, match="set XDG_STATE_HOME to a shorter path"):
        checks.machine()


def test_with_a_port_that_another_program_holds(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "marked", lambda: iter([]))
    monkeypatch.setattr(checks, "LOOPBACK_PORTS", {taken: "etcd"})
    with pytest.raises(LocalError, match=f"port {taken} on 127.0.0.1, which etcd needs, is taken"):
        checks.loopback_ports()


def test_with_a_port_of_the_bridge_that_another_program_holds(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "marked", lambda: iter([]))
    monkeypatch.setattr(checks, "BRIDGE_PORTS", {taken: "coredns"})
    with pytest.raises(LocalError, match=f"port {taken} on 127.0.0.1, which coredns needs, is taken"):
        checks.bridge_ports(HERE)


def test_a_port_that_our_own_component_holds_is_no_trouble(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "marked", lambda: iter([(1, "etcd")]))
    monkeypatch.setattr(checks, "LOOPBACK_PORTS", {taken: "etcd"})
    checks.loopback_ports()


def test_of_another_architecture(binaries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(LocalError, match=r"are for amd64, and this machine is aarch64: .*KUBECONFIG"):
        checks.machine()
