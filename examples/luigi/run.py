"""Run a step that the platform offers and wait for its end: `python examples/luigi/run.py training monday`."""

import json
import os
import sys
import time
from typing import Any

import requests
from kubernetes import client, config

POLL_SECONDS = 2


class Scheduler:
    """Luigi's API behind the platform's login."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url, self.login = url, (username, password)

    def call(self, method: str, **arguments: Any) -> Any:
        """By POST, as Luigi's own client does: a GET that changes something needs the page it comes from."""
        data = {"data": json.dumps(arguments)}
        answer = requests.post(f"{self.url}/api/{method}", data=data, auth=self.login, timeout=30)
        answer.raise_for_status()
        return answer.json()["response"]

    def status(self, run: str) -> str:
        """Of a run's task; empty before the scheduler has heard of it."""
        known = self.call("task_list", status="", upstream_status="").values()
        return next((task["status"] for task in known if task["params"].get("name") == run), "")


def start(jobs: client.BatchV1Api, namespace: str, step: str, run: str) -> None:
    """What `kubectl create job <run> --from=cronjob/<step>` does."""
    template = jobs.read_namespaced_cron_job(step, namespace).spec.job_template
    metadata = client.V1ObjectMeta(name=run, labels=template.metadata.labels)
    jobs.create_namespaced_job(namespace, client.V1Job(metadata=metadata, spec=template.spec))


def wait(jobs: client.BatchV1Api, namespace: str, run: str) -> bool:
    """Until the run's client has ended, with all its attempts. Whether it has succeeded."""
    while True:
        conditions = jobs.read_namespaced_job(run, namespace).status.conditions or []
        ends = [one.type for one in conditions if one.status == "True" and one.type in ("Complete", "Failed")]
        if ends:
            return "Complete" in ends
        time.sleep(POLL_SECONDS)


def log(namespace: str, run: str) -> str:
    """What the run's client printed, which has the step's own log in it."""
    core = client.CoreV1Api()
    pods = core.list_namespaced_pod(namespace, label_selector=f"batch.kubernetes.io/job-name={run}").items
    return "".join(core.read_namespaced_pod_log(pod.metadata.name, namespace) for pod in pods)


def main(step: str, run: str) -> None:
    config.load_kube_config()
    jobs, namespace = client.BatchV1Api(), os.environ["LUIGI_NAMESPACE"]
    scheduler = Scheduler(os.environ["LUIGI_URL"], os.environ["LUIGI_USERNAME"], os.environ["LUIGI_PASSWORD"])
    start(jobs, namespace, step, run)
    succeeded = wait(jobs, namespace, run)
    print(log(namespace, run))
    print(f"{run}: {scheduler.status(run)}")
    sys.exit(not succeeded)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
