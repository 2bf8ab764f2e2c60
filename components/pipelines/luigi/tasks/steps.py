"""The step that this pod was started for, as a Luigi task under the step's own name."""

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import luigi
from cluster_job import ClusterJob
from luigi.target import FileSystemTarget
from marker import marker

STEP = json.loads(Path(os.environ["STEP_FILE"]).read_text())


class Step(luigi.Task):
    """One run of the step. What is done has left a marker in the bucket, and is not done again under the same name."""

    name = luigi.Parameter(description="of the run")
    retry_count = STEP["attempts"]
    # Failures count while they are younger than this: all of a run's, however long its attempts take.
    disable_window = STEP["seconds"]

    def output(self) -> FileSystemTarget:
        return marker(f"{os.environ['ARTIFACTS']}/runs/{self.task_family}/{self.name}.json")

    def run(self) -> None:
        started = time.time()
        job = ClusterJob(_job_name(self.name), os.environ["NAMESPACE"], _owned(STEP["job"]), self._say)
        job.run()
        with self.output().open("w") as marker:
            json.dump({"step": self.task_family, "run": self.name, "seconds": round(time.time() - started)}, marker)
        # Not before: until then the Job is what tells a client that takes over that the work is done.
        job.remove()

    def on_failure(self, exception: Exception) -> str:
        """What the scheduler shows for the failed task."""
        return f"{type(exception).__name__}: {exception}"

    def _say(self, line: str) -> None:
        print(f"[{self.task_family}] {line}", flush=True)


def _job_name(run: str) -> str:
    """As long as a Job's name may be, and no other run's."""
    return f"{run[:50].rstrip('-.')}-{hashlib.sha256(run.encode()).hexdigest()[:8]}"


def _owned(job: dict[str, Any]) -> dict[str, Any]:
    """Deleting the Job of a run's client deletes the step's with it."""
    client = {"apiVersion": "batch/v1", "kind": "Job", "name": os.environ["RUN"], "uid": os.environ["RUN_UID"]}
    return {**job, "metadata": {**job["metadata"], "ownerReferences": [client]}}


# Luigi knows a task by the name of its class: so the web page, the history and the metrics show the step's.
type(STEP["name"], (Step,), {"__module__": __name__})
