"""A step's pod, as a Kubernetes Job: started, followed to its end with its log, and removed."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import kubernetes
import urllib3
from kubernetes.client import ApiException

POLL_SECONDS = 2
_CALL_SECONDS = 30
_SILENT_SECONDS = 300  # then the log is asked for anew, in case the connection is dead


class JobFailed(Exception):
    """The Job came to an end that is not a success; the message says how, as far as Kubernetes knows."""


class ClusterJob:
    """One Job under a name that is known beforehand, so that a client finds what one before it has started."""

    def __init__(self, name: str, namespace: str, body: Mapping[str, Any], say: Callable[[str], None]) -> None:
        kubernetes.config.load_incluster_config()
        self.name, self.namespace, self.say = name, namespace, say
        self._body = {**body, "metadata": {**body["metadata"], "name": name}}
        self._jobs, self._pods = kubernetes.client.BatchV1Api(), kubernetes.client.CoreV1Api()
        self._lines, self._told = 0, set[str]()

    def run(self) -> None:
        """Returns when the Job has succeeded. Raises JobFailed when it has not, and makes room for the next attempt.

        Any other error leaves the Job alone: the next attempt, in this process or another, takes it up again.
        """
        self._start()
        while True:
            ended = self._end()
            self._show_log()
            if ended:
                break
            time.sleep(POLL_SECONDS)
        if ended.type != "Complete":
            failure = self._failure(ended)
            self.remove()
            raise JobFailed(failure)

    def remove(self) -> None:
        """Gone when this returns, so that another one may have the name."""
        try:
            self._jobs.delete_namespaced_job(
                self.name, self.namespace, propagation_policy="Background", _request_timeout=_CALL_SECONDS
            )
            while True:
                self._jobs.read_namespaced_job(self.name, self.namespace, _request_timeout=_CALL_SECONDS)
                time.sleep(POLL_SECONDS)
        except ApiException as error:
            if error.status != 404:
                raise

    def _start(self) -> None:
        try:
            self._jobs.create_namespaced_job(self.namespace, self._body, _request_timeout=_CALL_SECONDS)
            self.say(f"started the Job {self.name}")
        except ApiException as error:
            if error.status != 409:
                raise
            self.say(f"took up the Job {self.name}, which an earlier client has started")

    def _end(self) -> Any:
        """The condition in which the Job has ended, if it has."""
        try:
            job = self._jobs.read_namespaced_job(self.name, self.namespace, _request_timeout=_CALL_SECONDS)
        except ApiException as error:
            if error.status != 404:
                raise
            raise JobFailed(f"somebody has deleted the Job {self.name}") from None
        conditions = job.status.conditions or []
        return next((one for one in conditions if one.type in ("Complete", "Failed") and one.status == "True"), None)

    def _show_log(self) -> None:
        """What the container has said since the last look, and goes on to say while it runs."""
        pod = self._pod()
        if pod is None or pod.status.phase == "Pending":
            self._tell(self._why_without_a_pod() if pod is None else _why_pending(pod))
            return
        self._tell(f"its pod {pod.metadata.name} has started on {pod.spec.node_name}")
        try:
            log = self._pods.read_namespaced_pod_log(
                pod.metadata.name,
                self.namespace,
                follow=True,
                _preload_content=False,
                _request_timeout=(_CALL_SECONDS, _SILENT_SECONDS),
            )
            for number, line in enumerate(_lines(log)):
                if number >= self._lines:
                    self.say(line)
                    self._lines = number + 1
        except ApiException as error:
            self._tell(f"the log of {pod.metadata.name} can't be read: {error.reason}")
        except urllib3.exceptions.HTTPError:
            pass  # cut off, by time or by the network: the next look goes on where this one ended

    def _pod(self) -> Any:
        selector = f"batch.kubernetes.io/job-name={self.name}"
        found = self._pods.list_namespaced_pod(
            self.namespace, label_selector=selector, _request_timeout=_CALL_SECONDS
        ).items
        return max(found, key=lambda pod: pod.metadata.creation_timestamp, default=None)

    def _why_without_a_pod(self) -> str:
        """What the cluster has against it, such as a quota that is used up."""
        about = f"involvedObject.kind=Job,involvedObject.name={self.name},type=Warning"
        events = self._pods.list_namespaced_event(
            self.namespace, field_selector=about, _request_timeout=_CALL_SECONDS
        ).items
        latest = max(events, key=lambda event: event.metadata.resource_version.zfill(20), default=None)
        return str(latest.message) if latest else ""

    def _tell(self, what: str) -> None:
        """Once, however often it is found."""
        if what and what not in self._told:
            self.say(what)
            self._told.add(what)

    def _failure(self, ended: Any) -> str:
        pod = self._pod()
        for status in (pod and pod.status.container_statuses) or []:
            if end := status.state.terminated:
                return f"the step ended with exit code {end.exit_code} ({end.reason}); {ended.reason}"
        return f"{ended.reason}: {ended.message}"


def _lines(log: Any) -> Any:
    """Whole lines of a stream of bytes, as they come."""
    rest = b""
    for chunk in log.stream(4096, decode_content=False):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
    if rest:
        yield rest.decode(errors="replace")


def _why_pending(pod: Any) -> str:
    for status in pod.status.container_statuses or []:
        if waiting := status.state.waiting:
            return f"{waiting.reason} {waiting.message or ''}".strip() if waiting.message else ""
    unmet = [one for one in pod.status.conditions or [] if one.type == "PodScheduled" and one.status == "False"]
    return str(unmet[0].message) if unmet else ""
