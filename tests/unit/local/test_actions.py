"""What the actions behind `make` do where the cluster isn't as they need it, and with a cluster that the user has."""

from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from local import __main__ as actions
from local.cluster import ComponentStatus
from local.environment import Surroundings
from local.errors import LocalError


class Stack:
    """One that exists, and notes what becomes of it."""

    exists = True

    def __init__(self) -> None:
        self.heard: list[str] = []

    def prepare(self, say: object) -> None:
        self.heard.append("prepare")

    def destroy(self) -> None:
        self.heard.append("destroy")

    def forget(self) -> None:
        self.heard.append("forget")

    def run(self, verb: str, *options: str) -> None:
        self.heard.append(verb)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    found = Stack()
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setattr(Surroundings, "stack", lambda self, name, say: found)
    monkeypatch.setattr(actions.cluster, "down", lambda say: found.heard.append("cluster down"))
    monkeypatch.setattr(actions.cluster, "leftovers", list)
    return found


def states(monkeypatch: pytest.MonkeyPatch, **healthy: bool) -> None:
    found = [ComponentStatus(name, 1, True, well, "", Path()) for name, well in healthy.items()]
    monkeypatch.setattr(actions.cluster, "status", lambda: found)


def test_a_cluster_that_is_to_be_kept_and_does_not_answer_is_no_success(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    asked = Namespace(stack="local", keep_cluster=True)
    for healthy, told in (({"etcd": True, "kwok": False}, r"\(kwok\)"), ({}, "it isn't running")):
        states(monkeypatch, **healthy)
        with pytest.raises(LocalError, match=f"nothing was destroyed.*{told}.*make up"):
            actions.down(asked)
    assert stack.heard == []
    states(monkeypatch, etcd=True)
    actions.down(asked)
    assert stack.heard == ["prepare", "destroy"]


def test_a_cluster_that_does_not_answer_is_taken_down_with_its_stack(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    states(monkeypatch, etcd=False)
    actions.down(Namespace(stack="local", keep_cluster=False))
    assert stack.heard == ["forget", "cluster down"]


def test_a_preview_needs_the_stack_and_its_cluster(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    states(monkeypatch)
    with pytest.raises(LocalError, match=r"isn't running.*`make up` starts it"):
        actions.preview(Namespace(stack="local"))
    states(monkeypatch, etcd=True)
    actions.preview(Namespace(stack="local"))
    assert stack.heard == ["prepare", "preview"]
    monkeypatch.setattr(Stack, "exists", False)
    with pytest.raises(LocalError, match=r"doesn't exist yet.*`make up` makes it"):
        actions.preview(Namespace(stack="local"))


def test_the_status_of_a_given_cluster_is_that_clusters_pods(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    heard: list[str] = []
    (tmp_path / "config").write_text("clusters: [{name: mine}]")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    monkeypatch.setattr(Surroundings, "kubectl", lambda self, *words: heard.extend([self.kubeconfig, *words]))
    monkeypatch.setattr(actions, "cluster", SimpleNamespace())
    actions.status(Namespace())
    assert heard[:3] == [str(tmp_path / "config"), "get", "pods"]
