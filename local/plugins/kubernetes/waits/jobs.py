"""Jobs: done when complete; the last words of a failed pod are part of the error."""

from local.plugins.kubernetes.api import Api
from local.plugins.kubernetes.paths import dig
from local.plugins.kubernetes.waits.pods import log_of, problems_of_pods, warnings_about
from local.plugins.kubernetes.waits.verdict import (
    READY,
    Document,
    Verdict,
    condition,
    hopeless,
    namespace_of,
    waiting,
)


def job(live: Document, api: Api) -> Verdict:
    if dig(live, "spec", "suspend"):
        return READY
    if condition(live, "Complete").get("status") == "True":
        return READY
    failed = condition(live, "Failed")
    if failed.get("status") == "True":
        said = f"the job failed: {failed.get('reason', '')}: {failed.get('message', '')}"
        return hopeless(said, _last_words(live, api))
    status = live.get("status") or {}
    counts = ", ".join(f"{status[key]} {key}" for key in ("active", "succeeded", "failed") if status.get(key))
    reasons = problems_of_pods(namespace_of(live), dig(live, "spec", "selector", default={}), api)
    return waiting(f"the job is running ({counts or 'no pod yet'})", reasons or warnings_about(live, api))


def _last_words(live: Document, api: Api) -> list[str]:
    selector = f"batch.kubernetes.io/job-name={dig(live, 'metadata', 'name')}"
    pods = api.get(f"/api/v1/namespaces/{namespace_of(live)}/pods", labelSelector=selector)["items"]
    failed = [pod for pod in pods if dig(pod, "status", "phase") == "Failed"]
    if not failed:
        return []
    pod = max(failed, key=lambda item: item["metadata"].get("creationTimestamp") or "")
    words = []
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in dig(pod, "status", kind, default=[]):
            if code := dig(container, "state", "terminated", "exitCode"):
                lines = log_of(pod, container["name"], api)
                words.append(f"pod {pod['metadata']['name']}, container {container['name']}: exit code {code}{lines}")
    return words
