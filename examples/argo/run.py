"""Run a step that the platform offers, by Argo's Python client: `python examples/argo/run.py training`."""

import os
import sys
import time
from urllib.parse import urljoin

import requests
from hera.workflows import Workflow, WorkflowsService
from hera.workflows.models import NodeStatus, WorkflowTemplateRef
from hera.workflows.models import Workflow as Result

ENDED = ("Succeeded", "Failed", "Error")


def start(server: WorkflowsService, step: str) -> str:
    """Start a workflow from the template of that name; its own name."""
    workflow = Workflow(
        generate_name=f"{step}-",
        namespace=server.namespace,
        workflow_template_ref=WorkflowTemplateRef(name=step),
        workflows_service=server,
    )
    return str(workflow.create().metadata.name)


def wait(server: WorkflowsService, name: str, seconds: float = 3600) -> Result:
    """The workflow once it has ended. hera's own waiting gives up on one that no controller has seen yet."""
    end = time.monotonic() + seconds
    while not (found := server.get_workflow(name)).status or found.status.phase not in ENDED:
        if time.monotonic() > end:
            raise TimeoutError(f"{name} has not ended within {seconds:.0f} s")
        time.sleep(2)
    return found


def attempts(result: Result) -> list[NodeStatus]:
    """The pods of a workflow, in the order in which they started."""
    pods = [node for node in (result.status.nodes or {}).values() if node.type == "Pod"]
    return sorted(pods, key=lambda node: node.started_at.root)


def log(server: WorkflowsService, result: Result, attempt: NodeStatus) -> str:
    """What a pod printed, from the bucket: the pod itself may be gone."""
    where = f"artifacts/{result.metadata.namespace}/{result.metadata.name}/{attempt.id}/main-logs"
    answer = requests.get(
        urljoin(server.host, where), headers={"Authorization": server.token}, verify=server.verify_ssl, timeout=30
    )
    answer.raise_for_status()
    return answer.text


def main(step: str) -> None:
    server = WorkflowsService(
        host=os.environ["ARGO_SERVER"],
        token=os.environ["ARGO_TOKEN"],
        namespace=os.environ["ARGO_NAMESPACE"],
        # Where the server signs its certificate for itself, nobody else can vouch for it.
        verify_ssl="ARGO_INSECURE" not in os.environ,
    )
    result = wait(server, start(server, step))
    print(f"{result.metadata.name}: {result.status.phase}")
    for attempt in attempts(result):
        print(log(server, result, attempt))
    sys.exit(result.status.phase != "Succeeded")


if __name__ == "__main__":
    main(sys.argv[1])
