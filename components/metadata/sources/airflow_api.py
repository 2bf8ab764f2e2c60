"""Airflow's DAGs, tasks and runs, by its REST API: no plugin in Airflow's own pods, no call from a task to DataHub."""

from collections.abc import Iterator
from typing import Any

import requests
from datahub.ingestion.api.decorators import SupportStatus, config_class, platform_name, support_status
from engines import EngineConfig, EngineSource, Flow, Run, Step, login, moment

_PAGE = 100
_RESULTS = {"success": "SUCCESS", "failed": "FAILURE"}


@platform_name("Airflow")
@config_class(EngineConfig)
@support_status(SupportStatus.TESTING)
class AirflowSource(EngineSource):
    """A flow for each DAG, a step for each of its tasks in their order, and the DAG's newest runs."""

    platform = "airflow"

    def flows(self) -> Iterator[Flow]:
        self._session = self._logged_in()
        for dag in self._all("dags", "dags"):
            key = dag["dag_id"]
            runs = self._ask(f"dags/{key}/dagRuns", order_by="-start_date", limit=self.config.most_runs)["dag_runs"]
            yield Flow(
                key=key,
                name=dag.get("dag_display_name") or key,
                url=f"{self.config.page}/dags/{key}",
                description=dag.get("description") or "",
                tags=tuple(tag["name"] for tag in dag.get("tags") or ()),
                details={"schedule": str(dag.get("timetable_summary")), "paused": str(dag.get("is_paused"))},
                steps=tuple(_steps(self._ask(f"dags/{key}/tasks")["tasks"])),
                runs=tuple(_run(key, run) for run in runs),
            )

    def _logged_in(self) -> requests.Session:
        root = self.config.api.removesuffix("/api/v2")
        who = {"username": login("AIRFLOW_USERNAME"), "password": login("AIRFLOW_PASSWORD")}
        answer = requests.post(f"{root}/auth/token", json=who, timeout=60)
        answer.raise_for_status()
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return session

    def _all(self, path: str, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            answer = self._ask(path, limit=_PAGE, offset=len(found))
            found.extend(answer[kind])
            if not answer[kind] or len(found) >= answer["total_entries"]:
                return found

    def _ask(self, path: str, **asked: Any) -> dict[str, Any]:
        answer = self._session.get(f"{self.config.api}/{path}", params=asked, timeout=60)
        answer.raise_for_status()
        return dict(answer.json())


def _steps(tasks: list[dict[str, Any]]) -> Iterator[Step]:
    for task in tasks:
        before = tuple(one["task_id"] for one in tasks if task["task_id"] in (one.get("downstream_task_ids") or ()))
        yield Step(task["task_id"], before, {"operator": str(task.get("operator_name") or "")})


def _run(dag: str, run: dict[str, Any]) -> Run:
    said = str(run.get("state") or "")
    ends = moment(run.get("start_date")), moment(run.get("end_date"))
    return Run(f"{dag}/{run['dag_run_id']}", run["dag_run_id"], *ends, result=_RESULTS.get(said, ""), said=said)
