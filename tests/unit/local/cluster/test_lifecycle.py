"""In which order a cluster comes up, and what a start that fails leaves behind."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from local.cluster import checks, cleanup, lifecycle, network, sysctls
from local.cluster.network import Network
from local.errors import LocalError

CHOSEN = Network(IPv4Network("10.201.0.0/16"), IPv4Network("10.202.0.0/16"))


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked and made, in order; the port of the bridge is taken, and nothing touches the machine."""
    told: list[str] = []
    for module in (network, cleanup):
        monkeypatch.setattr(module, "RECORD", tmp_path / "network.json")
    monkeypatch.setattr(sysctls, "RECORD", tmp_path / "sysctls.json")
    monkeypatch.setattr("local.cluster.exclusive.CLUSTER", tmp_path)
    for name in ("LOGS", "RECORDS", "VOLUMES"):
        monkeypatch.setattr(lifecycle, name, tmp_path / name)
    monkeypatch.setattr(lifecycle.debian, "ensure", lambda packages, say: told.append("packages"))
    monkeypatch.setattr(network, "host_routes", list)
    for name in ("machine", "programs", "kernel", "loopback_ports"):
        monkeypatch.setattr(checks, name, lambda *_, name=name: told.append(name))
    for name in ("network.apply", "firewall.apply", "cgroups.make", "shared_mounts.make"):
        module, _, verb = name.partition(".")
        monkeypatch.setattr(getattr(lifecycle, module), verb, lambda *_, name=name: told.append(name))
    monkeypatch.setattr(checks, "bridge_ports", _taken)
    monkeypatch.setattr(cleanup, "undo", lambda: told.append("undo"))
    monkeypatch.setattr(sysctls, "restore", lambda: told.append("restore"))
    return told


def _taken(_: Network) -> None:
    raise LocalError("port 53 is taken", "end that program, then run it again")


def test_a_machine_is_judged_whole_before_anything_is_made(heard: list[str], tmp_path: Path) -> None:
    lifecycle.check(print)
    assert heard == ["machine", "packages", "kernel", "loopback_ports"]
    assert not network.RECORD.exists()


def test_the_first_start_that_fails_leaves_the_machine_as_it_was(heard: list[str], tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="port 53 is taken"):
        lifecycle.up(tmp_path, print)
    assert heard.index("loopback_ports") < heard.index("network.apply") < heard.index("undo") < heard.index("restore")
    assert not network.RECORD.exists() and not sysctls.RECORD.exists()


def test_a_later_start_that_fails_leaves_what_the_cluster_stands_on(heard: list[str], tmp_path: Path) -> None:
    network.remember(CHOSEN)
    with pytest.raises(LocalError, match="port 53 is taken"):
        lifecycle.up(tmp_path, print)
    assert "undo" not in heard and network.RECORD.exists()
