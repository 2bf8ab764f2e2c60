"""Brings a new or upgraded API to where steps can be started: its tables, the project, a function for each step."""

import json
import os
import pathlib
import time

import mlrun
import requests

SECONDS = 600


def connect() -> "mlrun.db.httpdb.HTTPRunDB":
    """Once the API answers. One that was upgraded answers nothing else before its tables are."""
    url, token = os.environ["MLRUN_DBPATH"], os.environ["MLRUN_AUTH_SESSION"]
    end = time.monotonic() + SECONDS
    while True:
        try:
            requests.get(f"{url}/api/v1/healthz", timeout=10).raise_for_status()
            break
        except requests.RequestException as error:
            if time.monotonic() > end:
                raise SystemExit(f"no API at {url} within {SECONDS} s: {error}") from error
            time.sleep(3)
    answer = requests.post(
        f"{url}/api/v1/operations/migrations", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    answer.raise_for_status()
    while answer.status_code == requests.codes.accepted and _migrates(url):
        if time.monotonic() > end:
            raise SystemExit(f"the tables are not migrated within {SECONDS} s: look at the log of the chief")
        time.sleep(3)
    return mlrun.get_run_db()


def _migrates(url: str) -> bool:
    return requests.get(f"{url}/api/v1/projects", timeout=30).status_code == requests.codes.precondition_failed


def register(db: "mlrun.db.httpdb.HTTPRunDB", project: str, functions: list[dict]) -> None:
    mlrun.get_or_create_project(project, context="/tmp/project", save=True)
    for function in functions:
        mlrun.new_function(runtime=function).save(versioned=False)
        print(f"function {project}/{function['metadata']['name']}")
    declared = {function["metadata"]["name"] for function in functions}
    for known in db.list_functions(project=project, labels=[os.environ["MANAGED"]]):
        name = known["metadata"]["name"]
        if name not in declared:
            db.delete_function(name, project)
            print(f"removed {project}/{name}, which is declared no more")


if __name__ == "__main__":
    wanted = json.loads((pathlib.Path(__file__).parent / "functions.json").read_text())
    register(connect(), os.environ["PROJECT"], wanted)
