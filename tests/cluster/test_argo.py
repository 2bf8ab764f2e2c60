"""Argo Workflows as its users have it: its Python client, with a token of the cluster, against the real pods."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
from hera.exceptions import HeraException, NotFound
from hera.workflows import Container, Workflow, WorkflowsService
from hera.workflows.models import Workflow as Result
from hera.workflows.models import WorkflowRetryRequest, WorkflowTemplateRef
from kubernetes.client import ApiException, CustomObjectsApi
from kubernetes.config import new_client_from_config

from components.catalog import image
from examples.argo.run import attempts, log, start, wait
from local.paths import KUBECONFIG
from tests.cluster.evidence import eventually, model_versions, on_the_gpu_pool, pods, stored
from tests.cluster.platform import Platform

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")

PATIENCE = 240


def connected(platform: Platform) -> WorkflowsService:
    """Logged in as the endpoint tells: with what the command prints."""
    endpoint = platform.endpoint("argo")
    token = platform.kubectl(*endpoint["token"].split()[1:]).strip()
    runs = platform.namespace("argo-runs")
    return WorkflowsService(host=endpoint["url"], token=token, namespace=runs, verify_ssl=False)


@pytest.fixture(scope="module")
def server(platform: Platform) -> WorkflowsService:
    return connected(platform)


@pytest.fixture(scope="module")
def started(server: WorkflowsService) -> Iterator[dict[str, str]]:
    """What takes a while, all at once: run -> name of its workflow."""
    wanted = {"slow": "slow", "broken": "broken"}
    wanted |= {f"accelerated-{number}": "accelerated" for number in range(3)}
    names = {key: start(server, step) for key, step in wanted.items()}
    yield names
    for name in names.values():  # what is left of those for the GPU pool would hold its quota for ever
        with suppress(NotFound):
            server.delete_workflow(name)


@pytest.fixture(scope="module")
def trained(platform: Platform, server: WorkflowsService) -> Result:
    """A run of the training step, in whose middle the controller that works on it was killed."""
    name = start(server, "training")
    running(platform, name)
    home = platform.namespace("argo")
    lease = json.loads(platform.kubectl("get", "lease", f"workflow-controller-{home}", "-n", home, "-o", "json"))
    platform.kubectl("delete", "pod", lease["spec"]["holderIdentity"], "-n", home, "--grace-period=0", "--force")
    return wait(server, name, PATIENCE)


def workflow(server: WorkflowsService, **parts: Any) -> Workflow:
    return Workflow(generate_name="by-test-", namespace=server.namespace, workflows_service=server, **parts)


def workflow_pods(platform: Platform, name: str) -> list[dict[str, Any]]:
    return pods(platform, "argo-runs", f"workflows.argoproj.io/workflow={name}")


def running(platform: Platform, name: str) -> dict[str, Any]:
    """The pod of a run, once its step has begun."""

    def begun() -> dict[str, Any] | None:
        for pod in workflow_pods(platform, name):
            states = {one["name"]: one["state"] for one in pod["status"].get("containerStatuses", [])}
            if "running" in states.get("main", {}):
                return pod
        return None

    return eventually(begun, f"{name} runs", PATIENCE)


@pytest.mark.parametrize("login", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
@pytest.mark.parametrize("path", ["api/v1/workflows/{}", "api/v1/archived-workflows", "artifacts/{}/a/b/main-logs"])
def test_whoever_brings_no_token_is_refused(server: WorkflowsService, path: str, login: dict[str, str]):
    url = f"{server.host}/{path.format(server.namespace)}"
    assert requests.get(url, headers=login, verify=False, timeout=30).status_code == 401


def test_a_step_has_no_token_and_starts_anew_when_its_pod_is_killed(
    platform: Platform, server: WorkflowsService, started: dict[str, str]
):
    name = started["slow"]
    pod = running(platform, name)
    (step,) = [one for one in pod["spec"]["containers"] if one["name"] == "main"]
    assert not [mount for mount in step["volumeMounts"] if "serviceaccount" in mount["mountPath"]]
    assert all(one["securityContext"]["readOnlyRootFilesystem"] for one in pod["spec"]["containers"])
    platform.kubectl("delete", "pod", pod["metadata"]["name"], "-n", server.namespace, "--wait=false")
    killed = pod["metadata"]["uid"]
    eventually(lambda: [one for one in workflow_pods(platform, name) if one["metadata"]["uid"] != killed], "a new pod")
    result = wait(server, name, PATIENCE)
    assert result.status.phase == "Succeeded"
    assert "came to its end" in log(server, result, attempts(result)[-1])


def test_the_training_step_ends_in_a_registered_model_though_its_controller_is_killed(
    platform: Platform, trained: Result
):
    assert trained.status.phase == "Succeeded"
    (only,) = attempts(trained)
    since = only.started_at.root.timestamp() * 1000
    assert [one for one in model_versions(platform) if float(one["creation_timestamp"]) > since]


def test_the_log_is_in_the_bucket_and_is_read_through_the_server_when_the_pod_is_gone(
    platform: Platform, server: WorkflowsService, trained: Result
):
    name = trained.metadata.name
    eventually(lambda: not workflow_pods(platform, name), "the pod is removed")
    assert any(key.endswith("/main.log") for key in stored(platform, f"argo/workflows/{server.namespace}/{name}/"))
    assert "registered iris version" in log(server, trained, attempts(trained)[0])


def test_a_workflow_that_is_deleted_stays_in_the_archive_with_its_log(server: WorkflowsService, trained: Result):
    uid, name = trained.metadata.uid, trained.metadata.name
    eventually(lambda: name in archived(server), "the archive has it")
    server.delete_workflow(name)
    assert server.get_archived_workflow(uid).status.phase == "Succeeded"
    (only,) = attempts(trained)
    assert "registered iris version" in server.get_output_artifact_by_uid(uid, only.id, "main-logs")


def archived(server: WorkflowsService) -> list[str]:
    listed = server.list_archived_workflows(field_selector=f"metadata.namespace={server.namespace}")
    return [one.metadata.name for one in listed.items or []]


def test_a_failing_step_is_tried_again_and_seen_to_have_failed(server: WorkflowsService, started: dict[str, str]):
    result = wait(server, started["broken"], PATIENCE)
    assert result.status.phase == "Failed"
    first, second = attempts(result)
    assert first.phase == second.phase == "Failed"
    assert "this step is broken" in log(server, result, first)
    name, begun = result.metadata.name, result.status.started_at.root
    server.retry_workflow(name, WorkflowRetryRequest())
    eventually(lambda: server.get_workflow(name).status.started_at.root > begun, "a person has it tried once more")


def test_a_step_with_a_gpu_lands_on_the_pool_and_beyond_the_quota_says_why_it_waits(
    platform: Platform, server: WorkflowsService, started: dict[str, str]
):
    names = [started[f"accelerated-{number}"] for number in range(3)]
    placed = eventually(
        lambda: [pod for name in names for pod in workflow_pods(platform, name) if on_the_gpu_pool(pod)],
        "they are placed",
    )
    assert 0 < len(placed) <= 2, "the quota of the tests' stack"

    def refused() -> list[str]:
        nodes = [node for name in names for node in (server.get_workflow(name).status.nodes or {}).values()]
        return [node.message for node in nodes if "exceeded quota" in (node.message or "")]

    assert eventually(refused, "one of them is refused, and says so")


def test_a_pod_that_asks_for_more_than_the_restricted_level_admits_is_refused_visibly(server: WorkflowsService):
    wanted = {"capabilities": {"add": ["NET_ADMIN"]}}
    greedy = Container(name="main", image=image("mlflow").reference, command=["id"], security_context=wanted)
    made = workflow(server, entrypoint="main", templates=[greedy]).create()
    result = wait(server, made.metadata.name, PATIENCE)
    assert result.status.phase == "Error" and "violates PodSecurity" in result.status.message


def test_a_workflow_without_a_specification_is_refused_by_the_api_itself(server: WorkflowsService):
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "malformed"}}
    with new_client_from_config(str(KUBECONFIG)) as api, pytest.raises(ApiException) as refused:
        CustomObjectsApi(api).create_namespaced_custom_object(
            "argoproj.io", "v1alpha1", server.namespace, "workflows", body
        )
    assert refused.value.status == 422 and "spec: Required value" in refused.value.body


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"workflow_template_ref": WorkflowTemplateRef(name="nowhere")}, "nowhere"),
        ({"entrypoint": "nowhere", "templates": [Container(name="main", image="a:1", command=["id"])]}, "nowhere"),
        (
            {
                "entrypoint": "main",
                "templates": [
                    Container(name="main", image="a:1", command=["id"], args=["{{inputs.parameters.nothing}}"])
                ],
            },
            "nothing",
        ),
    ],
)
def test_a_malformed_workflow_is_refused_by_the_server_with_a_reason(
    server: WorkflowsService, parts: dict[str, Any], reason: str
):
    with pytest.raises(HeraException, match=reason):
        workflow(server, **parts).create()
    assert not [one for one in server.list_workflows().items or [] if "nowhere" in str(one.spec)]
