"""The work pool: how the pod of a run looks, what of that a run may choose, and the Job that tells the server."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pulumi import Output

from ...base import Text
from ...k8s.labels import Identity
from ...k8s.plain import as_json, plain
from ...k8s.rbac import Grant, Rule
from ...k8s.resources import Resources
from ...k8s.volumes import config_files
from ...k8s.workload import STAYS, Workload
from ..space import Space
from .runtime import client, tool
from .settings import PrefectSettings

FLOW = "flow"
"""The component of the pods that watch steps. The worker gives them names of its own in the other labels."""

POOL = "kubernetes"
"""Its name must not start with `prefect`: the server keeps such names for itself."""

FLOWS = "/flows"
_POOL = "/pool"
_SOURCES = Path(__file__).with_name("flows")

FLOW_RULES = (
    # Starts the step's Job, asks how it does, and ends it when the run is cancelled.
    Rule("batch", ["jobs"], ["create", "get", "delete"]),
    # Finds the Job's pod and passes its log on.
    Rule("", ["pods"], ["list"]),
    Rule("", ["pods/log"], ["get"]),
    # Says why there is no pod yet: a quota that is used up, or Pod Security.
    Rule("", ["events"], ["list"]),
)


def flow_files(space: Space, keep: int) -> dict[str, Text]:
    """What lies in a flow's pod: the flow of every step, and each step's Job."""
    steps = {f"{step}.json": as_json(_step(space, step, keep)) for step in space.steps}
    return {"step.py": (_SOURCES / "step.py").read_text(encoding="utf-8"), **steps}


def flow(name: str, settings: PrefectSettings, space: Space, files: Text) -> Workload:
    """The pod of a run; the worker adds the command, the server's address and, by reference, the login."""
    base = tool(Identity("prefect", name, FLOW), settings.flow)
    return replace(
        base,
        name="prefect-job",  # as the worker wants it
        fields={"POD_NAME": "metadata.name", "POD_UID": "metadata.uid", "POD_NAMESPACE": "metadata.namespace"},
        mounts=[*base.mounts, config_files("flows", FLOWS, files)],
        pull_secrets=space.context.pull_secrets,
        grants=[Grant(FLOW_RULES, space.namespace)],
    )


def job_template(pod: Workload, namespace: Text, keep: int) -> dict[str, Any]:
    """Prefect's base job template: a run may choose its pod's resources, and nothing else."""
    spec = plain(pod.pod(restart_policy="Never").spec)
    chosen = {"cpu_request": pod.resources.cpu, "memory_request": pod.resources.memory}
    chosen["memory_limit"] = pod.resources.memory_limit or pod.resources.memory
    spec["containers"][0]["resources"] = {
        "requests": {"cpu": "{{ cpu_request }}", "memory": "{{ memory_request }}"},
        "limits": {"memory": "{{ memory_limit }}"},
    }
    labels = pod.identity.labels
    manifest = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"labels": labels, "namespace": namespace},
        "spec": {
            # A run that lost its pod is crashed, and told to be; who wants it again retries the run.
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": keep,
            # No fields of a pod, but the worker refuses a template without them; the API server drops them.
            "template": {
                "metadata": {"labels": labels, "annotations": STAYS},
                "spec": {"parallelism": 1, "completions": 1, **spec},
            },
        },
    }
    return {
        "job_configuration": {"namespace": namespace, "stream_output": False, "job_manifest": manifest},
        "variables": {
            "type": "object",
            "additionalProperties": False,
            "properties": {key: {"type": "string", "default": value} for key, value in chosen.items()},
        },
    }


def pool_files(template: dict[str, Any]) -> dict[str, Text]:
    register = (_SOURCES / "register.py").read_text(encoding="utf-8")
    return {"register.py": register, "template.json": as_json(template)}


def registration(name: str, space: Space, api: Text, login: Text, files: Output[str]) -> Workload:
    """Runs anew whenever a step or the template changes, for these are files in a ConfigMap named after its content."""
    resources = Resources(cpu="25m", memory="256Mi", memory_limit="512Mi")
    base = client(Identity("prefect", name, "registration"), api, login, resources)
    return replace(
        base,
        command=["python", f"{_POOL}/register.py", POOL, FLOWS, *sorted(space.steps)],
        mounts=[*base.mounts, config_files("pool", _POOL, files)],
    )


def _step(space: Space, step: str, keep: int) -> dict[str, Any]:
    """A step as the flow takes it. Trying again is the flow's business, which tells of each failure."""
    workload, settings = space.workload(step), space.steps[step]
    spec = workload.job(timeout=settings.timeout, retries=0, keep=keep)
    labels = {**workload.identity.labels, **space.queue(step)}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"labels": labels}, "spec": spec}
    return {"retries": settings.retries, "job": job}
