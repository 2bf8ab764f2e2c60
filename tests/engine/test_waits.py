"""Waiting for what controllers do, played by the test where there is no node."""

import contextlib
import json
import os
import re
import signal
import threading
import time
from typing import Any

from tests.engine.project import Project
from tests.engine.server import Server

WEB = """
    labels = {{"app": "{name}"}}
    web = k8s.apps.v1.Deployment("{name}", metadata={{"name": "{name}", "namespace": "default"}}, spec={{
        "replicas": 1, "selector": {{"matchLabels": labels}}, "progressDeadlineSeconds": 300,
        "template": {{"metadata": {{"labels": labels}},
            "spec": {{"containers": [{{"name": "main", "image": "example.org/{name}:{tag}",
                "resources": {{"requests": {{"cpu": "1000m", "memory": "1024Mi"}}}}}}]}}}}}},
        opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="{seconds}s", update="{seconds}s")))
    pulumi.export("after", web.metadata.apply(lambda metadata: metadata.name))
"""


def test_a_rollout_is_waited_for_and_quantities_in_other_words_are_no_drift(project: Project, server: Server) -> None:
    project.write(WEB.format(name="rollout", tag=1, seconds=90))
    with Kubelet(server, "rollout"):
        project.up()
        assert _status(server, "rollout")["readyReplicas"] == 1
        assert project.refresh().changes == {"unchanged": 2}
        assert project.up().changes == {"unchanged": 2}
        server.kubectl("scale", "deployment", "rollout", "--replicas=2")
        _until(lambda: _status(server, "rollout").get("readyReplicas") == 2)
        assert project.refresh().changes["updated"] == 1
        assert project.up().changes["updated"] == 1
        assert server.get("deployment", "rollout")["spec"]["replicas"] == 1
        project.write(WEB.format(name="rollout", tag=2, seconds=90))
        assert project.up().changes["updated"] == 1
    project.destroy()


def test_what_was_made_is_kept_when_it_does_not_get_ready_and_the_next_update_goes_on(
    project: Project, server: Server
) -> None:
    project.write(WEB.format(name="stuck", tag=1, seconds=30))
    with Kubelet(server, "stuck", waiting={"reason": "ImagePullBackOff", "message": "no such image"}):
        said = project.refused("up", "--yes", "--skip-preview")
    assert "not ready after 30 s" in said and "ImagePullBackOff: no such image" in said
    kept = project.resource("stuck")
    assert kept["id"] == "default/stuck" and kept["initErrors"]
    project.write(WEB.format(name="stuck", tag=1, seconds=60))
    with Kubelet(server, "stuck"):
        project.up()
    assert not project.resource("stuck").get("initErrors")
    project.destroy()


def test_a_failed_job_is_reported_at_once(project: Project, server: Server) -> None:
    project.write("""
        pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "example.org/x:1"}]}
        k8s.batch.v1.Job("migration", metadata={"name": "migration", "namespace": "default"},
            spec={"backoffLimit": 0, "template": {"spec": pod}})
    """)
    running = project.start("up", "--yes", "--skip-preview")
    pod = _first_pod(server, "batch.kubernetes.io/job-name=migration")
    ended = {"name": "main", "image": "x", "imageID": "", "ready": False, "restartCount": 0}
    ended["state"] = {"terminated": {"exitCode": 3, "reason": "Error"}}
    server.set_status("pod", "default", pod, {"phase": "Failed", "containerStatuses": [ended]})
    said, _ = running.communicate(timeout=120)
    assert running.returncode != 0
    assert "the job failed: BackoffLimitExceeded" in said and "exit code 3" in said


def test_an_interrupt_ends_a_wait_at_once_and_keeps_what_was_made(project: Project, server: Server) -> None:
    project.write(WEB.format(name="patient", tag=1, seconds=300))
    running = project.start("up", "--yes", "--skip-preview")
    _until(lambda: server.exists("deployment", "patient"))
    time.sleep(1)
    os.kill(running.pid, signal.SIGINT)
    said, _ = running.communicate(timeout=100)  # a third of what it would wait for
    assert running.returncode != 0 and "cancelled while waiting" in said
    assert project.resource("patient")["id"] == "default/patient"
    with Kubelet(server, "patient"):
        project.up()
    project.destroy()


def test_a_plugin_killed_in_the_middle_leaves_a_state_that_the_next_update_repairs(
    project: Project, server: Server
) -> None:
    project.write("""
        team = k8s.core.v1.Namespace("killed")
        place = {"namespace": team.metadata.name}
        k8s.core.v1.ConfigMap("kept", metadata=place, data={"a": "1"})
        claim = k8s.core.v1.PersistentVolumeClaim("waits", metadata=place, spec={"accessModes": ["ReadWriteOnce"],
            "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}})
        pulumi.export("namespace", team.metadata.name)
    """)
    running = project.start("up", "--yes", "--skip-preview")
    _until(lambda: "waits-" in server.kubectl("get", "pvc", "-A", "-o", "name"))
    mine = "jsonpath={.items[?(@.spec.storageClassName=='')].metadata.namespace}"
    namespace = server.kubectl("get", "pvc", "-A", "-o", mine)
    claims = server.kubectl("get", "pvc", "-n", namespace, "-o", "name").split()
    plugin = _process(r"pulumi-resource-kubernetes", running.pid)
    os.kill(plugin, signal.SIGKILL)
    said, _ = running.communicate(timeout=60)
    assert running.returncode != 0, said

    volume = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/nowhere"}}
    volume["persistentVolumeReclaimPolicy"] = "Retain"
    made = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "killed"}, "spec": volume}
    server.kubectl("create", "-f", "-", stdin=json.dumps(made))
    project.up()
    assert server.kubectl("get", "pvc", "-n", namespace, "-o", "name").split() == claims
    assert project.outputs()["namespace"] == namespace
    assert project.up().changes == {"unchanged": 4}
    server.kubectl("delete", "pv", "killed", "--wait=false")
    project.destroy()
    assert not server.exists("namespace", namespace)


def test_an_engine_killed_in_the_middle_is_repaired_by_cancel_and_the_next_update(
    project: Project, server: Server
) -> None:
    project.write(WEB.format(name="halted", tag=1, seconds=300))
    running = project.start("up", "--yes", "--skip-preview")
    _until(lambda: server.exists("deployment", "halted"))
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    assert "locked" in project.refused("up", "--yes", "--skip-preview")
    project.pulumi("cancel", "--yes")
    with Kubelet(server, "halted"):
        taken_over = project.up()
        assert "taken over from an update of this stack that was interrupted" in taken_over.text
        assert project.up().changes == {"unchanged": 2}
    project.destroy()
    assert not server.exists("deployment", "halted")


class Kubelet:
    """Makes the pods of an app ready, or keeps their container waiting, as long as it is entered."""

    def __init__(self, server: Server, app: str, waiting: dict[str, str] | None = None) -> None:
        self._server, self._app, self._waiting = server, app, waiting
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Kubelet":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.3):
            with contextlib.suppress(AssertionError):  # a pod is gone by now, or the server is not quick enough
                for pod in self._server.get("pods", "-n", "default", "-l", f"app={self._app}")["items"]:
                    self._tend(pod)

    def _tend(self, pod: dict[str, Any]) -> None:
        name = pod["metadata"]["name"]
        if pod["metadata"].get("deletionTimestamp"):
            self._server.kubectl("delete", "pod", name, "--force", "--grace-period=0", "--ignore-not-found")
        elif pod["status"].get("containerStatuses") != self._status()["containerStatuses"]:
            self._server.set_status("pod", "default", name, self._status())

    def _status(self) -> dict[str, Any]:
        container = {"name": "main", "image": "x", "imageID": "", "ready": not self._waiting, "restartCount": 0}
        container["state"] = {"waiting": self._waiting} if self._waiting else {"running": {}}
        ready = "False" if self._waiting else "True"
        kinds = ("Ready", "ContainersReady", "PodScheduled")
        conditions = [{"type": kind, "status": ready if kind != "PodScheduled" else "True"} for kind in kinds]
        phase = "Pending" if self._waiting else "Running"
        return {"phase": phase, "conditions": conditions, "containerStatuses": [container]}


def _status(server: Server, name: str) -> dict[str, Any]:
    return dict(server.get("deployment", name)["status"])


def _first_pod(server: Server, selector: str) -> str:
    def names() -> list[str]:
        return server.kubectl("get", "pods", "-l", selector, "-o", "jsonpath={.items[*].metadata.name}").split()

    _until(lambda: bool(names()))
    return names()[0]


def _until(holds: Any, seconds: float = 300) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come to that"
        time.sleep(0.2)


def _process(pattern: str, ancestor: int) -> int:
    """The descendant of `ancestor` whose command line matches."""
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended in the meantime
            if entry.isdigit() and _descends(int(entry), ancestor):
                with open(f"/proc/{entry}/cmdline") as command:
                    if re.search(pattern, command.read()):
                        found.append(int(entry))
    assert len(found) == 1, found
    return found[0]


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1:
        with open(f"/proc/{pid}/stat") as status:
            pid = int(status.read().rpartition(")")[2].split()[1])
        if pid == ancestor:
            return True
    return False
