"""Pods: whether one is ready, and why those of a workload are not."""

from typing import Any

from local.plugins.kubernetes.api import Api, ApiError
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.waits.verdict import (
    READY,
    Document,
    Verdict,
    condition,
    hopeless,
    namespace_of,
    waiting,
)

_LOG_LINES = "5"
_SHOWN_PODS = 3
# Reasons for which a container does not start, that say something; others are just steps on the way.
_QUIET = {"ContainerCreating", "PodInitializing"}


def pod(live: Document, api: Api) -> Verdict:
    """Ready, or run to its end."""
    phase = dig(live, "status", "phase", default="Pending")
    if phase == "Succeeded" or condition(live, "Ready").get("status") == "True":
        return READY
    reasons = problems(live, api)
    if phase == "Failed":
        message = dig(live, "status", "message") or dig(live, "status", "reason") or "a container failed"
        return hopeless(f"the pod failed: {message}", reasons)
    return waiting(reasons[0] if reasons else f"the pod is {phase}", reasons)


def problems_of_pods(namespace: str, selector: Document, api: Api, with_logs: bool = False) -> list[str]:
    """What keeps the pods of a workload from being ready, the same thing only once."""
    try:
        pods = api.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=label_selector(selector))["items"]
    except ApiError:
        return []
    newest = sorted(pods, key=lambda item: item["metadata"].get("creationTimestamp") or "", reverse=True)
    found: dict[str, None] = {}
    for item in newest:
        if condition(item, "Ready").get("status") != "True" and not dig(item, "metadata", "deletionTimestamp"):
            found.update(dict.fromkeys(problems(item, api, with_logs)))
        if len(found) >= _SHOWN_PODS:
            break
    return list(found)


def problems(live: Document, api: Api, with_logs: bool = False) -> list[str]:
    """What is wrong with one pod."""
    name = dig(live, "metadata", "name")
    scheduled = condition(live, "PodScheduled")
    if scheduled.get("status") == "False":
        return [f"pod {name} cannot be scheduled: {scheduled.get('message') or scheduled.get('reason')}"]
    found = []
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in dig(live, "status", kind, default=[]):
            problem = _container_problem(container)
            if problem:
                found.append(f"pod {name}, container {container['name']}: {problem}")
                if with_logs and _has_run(container):
                    found[-1] += log_of(
                        live, container["name"], api, previous=not dig(container, "state", "terminated")
                    )
    return found


def log_of(live: Document, container: str, api: Api, previous: bool = False) -> str:
    """The last lines that a container wrote, indented, on lines of their own; nothing where there is no log."""
    path = f"/api/v1/namespaces/{namespace_of(live)}/pods/{dig(live, 'metadata', 'name')}/log"
    query = {"container": container, "tailLines": _LOG_LINES} | ({"previous": "true"} if previous else {})
    try:
        text = api.text(path, **query).strip()
    except ApiError:
        return ""
    return "".join(f"\n    {line}" for line in text.splitlines())


def label_selector(selector: Document) -> str:
    """A LabelSelector as the query parameter has it."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for rule in selector.get("matchExpressions") or []:
        values = ",".join(rule.get("values") or [])
        forms = {"In": f"{rule['key']} in ({values})", "NotIn": f"{rule['key']} notin ({values})"}
        forms |= {"Exists": rule["key"], "DoesNotExist": f"!{rule['key']}"}
        parts.append(forms[rule["operator"]])
    return ",".join(parts)


def warnings_about(live: Document, api: Api) -> list[str]:
    """The latest warning events of an object: quota, admission and volume problems show up only there."""
    query = f"involvedObject.uid={dig(live, 'metadata', 'uid')},type=Warning"
    try:
        events = api.get(f"/api/v1/namespaces/{namespace_of(live)}/events", fieldSelector=query)["items"]
    except ApiError:
        return []
    latest = sorted(events, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")[-2:]
    return list(dict.fromkeys(f"{event.get('reason')}: {event.get('message')}" for event in latest))


def _container_problem(container: Document) -> str:
    reason = dig(container, "state", "waiting", "reason", default="")
    if reason == "CrashLoopBackOff":
        return f"crashes again and again ({_ended(dig(container, 'lastState', 'terminated', default={}))})"
    if reason and reason not in _QUIET:
        message = dig(container, "state", "waiting", "message", default="")
        return f"{reason}: {message}" if message else reason
    ended: dict[str, Any] = dig(container, "state", "terminated", default={})
    return f"ended ({_ended(ended)})" if ended.get("exitCode") else ""


def _ended(terminated: Document) -> str:
    if not terminated:
        return "no exit code known"
    text = f"exit code {terminated.get('exitCode')}, {terminated.get('reason', 'Error')}"
    return f"{text}: {terminated['message'].strip()}" if terminated.get("message") else text


def _has_run(container: Document) -> bool:
    return bool(dig(container, "lastState", "terminated") or dig(container, "state", "terminated"))
