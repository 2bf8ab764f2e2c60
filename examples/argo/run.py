"""Run a step that the platform offers, by Argo's Python client: `python examples/argo/run.py training`."""

import os
import sys
from urllib.parse import urljoin

import requests
from hera.workflows import Workflow, WorkflowsService
from hera.workflows.models import NodeStatus, WorkflowTemplateRef
from hera.workflows.models import Workflow as Result


def run(server: WorkflowsService, step: str) -> Result:
    """Start a workflow from the template of that name, and wait for its end."""
    workflow = Workflow(
        generate_name=f"{step}-",
        namespace=server.namespace,
        workflow_template_ref=WorkflowTemplateRef(name=step),
        workflows_service=server,
    )
    return workflow.create(wait=True, poll_interval=2)


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
    result = run(server, step)
    print(f"{result.metadata.name}: {result.status.phase}")
    for attempt in attempts(result):
        print(log(server, result, attempt))


if __name__ == "__main__":
    main(sys.argv[1])
