"""Teams' queues on the cluster that runs: real Kueue, the real scheduler, pods on nodes that stand for GPU machines.

Work is made in a namespace of steps that the stack has, under the teams of its stack file. It needs room in the queues:
nothing else may run in them meanwhile.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from components.compute.queues.contracts import QUEUE
from tests.cluster.evidence import eventually
from tests.cluster.platform import Platform
from tests.cluster.test_pools import ABSENT

GPU = "nvidia.com/gpu"
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def place(platform: Platform) -> Iterator[str]:
    """Where one engine's steps run, without the limit that the engine has there for steps of no queue."""
    name = next(name for name in platform.namespaces.values() if name.endswith("-runs"))
    (quota,) = read(platform, name, "resourcequota")
    limit = ["patch", "resourcequota", quota["metadata"]["name"], "-n", name, "-p"]
    platform.kubectl(*limit, json.dumps({"spec": {"hard": {f"requests.{GPU}": "100"}}}))
    yield name
    platform.kubectl(*limit, json.dumps({"spec": {"hard": quota["spec"]["hard"]}}))


@pytest.fixture
def make(platform: Platform, place: str) -> Iterator[Callable[[Manifest], str]]:
    """Makes something under a name of its own; in the end it is gone, with what Kueue keeps of it."""
    made: list[tuple[str, str]] = []

    def create(one: Manifest) -> str:
        name = f"queued-{uuid.uuid4().hex[:8]}"
        named = {**one["metadata"], "name": name, "namespace": place}
        platform.kubectl("create", "-f", "-", feed=json.dumps({**one, "metadata": named}))
        made.append((one["kind"].lower(), name))
        return name

    yield create
    for kind, name in made:
        platform.kubectl("delete", kind, name, "-n", place, "--ignore-not-found", "--wait=false")
    names = {name for _, name in made}

    def left() -> list[str]:
        objects = [*read(platform, place, "pods"), *read(platform, place, "workloads")]
        owners = {owner["name"] for one in objects for owner in one["metadata"].get("ownerReferences", [])}
        return [*(owners & names), *(one["metadata"]["name"] for one in objects if one["metadata"]["name"] in names)]

    eventually(lambda: not left(), "the tests' work is gone", 60)


def read(platform: Platform, place: str, kind: str, *words: str) -> list[Manifest]:
    return list(json.loads(platform.kubectl("get", kind, "-n", place, "-o", "json", *words))["items"])


def workloads(platform: Platform, place: str, owner: str) -> list[str]:
    """By which Kueue knows of somebody's work."""
    found = [one["metadata"] for one in read(platform, place, "workloads")]
    return [one["name"] for one in found if owner in (of["name"] for of in one.get("ownerReferences", []))]


def work(gpus: int) -> Manifest:
    """For which nothing runs: the cluster's own rule lets it onto nodes that don't exist."""
    asked = {"cpu": "10m", "memory": "16Mi", **({GPU: str(gpus)} if gpus else {})}
    container = {
        "name": "work",
        "image": ABSENT,
        "resources": {"requests": asked, "limits": asked},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    secure = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    return {"restartPolicy": "Never", "securityContext": secure, "containers": [container]}


def job(team: str | None, gpus: int, pods: int = 1) -> Manifest:
    spec = {"parallelism": pods, "completions": pods, "backoffLimit": 0, "template": {"spec": work(gpus)}}
    labels = {QUEUE: team} if team else {}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"labels": labels}, "spec": spec}


def pod(team: str, gpus: int) -> Manifest:
    """It holds its GPUs until it is deleted; a Job's pods end at once where nothing runs."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {QUEUE: team}}, "spec": work(gpus)}


def gang_member(team: str, group: str, total: int) -> Manifest:
    labels = {QUEUE: team, "kueue.x-k8s.io/pod-group-name": group}
    counted = {"kueue.x-k8s.io/pod-group-total-count": str(total)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": labels, "annotations": counted}, "spec": work(1)}


def suspended(platform: Platform, place: str, name: str) -> bool:
    return bool(json.loads(platform.kubectl("get", "job", name, "-n", place, "-o", "json"))["spec"].get("suspend"))


def gated(platform: Platform, place: str, *names: str) -> list[bool]:
    """Whether each of these pods waits."""
    found = {one["metadata"]["name"]: one["spec"] for one in read(platform, place, "pods")}
    return [bool(found[name].get("schedulingGates")) for name in names]


def on_a_node(platform: Platform, place: str, name: str) -> Manifest | None:
    found = json.loads(platform.kubectl("get", "pod", name, "-n", place, "-o", "json"))
    return dict(found) if found["spec"].get("nodeName") else None


def share(platform: Platform, team: str) -> dict[str, int]:
    return dict(platform.environment["queues"]["teams"][team]["gpus"]["gpu"])


def test_a_job_waits_until_its_team_has_room_again_and_what_runs_is_on_the_pool(
    platform: Platform, place: str, make: Callable[[Manifest], str]
):
    """`production` borrows what `research` lends, and not one more; then its Job waits until that is free."""
    own = share(platform, "production")
    first = make(pod("production", own["quota"]))
    second = make(pod("production", min(own["borrow"], share(platform, "research")["lend"])))
    eventually(lambda: gated(platform, place, first, second) == [False, False], "all that it can have runs", 60)
    late = make(job("production", 1))
    (waiting,) = eventually(lambda: workloads(platform, place, late), "Kueue has seen the Job", 30)
    about = f"--field-selector=reason=Pending,involvedObject.name={waiting}"
    (told,) = eventually(lambda: read(platform, place, "events", about), "it is told why it waits", 30)
    assert "insufficient" in told["message"]
    assert suspended(platform, place, late)
    (label,) = platform.environment["pipelines"]["gpu"]["nodeLabels"].items()
    for name in (first, second):
        running = eventually(lambda name=name: on_a_node(platform, place, name), "a node is found", 30)
        assert running["spec"]["nodeSelector"].items() >= {label}
        assert running["spec"]["nodeName"].startswith("simulated-gpu-")
    platform.kubectl("delete", "pod", first, "-n", place, "--wait=false")
    eventually(lambda: not suspended(platform, place, late), "its turn", 60)


def test_a_gang_starts_whole_or_not_at_all(platform: Platform, place: str, make: Callable[[Manifest], str]):
    quota = share(platform, "research")["quota"]
    holder = make(pod("research", 1))
    lender = make(pod("production", share(platform, "production")["quota"]))
    eventually(lambda: gated(platform, place, holder, lender) == [False, False], "one is taken, none is lent", 60)
    gang = make(job("research", 1, pods=quota))
    eventually(lambda: workloads(platform, place, gang), "Kueue has seen the gang", 30)
    assert suspended(platform, place, gang)
    assert read(platform, place, "pods", "-l", f"job-name={gang}") == []
    platform.kubectl("delete", "pod", holder, "-n", place, "--wait=false")
    eventually(lambda: len(read(platform, place, "pods", "-l", f"job-name={gang}")) == quota, "all of its pods", 60)


def test_pods_of_a_group_are_let_go_together(platform: Platform, place: str, make: Callable[[Manifest], str]):
    group = f"group-{uuid.uuid4().hex[:8]}"
    one = make(gang_member("research", group, 2))
    assert gated(platform, place, one) == [True]
    other = make(gang_member("research", group, 2))
    eventually(lambda: gated(platform, place, one, other) == [False, False], "both are let go", 60)


def test_without_a_queue_work_starts_at_once(platform: Platform, place: str, make: Callable[[Manifest], str]):
    name = make(job(None, 0))
    eventually(lambda: read(platform, place, "pods", "-l", f"job-name={name}"), "its pod", 30)
    assert not workloads(platform, place, name)
