"""The pod of a task, which the scheduler makes from a template, and the platform's DAGs, which such tasks carry out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pulumi import Output

from ...base import Text
from ...k8s.labels import Identity
from ...k8s.plain import as_json, plain
from ...k8s.rbac import Grant
from ...k8s.volumes import config_files
from ...k8s.workload import STAYS, Workload
from ..space import LABELS, Space
from . import grants
from .configuration import STEPS, WORKER_TEMPLATE, everywhere
from .parts import git_login, process
from .settings import AirflowArgs

_DAGS = Path(__file__).with_name("dags")


def worker(name: str, args: AirflowArgs, credentials: Text, dags: Text) -> Workload:
    """It knows the bucket's key, for its log, and neither the database nor any key of the servers."""
    part = process(Identity("airflow", name, "worker"), everywhere(name, args), args.settings.worker)
    return replace(
        part,
        name="base",  # as the executor wants it
        command=["dumb-init", "--"],
        secrets=[credentials, *git_login(args.settings)],
        mounts=[*part.mounts, config_files("steps", STEPS, dags)],
        pull_secrets=args.space.context.pull_secrets,
        grants=[Grant(grants.TASK, args.space.namespace)],
        cloud=args.artifacts.identity,
    )


def template(pod: Workload) -> dict[str, Text]:
    """The file from which the executor makes each task's pod; the name in it is never used."""
    made = plain(pod.pod(restart_policy="Never"))
    manifest = {**made, "apiVersion": "v1", "kind": "Pod", "metadata": {**made["metadata"], "name": "worker"}}
    return {WORKER_TEMPLATE: as_json(manifest)}


def step_files(space: Space) -> dict[str, Text]:
    """The file with the DAGs, what it reads of each step, and each step's pod."""
    how = {
        step: {"retries": one.retries, "timeout": one.timeout, "patience": space.patience(step)}
        for step, one in space.steps.items()
    }
    pods = {f"{step}.pod.json": as_json(_manifest(space, step)) for step in space.steps}
    code = (_DAGS / "steps.py").read_text(encoding="utf-8")
    # Kubernetes keeps a mounted ConfigMap's files in folders with such names, and Airflow would see each file twice.
    ignore = "..*\n"
    return {".airflowignore": ignore, "steps.py": code, "steps.json": Output.json_dumps(how, sort_keys=True), **pods}


def _manifest(space: Space, step: str) -> dict[str, Any]:
    """Ended by Kubernetes itself, should no task be left to watch it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "namespace": space.namespace,
            "labels": {**LABELS, **space.queue(step)},
            "annotations": STAYS,
        },
        "spec": {**space.pod(step), "activeDeadlineSeconds": space.steps[step].timeout},
    }
