"""A step as a function of MLRun: kind `job`, in mode `pass`, which runs a command in any image, MLRun in it or not."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...k8s.workload import STAYS
from ..space import LABELS, Space

PROJECT = "pipelines"
MANAGED = "mlops/declared"
"""Marks the functions that stand in a stack file, so that one which is taken out there goes from MLRun, too."""

# MLRun 1.5 starts a pod once. The attempts are made in there, each within its time; the run fails with the last one.
_ATTEMPTS = """
attempt=1
until timeout "$STEP_TIMEOUT" "$@"; do
  code=$?
  echo "attempt $attempt of $STEP_ATTEMPTS failed with exit code $code" >&2
  [ "$attempt" -lt "$STEP_ATTEMPTS" ] || exit "$code"
  attempt=$((attempt + 1))
done
"""


def functions(space: Space) -> list[dict[str, Any]]:
    """As MLRun stores them, with Outputs inside."""
    return [_function(space, name) for name in space.steps]


def _function(space: Space, name: str) -> dict[str, Any]:
    step, pod = space.steps[name], space.pod(name)
    (container,) = pod["containers"]
    attempts = {"STEP_TIMEOUT": str(step.timeout), "STEP_ATTEMPTS": str(step.retries + 1)}
    spec = {
        "image": container["image"],
        "mode": "pass",
        "command": "sh",
        "args": [_literal(word) for word in ("-c", _ATTEMPTS, name, *step.command)],
        "workdir": container["workingDir"],
        "env": [
            *container["env"],
            *({"name": key, "value": value} for key, value in attempts.items()),
            # MLRun knows no `envFrom`, so each key of the Secret is named.
            *_secret_variables(space),
        ],
        "resources": container["resources"],
        "volumes": pod["volumes"],
        "volume_mounts": container["volumeMounts"],
        "service_account": pod["serviceAccountName"],
        "image_pull_secret": _first(pod.get("imagePullSecrets", [])),
        "node_selector": pod.get("nodeSelector"),
        "tolerations": pod.get("tolerations"),
        "disable_auto_mount": True,
    }
    return {
        "kind": "job",
        "metadata": {
            "name": name,
            "project": PROJECT,
            "labels": {**LABELS, **space.queue(name), MANAGED: "yes"},
            "annotations": STAYS,
        },
        "spec": {key: value for key, value in spec.items() if value is not None},
    }


def _literal(word: str) -> str:
    """MLRun fills the parameters of a run into the words of a command, wherever these have braces."""
    return word.replace("{", "{{").replace("}", "}}")


def _secret_variables(space: Space) -> list[Mapping[str, Any]]:
    context = space.context
    keys = sorted({**context.tracking.credentials, **context.artifacts.credentials})
    return [{"name": key, "valueFrom": {"secretKeyRef": {"name": space.credentials, "key": key}}} for key in keys]


def _first(references: Sequence[Mapping[str, Any]]) -> Any:
    """MLRun has room for one; the account of the steps carries them all."""
    return references[0]["name"] if references else None
