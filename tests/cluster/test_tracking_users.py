"""What the users may do that systems log in to MLflow as, asked with the logins that lie in the systems' namespaces."""

from typing import Any

import pytest
import requests

from tests.cluster.evidence import eventually, secrets
from tests.cluster.platform import Platform

API = "api/2.0/mlflow"
WRITER, READER = "writer", "reader"


def login(platform: Platform, user: str) -> tuple[str, str]:
    layer = {WRITER: "luigi-runs", READER: "metadata"}[user]
    held = secrets(platform, layer).values()
    (password,) = {one["MLFLOW_TRACKING_PASSWORD"] for one in held if "MLFLOW_TRACKING_PASSWORD" in one}
    return user, password


def ask(platform: Platform, user: str, method: str, path: str, **body: Any) -> requests.Response:
    endpoint = platform.endpoint("mlflow")
    who = (endpoint["username"], endpoint["password"]) if user == "admin" else login(platform, user)
    return requests.request(method, f"{endpoint['url']}/{path}", json=body, auth=who, timeout=60)


@pytest.fixture(scope="module")
def experiment(platform: Platform) -> str:
    """Of the administrator's, by its number."""
    made = ask(platform, "admin", "POST", f"{API}/experiments/create", name="of-the-administrator")
    if made.ok:
        return str(made.json()["experiment_id"])
    return str(_found(platform, "admin")["experiment_id"])


def _found(platform: Platform, user: str) -> dict[str, Any]:
    asked = {"filter": "name = 'of-the-administrator'", "max_results": 1}
    (only,) = ask(platform, user, "POST", f"{API}/experiments/search", **asked).json()["experiments"]
    return dict(only)


def test_a_steps_user_logs_into_anyones_experiment(platform: Platform, experiment: str):
    assert ask(platform, WRITER, "POST", f"{API}/runs/create", experiment_id=experiment).ok


def test_who_reads_sees_anyones_experiment_and_logs_nothing_there(platform: Platform, experiment: str):
    assert _found(platform, READER)["experiment_id"] == experiment
    assert ask(platform, READER, "POST", f"{API}/runs/create", experiment_id=experiment).status_code == 403


ADMINISTRATORS = {
    "makes a user": ("POST", f"{API}/users/create", {"username": "mallory", "password": "long-enough-for-it"}),
    "takes the administrator's password": (
        "PATCH",
        f"{API}/users/update-password",
        {"username": "admin", "password": "long-enough-for-it"},
    ),
    "makes itself administrator": ("PATCH", f"{API}/users/update-admin", {"is_admin": True}),
    "makes a role": ("POST", "api/3.0/mlflow/roles/create", {"workspace": "default", "name": "mine"}),
    "deletes another's experiment": ("POST", f"{API}/experiments/delete", {}),
}


@pytest.mark.parametrize("user", [WRITER, READER])
@pytest.mark.parametrize(("method", "path", "body"), ADMINISTRATORS.values(), ids=ADMINISTRATORS)
def test_no_system_is_the_administrator(
    platform: Platform, experiment: str, user: str, method: str, path: str, body: dict[str, Any]
):
    whole = {"username": user, "experiment_id": experiment, **body}
    assert ask(platform, user, method, path, **whole).status_code == 403


def test_new_passwords_reach_whoever_logs_in_and_the_old_ones_end(platform: Platform, experiment: str):
    old = login(platform, WRITER)
    environment = platform.environment
    rotated = {**environment["tracking"], "passwordRotation": environment["tracking"].get("passwordRotation", 1) + 1}
    platform.configure({**environment, "tracking": rotated})
    platform.stack.up()
    assert login(platform, WRITER) != old
    assert ask(platform, WRITER, "POST", f"{API}/runs/create", experiment_id=experiment).ok
    url = f"{platform.endpoint('mlflow')['url']}/{API}/experiments/search"

    def refused() -> bool:
        return requests.post(url, json={"max_results": 1}, auth=old, timeout=60).status_code == 401

    eventually(refused, "the servers have forgotten the old password", 180)
