"""Kueue itself, as the component configures it, on a real API server: who waits, who borrows, who is refused.

There are no nodes: what is admitted is seen by what Kueue does to it, a Job that it resumes, a pod whose gate it lifts.
"""

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pulumi import ResourceOptions

from components.compute.gpus import GpuPlace
from components.compute.queues.contracts import QUEUE
from components.compute.queues.definitions import KueueDefinitions, KueueDefinitionsArgs
from components.compute.queues.kueue import Kueue, KueueArgs
from components.compute.queues.local import open_queues
from components.compute.queues.queues import Queues, QueuesArgs
from components.compute.queues.settings import QueueSettings
from local import toolchain
from tests.cluster.evidence import eventually
from tests.engine.operators import Manifest, Program, login, manifest, remove, take
from tests.engine.server import Server, free_port
from tests.recording import Engine

HOME, WORK, OTHER = "kueue-test", "queues-work", "queues-other"
GPU = "nvidia.com/gpu"
CERTIFICATES = Path("/tmp/k8s-webhook-server/serving-certs")
"""Part of Kueue."""
PLENTY = {"cpu": {"quota": "100"}, "memory": {"quota": "100Gi"}}
TEAMS = {
    "red": {**PLENTY, "gpus": {"training": {"quota": 4, "borrow": 2, "lend": 2}}},
    "blue": {**PLENTY, "gpus": {"training": {"quota": 4}, "slices": {"quota": 2}}},
}
POOLS = {
    name: GpuPlace(taint=f"{GPU}=present:NoSchedule", node_labels={"mlops/pool": name})
    for name in ("training", "slices")
}
_ORDER = ("CustomResourceDefinition", "Service", "Secret", "ServiceAccount")
_LEFT_OUT = ("Deployment", "ResourceFlavor", "ClusterQueue", "LocalQueue")


def program() -> None:
    KueueDefinitions("kinds", KueueDefinitionsArgs())
    kueue = Kueue("kueue", KueueArgs(namespace=HOME, namespaces=(WORK,), devices=(GPU,)))
    settings = QueueSettings.model_validate({"teams": TEAMS})
    args = QueuesArgs(settings=settings, controller=kueue.controller, namespaces=(WORK,), pools=POOLS)
    open_queues("work", Queues("queues", args).queues, WORK, ResourceOptions())


@pytest.fixture(scope="module")
def cluster(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With Kueue's own program beside it, under the account and the rights that it has as a pod."""
    folder = tmp_path_factory.mktemp("kueue")
    engine = Engine()
    engine.build(program)
    made = [manifest(one) for one in engine.made if one.type.startswith("kubernetes:")]
    ports = {str(known): str(free_port()) for known in (8081, 8443, 10250)}
    with ExitStack() as stack:
        for name in (HOME, WORK, OTHER):
            server.kubectl("create", "namespace", name)
            stack.callback(server.kubectl, "delete", "namespace", name, "--wait=false")
        first = [_beside(one, ports) for one in made if one["kind"] not in _LEFT_OUT]
        first.sort(key=lambda one: one["kind"] not in _ORDER)
        stack.callback(remove, server, first)
        for one in first:
            take(server, one)
        stack.enter_context(_running(server, folder, first, ports))
        queues = [one for one in made if one["kind"] in _LEFT_OUT[1:]]
        stack.callback(remove, server, queues)
        for one in queues:
            take(server, one)
        stack.callback(server.kubectl, "delete", "jobs,pods", "--all", "-n", WORK, "--wait=false")
        yield server


def _beside(one: Manifest, ports: dict[str, str]) -> Manifest:
    """Its Service leads to this machine, and its ports are free ones: there may be other clusters here."""
    if one["kind"] == "Service":
        return {**one, "spec": {"type": "ExternalName", "externalName": "localhost"}}
    text = json.dumps(one)
    if one["kind"] in ("ConfigMap", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        text = re.sub(r"\b(8081|8443|10250)\b", lambda known: ports[known[0]], text)
        # It stands alone here, and would end if a busy machine kept it from being elected anew in time.
        text = re.sub(r"(leaderElect\W+)true", r"\1false", text)
    return dict(json.loads(text))


@contextmanager
def _running(server: Server, folder: Path, made: list[Manifest], ports: dict[str, str]) -> Iterator[None]:
    """Kueue's program, and what a kubelet does for it: show it its Secret as files."""
    names = {one["kind"]: one["metadata"]["name"] for one in made}
    (config,) = (one for one in made if one["kind"] == "ConfigMap")
    (folder / "controller.yaml").write_text(config["data"]["controller.yaml"])
    kubeconfig = login(server, names["ServiceAccount"], HOME, folder / "kubeconfig")
    binary = toolchain.build_one(toolchain.IN_IMAGES["kueue"], print) / "kueue"
    shutil.rmtree(CERTIFICATES.parent, ignore_errors=True)  # of a run that was killed
    CERTIFICATES.mkdir(parents=True)
    command = [str(binary), f"--config={folder}/controller.yaml", "--zap-log-level=3"]
    kueue = Program(command, folder, {"KUBECONFIG": str(kubeconfig)})
    try:
        data = eventually(lambda: server.get("secret", names["Secret"], "-n", HOME).get("data"), "the certificate")
        for name, content in data.items():
            (CERTIFICATES / name).write_bytes(base64.b64decode(content))
        ready = f"http://127.0.0.1:{ports['8081']}/readyz"
        eventually(lambda: kueue.answers(ready), f"readiness of Kueue: see {kueue.log}")
        yield
    finally:
        kueue.end()
        shutil.rmtree(CERTIFICATES.parent)


def template(gpus: int) -> Manifest:
    asked = {"cpu": "100m", "memory": "64Mi", **({GPU: str(gpus)} if gpus else {})}
    container = {"name": "work", "image": "example.org/work:1", "resources": {"requests": asked, "limits": asked}}
    return {"restartPolicy": "Never", "containers": [container]}


def job(name: str, team: str | None, gpus: int, pods: int = 1, place: str = WORK, **selector: str) -> Manifest:
    labels = {QUEUE: team} if team else {}
    spec = {**template(gpus), **({"nodeSelector": {"mlops/pool": selector["pool"]}} if selector else {})}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": place, "labels": labels},
        "spec": {"parallelism": pods, "completions": pods, "template": {"spec": spec}},
    }


def grouped(name: str, group: str, total: int, gpus: int) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": WORK,
            "labels": {QUEUE: "blue", "kueue.x-k8s.io/pod-group-name": group},
            "annotations": {"kueue.x-k8s.io/pod-group-total-count": str(total)},
        },
        "spec": template(gpus),
    }


@pytest.fixture
def work(cluster: Server) -> Iterator[Callable[[Manifest], None]]:
    """Make something in the work's namespace; at the end it is gone, and its quota free again."""
    made: list[Manifest] = []

    def make(one: Manifest) -> None:
        made.append(one)
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(one))

    yield make
    for one in made:
        kind, named = one["kind"].lower(), one["metadata"]
        cluster.kubectl("delete", kind, named["name"], "-n", named["namespace"], "--ignore-not-found", "--wait=false")
    eventually(lambda: not cluster.get("workloads", "-n", WORK)["items"], "no work is left")


def suspended(cluster: Server, name: str) -> bool:
    return bool(cluster.get("job", name, "-n", WORK)["spec"].get("suspend"))


def waits(cluster: Server, name: str) -> str | None:
    """What Kueue says to a Job that has to wait, in an event: it notes it in the status, too, and not twice."""
    for one in cluster.get("workloads", "-n", WORK)["items"]:
        if one["metadata"]["ownerReferences"][0]["name"] == name:
            about = f"reason=Pending,involvedObject.name={one['metadata']['name']}"
            for told in cluster.get("events", "-n", WORK, f"--field-selector={about}")["items"]:
                return str(told["message"])
    return None


def gates(cluster: Server, *names: str) -> list[bool]:
    return [bool(cluster.get("pod", name, "-n", WORK)["spec"].get("schedulingGates")) for name in names]


def refusal(cluster: Server, one: Manifest) -> str:
    with pytest.raises(AssertionError) as refused:
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(one))
    return str(refused.value)


def test_a_job_waits_until_its_teams_quota_is_free_and_is_then_put_on_the_pools_nodes(cluster: Server, work: Callable):
    work(job("red-first", "red", 6, pool="training"))  # 4 of its own, 2 borrowed
    eventually(lambda: not suspended(cluster, "red-first"), "the first Job runs")
    template = cluster.get("job", "red-first", "-n", WORK)["spec"]["template"]["spec"]
    assert template["nodeSelector"] == {"mlops/pool": "training"}
    assert [one["key"] for one in template["tolerations"]] == [GPU]
    work(job("red-second", "red", 1, pool="training"))
    assert "insufficient" in eventually(lambda: waits(cluster, "red-second"), "the second Job is told to wait")
    assert suspended(cluster, "red-second")
    cluster.kubectl("delete", "job", "red-first", "-n", WORK)
    eventually(lambda: not suspended(cluster, "red-second"), "the second Job runs")


def test_what_a_team_has_lent_it_gets_back_when_it_needs_it(cluster: Server, work: Callable):
    work(job("borrower", "red", 6, pool="training"))
    eventually(lambda: not suspended(cluster, "borrower"), "a Job on borrowed GPUs")
    work(job("owner", "blue", 4, pool="training"))
    eventually(lambda: suspended(cluster, "borrower"), "the borrower is evicted")
    eventually(lambda: not suspended(cluster, "owner"), "the owner's Job runs")


def test_a_gang_of_a_job_starts_whole_or_not_at_all(cluster: Server, work: Callable):
    work(job("holder", "blue", 3, pool="training"))
    eventually(lambda: not suspended(cluster, "holder"), "something holds most of the quota")
    work(job("filler", "red", 4, pool="training"))
    eventually(lambda: not suspended(cluster, "filler"), "and lends nothing")
    work(job("gang", "blue", 1, pods=2, pool="training"))
    assert eventually(lambda: waits(cluster, "gang"), "the gang is told to wait")
    assert not cluster.get("pods", "-n", WORK, "-l", "job-name=gang")["items"]
    cluster.kubectl("delete", "job", "holder", "-n", WORK)
    eventually(lambda: len(cluster.get("pods", "-n", WORK, "-l", "job-name=gang")["items"]) == 2, "both of its pods")


def test_a_gang_of_pods_is_let_go_when_the_last_of_them_is_there(cluster: Server, work: Callable):
    work(grouped("one", "pair", 2, 1))
    assert gates(cluster, "one") == [True]
    work(grouped("two", "pair", 2, 1))
    eventually(lambda: gates(cluster, "one", "two") == [False, False], "both gates are lifted")
    for name in ("one", "two"):  # as no kubelet says; Kueue holds on to a gang until its pods have ended
        cluster.set_status("pod", WORK, name, {"phase": "Succeeded"})


def test_without_a_pool_of_its_choice_a_job_gets_the_first_that_has_room(cluster: Server, work: Callable):
    work(job("holder", "blue", 4))
    eventually(lambda: not suspended(cluster, "holder"), "a Job on the first pool")
    work(job("other", "red", 4, pool="training"))
    eventually(lambda: not suspended(cluster, "other"), "which is full now")
    work(job("next", "blue", 2))
    eventually(lambda: not suspended(cluster, "next"), "a Job on the second")
    placed = [cluster.get("job", one, "-n", WORK)["spec"]["template"]["spec"] for one in ("holder", "next")]
    assert [one["nodeSelector"]["mlops/pool"] for one in placed] == ["training", "slices"]


def test_without_a_queue_work_runs_at_once_but_gets_no_gpu(cluster: Server, work: Callable):
    work(job("plain", None, 0))
    eventually(lambda: cluster.get("pods", "-n", WORK, "-l", "job-name=plain")["items"], "its pod")
    assert not suspended(cluster, "plain")
    assert "add the label kueue.x-k8s.io/queue-name" in refusal(cluster, job("greedy", None, 1))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "greedy", "namespace": WORK}, "spec": template(1)}
    assert "names no queue" in refusal(cluster, pod)
    elsewhere = job("elsewhere", "red", 1, place=OTHER)
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(elsewhere))
    assert not cluster.get("job", "elsewhere", "-n", OTHER)["spec"].get("suspend")


def test_kueue_has_no_hand_in_namespaces_without_queues(cluster: Server):
    (account,) = (
        one["metadata"]["name"]
        for one in cluster.get("serviceaccounts", "-n", HOME)["items"]
        if one["metadata"]["name"].startswith("kueue-account")
    )
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(job("untouched", None, 0, place=OTHER)))
    user = f"--as=system:serviceaccount:{HOME}:{account}"
    with pytest.raises(AssertionError, match="no team has queues in this namespace"):
        cluster.kubectl("label", "job", "untouched", "-n", OTHER, "x=y", user)
