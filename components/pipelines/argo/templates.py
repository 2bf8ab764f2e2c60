"""A step as Argo has it: a WorkflowTemplate of the step's name, which `argo submit --from` and hera start."""

import json
from collections.abc import Mapping
from typing import Any

from ...k8s.workload import STAYS
from ..space import LABELS
from ..step import StepSettings

_OF_THE_TEMPLATE = ("volumes", "securityContext", "nodeSelector", "tolerations")
_IN_A_PATCH = ("enableServiceLinks", "terminationGracePeriodSeconds")
"""Fields of a pod that a template has no place for."""


def specification(
    step: str, settings: StepSettings, pod: Mapping[str, Any], queue: Mapping[str, Any]
) -> dict[str, Any]:
    """A workflow of one step, from the step's own pod; whatever the pod leaves open is the controller's default."""
    (container,) = pod["containers"]
    template = {
        "name": step,
        "metadata": {"labels": {**LABELS, **queue}, "annotations": STAYS},
        "container": {key: value for key, value in container.items() if key != "name"},
        **{field: pod[field] for field in _OF_THE_TEMPLATE if field in pod},
        "podSpecPatch": json.dumps({field: pod[field] for field in _IN_A_PATCH if field in pod}),
        "activeDeadlineSeconds": settings.timeout,
    }
    if settings.retries:
        template["retryStrategy"] = {
            "limit": settings.retries,
            # Also when the pod was lost, not only when the step failed.
            "retryPolicy": "Always",
            "backoff": {"duration": "5s", "factor": 2},
        }
    pulled = {"imagePullSecrets": pod["imagePullSecrets"]} if "imagePullSecrets" in pod else {}
    return {"entrypoint": step, "templates": [template], **pulled}
