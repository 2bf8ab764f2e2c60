"""Start a DAG by Airflow's REST API, wait for its end, print the log of each attempt.

AIRFLOW_URL, AIRFLOW_USERNAME and AIRFLOW_PASSWORD say where and as whom: `make endpoints` prints them.
"""

import os
import sys
import time

import requests

ENDED = {"success", "failed"}


def log_in() -> requests.Session:
    session = requests.Session()
    login = {"username": os.environ["AIRFLOW_USERNAME"], "password": os.environ["AIRFLOW_PASSWORD"]}
    answer = requests.post(f"{os.environ['AIRFLOW_URL']}/auth/token", json=login, timeout=60)
    answer.raise_for_status()
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session


def log(session: requests.Session, url: str) -> list[str]:
    """The lines that the task wrote. They reach the bucket a moment after the run's end reaches the database."""
    for _ in range(30):
        lines = session.get(url, timeout=60).json()["content"]
        if any(line.get("timestamp") for line in lines):
            break
        time.sleep(2)
    return [line["event"] for line in lines]


def main(dag: str) -> int:
    session, api = log_in(), f"{os.environ['AIRFLOW_URL']}/api/v2"
    started = session.post(f"{api}/dags/{dag}/dagRuns", json={"logical_date": None}, timeout=60)
    started.raise_for_status()
    run = f"{api}/dags/{dag}/dagRuns/{started.json()['dag_run_id']}"
    while (state := session.get(run, timeout=60).json()["state"]) not in ENDED:
        time.sleep(2)
    task = f"{run}/taskInstances/step"
    attempts = session.get(task, timeout=60).json()["try_number"]
    for attempt in range(1, attempts + 1):
        print(*log(session, f"{task}/logs/{attempt}"), sep="\n")
    print(f"{dag}: {state} after {attempts} attempt(s)")
    return 0 if state == "success" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
