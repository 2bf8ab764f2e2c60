"""Prefect's flows, deployments and runs, by its REST API: DataHub itself can only be told of them by each flow."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import requests
from datahub.ingestion.api.decorators import SupportStatus, config_class, platform_name, support_status
from engines import EngineConfig, EngineSource, Flow, Run, Step, login, moment

_PAGE = 200  # what the API gives at most
_RESULTS = {
    "COMPLETED": "SUCCESS",
    "FAILED": "FAILURE",
    "CRASHED": "FAILURE",
    "CANCELLED": "SKIPPED",
}


@platform_name("Prefect")
@config_class(EngineConfig)
@support_status(SupportStatus.TESTING)
class PrefectSource(EngineSource):
    """A flow with a step for each of its deployments, and the newest runs of any of these."""

    platform = "prefect"

    def flows(self) -> Iterator[Flow]:
        self._session = self._logged_in()
        deployments = self._all("deployments", {})
        for flow in self._all("flows", {}):
            own = [one for one in deployments if one["flow_id"] == flow["id"]]
            yield Flow(
                key=flow["name"],
                name=flow["name"],
                url=f"{self.config.page}/flows/flow/{flow['id']}",
                tags=tuple(flow.get("tags") or ()),
                steps=tuple(_step(one) for one in own),
                runs=tuple(_run(one) for one in self._runs(flow["id"])),
            )

    def _runs(self, flow: str) -> list[dict[str, Any]]:
        asked = {"flows": {"id": {"any_": [flow]}}, "sort": "START_TIME_DESC", "limit": self.config.most_runs}
        return self._ask("flow_runs", asked)

    def _all(self, kind: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self._ask(kind, {**asked, "limit": _PAGE, "offset": len(found)})
            found.extend(page)
            if len(page) < _PAGE:
                return found

    def _logged_in(self) -> requests.Session:
        """With a token against forged requests, which the server wants even of one that only asks."""
        session, client = requests.Session(), str(uuid4())
        name, _, password = login("PREFECT_API_AUTH_STRING").partition(":")
        session.auth = (name, password)
        answer = session.get(f"{self.config.api}/csrf-token", params={"client": client}, timeout=60)
        answer.raise_for_status()
        session.headers.update({"Prefect-Csrf-Token": answer.json()["token"], "Prefect-Csrf-Client": client})
        return session

    def _ask(self, kind: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self._session.post(f"{self.config.api}/{kind}/filter", json=asked, timeout=60)
        answer.raise_for_status()
        return list(answer.json())


def _step(deployment: dict[str, Any]) -> Step:
    details = {key: str(deployment[key]) for key in ("entrypoint", "work_pool_name", "version") if deployment.get(key)}
    return Step(deployment["name"], details=details)


def _run(run: dict[str, Any]) -> Run:
    said = str(run.get("state_type") or "")
    ends = moment(run.get("start_time")), moment(run.get("end_time"))
    return Run(run["id"], run["name"], *ends, result=_RESULTS.get(said, ""), said=said)
