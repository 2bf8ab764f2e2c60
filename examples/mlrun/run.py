"""Run a step by MLRun's client, wait for its end, and keep a note of it in the project's artefacts.

MLRUN_DBPATH and MLRUN_AUTH_SESSION tell the client where the API is and how to get in.
"""

import json
import sys

import mlrun


def main(step: str) -> None:
    project = mlrun.get_or_create_project("pipelines", context="/tmp/pipelines")
    run = mlrun.import_function(f"db://{project.name}/{step}").run(watch=False)
    run.wait_for_completion(sleep=2, raise_on_failure=False, show_logs=False)
    body = json.dumps({"step": step, "state": run.state()})
    note = project.log_artifact(f"{step}-note", body=body, local_path=f"{step}.json", format="json")
    print(json.dumps({"uid": run.metadata.uid, "state": run.state(), "note": note.target_path}))
    sys.exit(run.state() != "completed")


if __name__ == "__main__":
    main(sys.argv[1])
