"""Prefect's REST API as a program outside the cluster uses it: with a login, and a token against forged requests."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tests.cluster.evidence import eventually
from tests.cluster.platform import Platform

OVER = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(frozen=True)
class PrefectApi:
    """Behind one node port; runs are known by their id."""

    url: str
    login: tuple[str, str]

    @classmethod
    def of(cls, platform: Platform) -> "PrefectApi":
        endpoint = platform.endpoint("prefect")
        return cls(f"{endpoint['url']}/api", (endpoint["username"], endpoint["password"]))

    @cached_property
    def session(self) -> requests.Session:
        """Logged in, and patient with a server that restarts or is busy."""
        session = requests.Session()
        session.auth = self.login
        patience = Retry(total=9, backoff_factor=0.5, status_forcelist={500, 503}, allowed_methods=None)
        session.mount("http://", HTTPAdapter(max_retries=patience))
        return session

    def get(self, path: str) -> Any:
        answer = self.session.get(f"{self.url}/{path}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> requests.Response:
        client = str(uuid4())
        token = self.get(f"csrf-token?client={client}")["token"]
        headers = {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": client}
        return self.session.post(f"{self.url}/{path}", json=body, headers=headers, timeout=30)

    def deployment(self, step: str) -> str:
        return str(self.get(f"deployments/name/{step}/{step}")["id"])

    def start(self, step: str) -> str:
        answer = self.post(f"deployments/{self.deployment(step)}/create_flow_run", {"state": {"type": "SCHEDULED"}})
        answer.raise_for_status()
        return str(answer.json()["id"])

    def set_state(self, run: str, kind: str, name: str) -> None:
        body = {"state": {"type": kind, "name": name}, "force": kind == "SCHEDULED"}
        self.post(f"flow_runs/{run}/set_state", body).raise_for_status()

    def state(self, run: str) -> dict[str, Any]:
        return dict(self.get(f"flow_runs/{run}")["state"])

    def ended(self, run: str, seconds: float = 300) -> dict[str, Any]:
        """The state that a run came to."""

        def over() -> dict[str, Any] | None:
            state = self.state(run)
            return state if state["type"] in OVER else None

        return dict(eventually(over, f"the run {run} is over: it is {self.state(run)}", seconds))

    def log(self, run: str) -> list[str]:
        chosen = {"logs": {"flow_run_id": {"any_": [run]}}, "sort": "TIMESTAMP_ASC"}
        return [entry["message"] for entry in self.post("logs/filter", chosen).json()]

    def tasks(self, run: str) -> list[dict[str, Any]]:
        chosen = {"flow_runs": {"id": {"any_": [run]}}}
        return list(self.post("task_runs/filter", chosen).json())

    def says(self, run: str, words: str, seconds: float = 180) -> None:
        """Wait until a run's log says that."""
        eventually(lambda: any(words in line for line in self.log(run)), f"the log of {run} says {words!r}", seconds)
