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


def owners(platform: Platform, place: str) -> list[str]:
    """Whose work Kueue knows of."""
    found = read(platform, place, "workloads")
    return [owner["name"] for one in found for owner in one["metadata"].get("ownerReferences", [])]


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


def gang_member(team: str, group: str, total: int) -> Manifest:
    labels = {QUEUE: team, "kueue.x-k8s.io/pod-group-name": group}
    counted = {"kueue.x-k8s.io/pod-group-total-count": str(total)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": labels, "annotations": counted}, "spec": work(1)}


def suspended(platform: Platform, place: str, name: str) -> bool:
    return bool(json.loads(platform.kubectl("get", "job", name, "-n", place, "-o", "json"))["spec"].get("suspend"))


def share(platform: Platform, team: str) -> dict[str, int]:
    return dict(platform.environment["queues"]["teams"][team]["gpus"]["gpu"])


def test_a_job_waits_for_its_teams_quota_borrows_up_to_its_limit_and_lands_on_the_pool(
    platform: Platform, place: str, make: Callable[[Manifest], str]
):
    """`production` borrows what `research` lends, and not one more; then its next Job waits until that is free."""
    own = share(platform, "production")
    most = own["quota"] + min(own["borrow"], share(platform, "research")["lend"])
    first = [make(job("production", 1)) for _ in range(most)]
    eventually(lambda: not any(suspended(platform, place, name) for name in first), "all that it can have runs", 60)
    late = make(job("production", 1))
    eventually(lambda: late in owners(platform, place), "Kueue has seen the next Job", 30)
    (waiting,) = (
        one["metadata"]["name"]
        for one in read(platform, place, "workloads")
        if one["metadata"]["ownerReferences"][0]["name"] == late
    )
    about = f"--field-selector=reason=Pending,involvedObject.name={waiting}"
    told = eventually(
        lambda: [one["message"] for one in read(platform, place, "events", about)],
        "the next Job is told why it waits",
        30,
    )
    assert "insufficient" in told[0]
    assert suspended(platform, place, late)
    (label,) = platform.environment["pipelines"]["gpu"]["nodeLabels"].items()
    (pod,) = read(platform, place, "pods", "-l", f"job-name={first[0]}")
    assert pod["spec"]["nodeSelector"].items() >= {label}
    assert GPU in [one.get("key") for one in pod["spec"]["tolerations"]]
    platform.kubectl("delete", "job", first[0], "-n", place)
    eventually(lambda: not suspended(platform, place, late), "its turn", 60)


def test_a_gang_starts_whole_or_not_at_all(platform: Platform, place: str, make: Callable[[Manifest], str]):
    quota = share(platform, "research")["quota"]
    holder = make(job("research", 1))
    eventually(lambda: not suspended(platform, place, holder), "one GPU is taken", 60)
    others = share(platform, "production")["quota"]
    lender = make(job("production", 1, pods=others))
    eventually(lambda: not suspended(platform, place, lender), "and nothing is lent", 60)
    gang = make(job("research", 1, pods=quota))
    eventually(lambda: gang in owners(platform, place), "Kueue has seen the gang", 30)
    assert suspended(platform, place, gang)
    assert read(platform, place, "pods", "-l", f"job-name={gang}") == []
    platform.kubectl("delete", "job", holder, "-n", place)
    eventually(lambda: len(read(platform, place, "pods", "-l", f"job-name={gang}")) == quota, "all of its pods", 60)


def test_pods_of_a_group_are_let_go_together(platform: Platform, place: str, make: Callable[[Manifest], str]):
    group = f"group-{uuid.uuid4().hex[:8]}"

    def gated() -> list[bool]:
        found = read(platform, place, "pods", "-l", f"kueue.x-k8s.io/pod-group-name={group}")
        return [bool(one["spec"].get("schedulingGates")) for one in found]

    make(gang_member("research", group, 2))
    assert gated() == [True]
    make(gang_member("research", group, 2))
    eventually(lambda: gated() == [False, False], "both are let go", 60)


def test_without_a_queue_work_starts_at_once(platform: Platform, place: str, make: Callable[[Manifest], str]):
    name = make(job(None, 0))
    eventually(lambda: read(platform, place, "pods", "-l", f"job-name={name}"), "its pod", 30)
    assert name not in owners(platform, place)
