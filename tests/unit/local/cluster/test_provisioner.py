"""Volumes come and go with their claims, whatever happens in between."""

import stat
from pathlib import Path
from typing import Any

import pytest

from local.cluster import api, provisioner


@pytest.fixture
def volumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(provisioner, "VOLUMES", tmp_path)
    return tmp_path


class Server:
    """The two lists that the provisioner reads, and what it asks to be changed."""

    def __init__(self, claims: list[dict] | None = None, existing: list[dict] | None = None, fails: int = 0) -> None:
        self.lists = {provisioner.CLAIMS: claims or [], provisioner.PERSISTENT: existing or []}
        self.fails, self.changes = fails, []

    def call(self, method: str, path: str, body: Any = None, **_: object) -> Any:
        if method == "GET":
            return {"items": self.lists[path]}
        self.changes.append((method, path, body))
        if self.fails:
            raise api.ApiError(self.fails, "no")
        return {}


def claim(**changes: Any) -> dict:
    node = {provisioner.NODE_CHOSEN: "this-machine"}
    return {
        "metadata": {"name": "data", "namespace": "x", "uid": "u-1", "annotations": node},
        "spec": {
            "storageClassName": "local",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
        "status": {"phase": "Pending"},
        **changes,
    }


def persistent(**changes: Any) -> dict:
    return {
        "metadata": {"name": "pvc-u-1", "annotations": {provisioner.MADE_BY: provisioner.PROVISIONER}},
        "spec": {"persistentVolumeReclaimPolicy": "Delete"},
        "status": {"phase": "Released"},
        **changes,
    }


def run(monkeypatch: pytest.MonkeyPatch, server: Server) -> list:
    monkeypatch.setattr(api, "call", server.call)
    provisioner.reconcile()
    return server.changes


def test_a_claim_gets_a_folder_and_a_volume_on_its_node(volumes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [(method, _, body)] = run(monkeypatch, Server([claim()]))
    folder = volumes / "pvc-u-1"
    assert method == "POST" and body["spec"]["local"] == {"path": str(folder)}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777
    terms = body["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert terms[0]["matchExpressions"][0]["values"] == ["this-machine"]
    assert body["spec"]["claimRef"]["uid"] == "u-1"


@pytest.mark.parametrize(
    "other",
    [
        claim(metadata={"name": "data", "namespace": "x", "uid": "u-1"}),
        claim(status={"phase": "Bound"}),
        claim(spec={**claim()["spec"], "storageClassName": "other"}),
        claim(spec={**claim()["spec"], "volumeName": "chosen"}),
        claim(metadata={**claim()["metadata"], "deletionTimestamp": "now"}),
    ],
    ids=["no pod yet", "bound", "another class", "chosen by hand", "being deleted"],
)
def test_other_claims_are_left_alone(volumes: Path, monkeypatch: pytest.MonkeyPatch, other: dict) -> None:
    assert run(monkeypatch, Server([other])) == []
    assert list(volumes.iterdir()) == []


def test_a_volume_that_was_made_before_a_kill_is_not_made_twice(volumes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, Server([claim()], fails=409))
    (volumes / "pvc-u-1" / "kept").touch()
    run(monkeypatch, Server([claim()], fails=409))
    assert (volumes / "pvc-u-1" / "kept").exists()


def test_a_released_volume_goes_with_its_folder(volumes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (volumes / "pvc-u-1").mkdir()
    (volumes / "pvc-u-1" / "data").touch()
    [(method, path, _)] = run(monkeypatch, Server(existing=[persistent()]))
    assert (method, path) == ("DELETE", "/api/v1/persistentvolumes/pvc-u-1")
    assert list(volumes.iterdir()) == []


@pytest.mark.parametrize(
    "other",
    [
        persistent(status={"phase": "Bound"}),
        persistent(spec={"persistentVolumeReclaimPolicy": "Retain"}),
        persistent(metadata={"name": "pvc-u-1", "annotations": {provisioner.MADE_BY: "someone/else"}}),
    ],
    ids=["in use", "to be kept", "made by another"],
)
def test_other_volumes_keep_their_data(volumes: Path, monkeypatch: pytest.MonkeyPatch, other: dict) -> None:
    (volumes / "pvc-u-1").mkdir()
    assert run(monkeypatch, Server(existing=[other])) == []
    assert (volumes / "pvc-u-1").exists()


def test_a_refusal_of_the_server_is_not_swallowed(volumes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(api.ApiError):
        run(monkeypatch, Server([claim()], fails=403))


def test_a_simulated_pods_volume_may_follow_it_to_this_machine(volumes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = {provisioner.NODE_CHOSEN: "simulated-1"}
    [(_, _, body)] = run(monkeypatch, Server([claim(metadata={**claim()["metadata"], "annotations": node})]))
    terms = body["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert terms[0]["matchExpressions"][0]["values"] == ["simulated-1", "this-machine"]
