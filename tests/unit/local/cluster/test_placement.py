"""Simulated pods whose images have come give way to real ones, whatever else deletes them meanwhile."""

from typing import Any

import pytest

from local.cluster import api, placement
from local.cluster.names import SIMULATED
from local.errors import LocalError

POD = {
    "metadata": {"namespace": "a", "name": "b", "ownerReferences": [{"kind": "ReplicaSet"}]},
    "spec": {"nodeSelector": {SIMULATED: "true"}, "containers": [{"image": "docker.io/library/tool:1"}]},
    "status": {"phase": "Running"},
}


def answer(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers every deletion so."""

    def call(method: str, path: str, *_: Any, **__: Any) -> Any:
        if method == "DELETE":
            raise api.ApiError(status, f"of {path}")
        return {"items": [POD]}

    monkeypatch.setattr(api, "call", call)
    monkeypatch.setattr(placement, "all_images", lambda: {"docker.io/library/tool:1"})


def test_a_pod_that_is_gone_by_now_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(404, monkeypatch)
    placement.present()


def test_what_the_server_refuses_is_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(500, monkeypatch)
    with pytest.raises(LocalError, match=r"answers 500: of /api/v1/namespaces/a/pods/b: see .*kube-apiserver\.log"):
        placement.present()
