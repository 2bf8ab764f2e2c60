"""The flow of every step: runs it as a Kubernetes Job, passes its log on, and fails as it fails.

Runs in the pod that the worker starts. Beside this file lies `<step>.json`: the Job, and how often to try again.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import ClientError
from kubernetes_asyncio import client, config
from kubernetes_asyncio.client.exceptions import ApiException
from prefect import flow, get_run_logger, runtime, task

NAMESPACE = os.environ["POD_NAMESPACE"]
RUN_LABEL = "mlops/flow-run"
"""Not Prefect's own label: the worker takes what bears that for the run itself."""

PAUSE = 1.0
"""Seconds between two looks at the Job."""


class StepFailed(Exception):
    """The step came to an end, and not to a good one."""


@flow(name="step")
async def run() -> None:
    """The step is the one whose name the deployment bears."""
    step = runtime.deployment.name
    told = json.loads(Path(__file__).with_name(f"{step}.json").read_text(encoding="utf-8"))
    await attempt.with_options(name=step, retries=told["retries"], retry_delay_seconds=5)(step, told["job"])


@task
async def attempt(step: str, job: dict[str, Any]) -> None:
    """One try, as a Job of its own. Whatever ends the try before the Job does, ends the Job too."""
    config.load_incluster_config()
    async with client.ApiClient() as api:
        watched = Watched(api, await create(api, step, job))
        try:
            failure = await watched.end()
        except BaseException:
            await watched.remove()
            raise
    if failure:
        raise StepFailed(failure)


async def create(api: client.ApiClient, step: str, job: dict[str, Any]) -> str:
    """The Job belongs to this pod, so that it goes with it: nothing runs that nobody watches."""
    run = {RUN_LABEL: str(runtime.flow_run.id)}
    owner = {"apiVersion": "v1", "kind": "Pod", "name": os.environ["POD_NAME"], "uid": os.environ["POD_UID"]}
    job["metadata"] |= {"generateName": f"{step}-", "ownerReferences": [owner]}
    for labelled in (job, job["spec"]["template"]):
        labelled["metadata"]["labels"] |= run
    made = await client.BatchV1Api(api).create_namespaced_job(NAMESPACE, job)
    get_run_logger().info("Job %s in %s", made.metadata.name, NAMESPACE)
    return made.metadata.name


class Watched:
    """A Job, and what has been told of it so far."""

    def __init__(self, api: client.ApiClient, name: str) -> None:
        self.name = name
        self.jobs, self.core = client.BatchV1Api(api), client.CoreV1Api(api)
        self.log = get_run_logger()
        self.told: set[str] = set()
        self.last = ""
        """The time stamp of the last line of the step's log."""

    async def end(self) -> str | None:
        """Why the Job failed, once it is over; None if it did not. Bears with an API that is away for a while."""
        while True:
            try:
                over, failure = await self._look()
            except (ApiException, ClientError, TimeoutError) as error:
                if getattr(error, "status", HTTPStatus.SERVICE_UNAVAILABLE) < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
                self._tell_once(f"the Kubernetes API is away: {error}")
            else:
                if over:
                    return failure
            await asyncio.sleep(PAUSE)

    async def _look(self) -> tuple[bool, str | None]:
        """Whether it is over, and why it failed; in passing, its log is passed on."""
        job = await self.jobs.read_namespaced_job(self.name, NAMESPACE)
        over = {one.type: one for one in job.status.conditions or () if one.status == "True"}
        pod = await self._pod()
        if pod and pod.status.phase != "Pending":
            await self._pass_log_on(pod.metadata.name)
        elif not over:
            await self._tell_why_it_waits(pod)
        if failed := over.get("Failed"):
            return True, _last_words(pod) if failed.reason == "BackoffLimitExceeded" else failed.message
        return "Complete" in over, None

    async def remove(self) -> None:
        try:
            await self.jobs.delete_namespaced_job(self.name, NAMESPACE, propagation_policy="Background")
        except ApiException as error:
            if error.status != 404:
                raise

    async def _pod(self) -> Any | None:
        found = await self.core.list_namespaced_pod(NAMESPACE, label_selector=f"job-name={self.name}")
        return found.items[0] if found.items else None

    async def _pass_log_on(self, pod: str) -> None:
        """Line by line until the container ends; the next look takes up a stream that breaks off."""
        try:
            response = await self.core.read_namespaced_pod_log(
                pod, NAMESPACE, follow=True, timestamps=True, _preload_content=False
            )
            if response.status != HTTPStatus.OK:
                self._tell_once(f"the log can't be read: {(await response.text()).strip()}")
                return
            async for line in _lines(response):
                stamp, _, text = line.partition(" ")
                if stamp > self.last:
                    self.last = stamp
                    self.log.info(text)
        except (ApiException, ClientError, TimeoutError) as error:
            self.log.debug("The log of %s broke off: %s", pod, error)

    async def _tell_why_it_waits(self, pod: Any | None) -> None:
        """A quota that is used up, a node that is missing, an image that can't be pulled."""
        for reason in _obstacles(pod) if pod else await self._refusals():
            self._tell_once(f"the step waits: {reason}")

    def _tell_once(self, trouble: str) -> None:
        if trouble not in self.told:
            self.told.add(trouble)
            self.log.warning(trouble)

    async def _refusals(self) -> list[str]:
        """Less the name of the pod that could not be made, which is another one each time."""
        chosen = f"involvedObject.kind=Job,involvedObject.name={self.name},type=Warning"
        events = await self.core.list_namespaced_event(NAMESPACE, field_selector=chosen)
        return [event.message.rpartition("forbidden: ")[2] for event in events.items]


def _obstacles(pod: Any) -> list[str]:
    conditions = [one for one in pod.status.conditions or () if one.type == "PodScheduled" and one.status == "False"]
    waiting = [one.state.waiting for one in pod.status.container_statuses or () if one.state.waiting]
    return [*(one.message for one in conditions), *(f"{one.reason}: {one.message}" for one in waiting if one.message)]


def _last_words(pod: Any | None) -> str:
    """How the container ended."""
    for one in (pod and pod.status.container_statuses) or ():
        if one.state.terminated and one.state.terminated.exit_code:
            return f"the step ended with exit code {one.state.terminated.exit_code} ({one.state.terminated.reason})"
    return "the step's pod was lost"


async def _lines(response: Any) -> AsyncIterator[str]:
    """Of any length, which aiohttp's own reading of lines does not bear."""
    rest = b""
    async for chunk in response.content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")
