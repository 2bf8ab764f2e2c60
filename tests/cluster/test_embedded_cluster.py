"""The embedded cluster with real pods: what runs, what is simulated, what is reachable and what is not."""

import functools
import json
import re
import subprocess
import urllib.error
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import cluster, toolchain
from local.cluster import api, archive, network
from local.cluster.checks import BRIDGE_PORTS, LOOPBACK_PORTS
from local.cluster.containerd import ctr
from local.cluster.names import BRIDGE, ETCD, NODE, SIMULATED, VOLUMES
from tests.cluster import hard_life, machine, probes

ABSENT = "docker.io/library/unknown:1"


@pytest.fixture(scope="module")
def binaries() -> Path:
    return toolchain.build(toolchain.CLUSTER, print)


@pytest.fixture(scope="module", autouse=True)
def running(embedded_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    probes.import_probe(tmp_path_factory.mktemp("probe"))


@pytest.fixture
def space(spaces: list[probes.Manifest]) -> Iterator[str]:
    made = probes.namespace(f"test-{uuid.uuid4().hex[:8]}")
    spaces.append(made)
    name = made["metadata"]["name"]
    api.apply(made)
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
    probes.eventually(lambda: probes.read(account), "the namespace's account")
    yield name
    api.call("DELETE", api.object_path(made))


def start(manifest: probes.Manifest) -> str:
    """Make a pod and wait until it is ready; its address."""
    api.apply(manifest)
    probes.eventually(lambda: probes.is_ready(manifest), f"readiness of {manifest['metadata']['name']}")
    return f"{probes.read(manifest)['status']['podIP']}:8080"


def claim(space: str) -> probes.Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": space},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }


def mounting(name: str) -> dict[str, Any]:
    """What a pod needs to find the claim at /data."""
    return {
        "volumes": [{"name": name, "persistentVolumeClaim": {"claimName": name}}],
        "container": {"volumeMounts": [{"name": name, "mountPath": "/data"}]},
    }


def test_a_restricted_pod_whose_image_is_here_really_runs(space: str) -> None:
    address = start(probes.pod(space, "here"))
    assert probes.ask(address, "/name") == "here"
    assert [(pod.name, pod.real) for pod in cluster.pods(space)] == [("here", True)]
    assert cluster.node_of(space, "here") == NODE


def test_a_pod_that_is_not_restricted_is_refused_in_a_restricted_namespace(space: str) -> None:
    with pytest.raises(api.ApiError, match="violates PodSecurity"):
        api.apply(probes.pod(space, "loose", container={"securityContext": {"privileged": True}}))


def test_a_pod_whose_image_is_not_here_is_simulated(space: str) -> None:
    selector = {"kubernetes.io/os": "linux"}
    toleration = {"key": "other", "operator": "Exists"}
    start(probes.pod(space, "elsewhere", ABSENT, nodeSelector=selector, tolerations=[toleration]))
    placed = cluster.pods(space)[0]
    assert placed.simulated and not placed.real
    spec = probes.read(probes.pod(space, "elsewhere"))["spec"]
    assert spec["nodeSelector"] == {**selector, SIMULATED: "true"}
    assert toleration in spec["tolerations"]


def test_one_absent_init_image_is_enough_to_simulate_a_pod(space: str) -> None:
    init = {**probes.pod(space, "x", ABSENT)["spec"]["containers"][0], "name": "first"}
    del init["readinessProbe"]
    start(probes.pod(space, "mixed", initContainers=[init]))
    assert cluster.pods(space)[0].simulated


def test_a_pod_that_asks_for_a_gpu_lands_on_the_gpu_pool(space: str) -> None:
    gpu = {"resources": {"limits": {"nvidia.com/gpu": "4"}}}
    start(probes.pod(space, "trainer", container=gpu, tolerations=[{"key": "nvidia.com/gpu", "operator": "Exists"}]))
    node = api.call("GET", f"/api/v1/nodes/{cluster.node_of(space, 'trainer')}")
    assert node["metadata"]["labels"]["accelerator"] == "nvidia-a100"
    assert {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"} in node["spec"]["taints"]


def test_a_claim_of_a_simulated_pod_is_bound_like_any_other(space: str) -> None:
    api.apply(claim(space))
    start(probes.pod(space, "elsewhere", ABSENT, **mounting("data")))
    assert cluster.pods(space)[0].simulated
    assert probes.read(claim(space))["status"]["phase"] == "Bound"


def test_a_simulated_workload_runs_for_real_once_its_image_is_here(space: str, tmp_path: Path) -> None:
    image = f"exquisite-mlops.local/late-{space}:1"
    template = probes.pod(space, "late", image, **mounting("data"))
    del template["spec"]["terminationGracePeriodSeconds"]
    workload = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "late", "namespace": space},
        "spec": {
            "selector": {"matchLabels": {"app": "late"}},
            "template": {"metadata": {"labels": {"app": "late"}}, "spec": template["spec"]},
        },
    }
    api.apply(claim(space))
    api.apply(workload)
    probes.eventually(lambda: [pod.simulated for pod in cluster.pods(space)] == [True], "a simulated pod")
    probes.eventually(lambda: probes.read(workload)["status"].get("readyReplicas"), "its readiness")

    archive.pack(tmp_path / "late.tar", image, {"probe": probes.compiled(tmp_path)}, ["/probe"])
    cluster.import_image(tmp_path / "late.tar", image)
    cluster.present([image])
    probes.eventually(lambda: [pod.real for pod in cluster.pods(space)] == [True], "a real pod in its place")
    probes.eventually(lambda: probes.read(workload)["status"].get("readyReplicas"), "its readiness")
    ctr("images", "remove", image)
    cluster.present()


def test_an_image_that_is_here_is_used_even_by_a_pod_that_would_always_pull(space: str) -> None:
    start(probes.pod(space, "puller", container={"imagePullPolicy": "Always"}))
    assert cluster.pods(space)[0].real


def test_a_daemon_whose_image_is_not_here_rolls_out_on_simulated_nodes_alone(space: str) -> None:
    template = probes.pod(space, "daemon", ABSENT)
    daemon = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "daemon", "namespace": space},
        "spec": {
            "selector": {"matchLabels": {"app": "daemon"}},
            "template": {"metadata": {"labels": {"app": "daemon"}}, "spec": template["spec"]},
        },
    }
    del template["spec"]["terminationGracePeriodSeconds"]
    api.apply(daemon)

    def rolled_out() -> bool:
        state = probes.read(daemon)["status"]
        return state.get("numberReady", 0) == state.get("desiredNumberScheduled") != 0

    probes.eventually(rolled_out, "the daemon's roll-out")
    assert all(pod.simulated for pod in cluster.pods(space))


def test_services_answer_pods_by_name_and_this_machine_by_cluster_address_and_node_port(space: str) -> None:
    client = start(probes.pod(space, "client"))
    start(probes.pod(space, "server"))
    api.apply(probes.service(space, "server", node_port=True))
    spec = probes.read(probes.service(space, "server"))["spec"]
    port, bridge = spec["ports"][0]["nodePort"], network.choose([]).bridge

    for url in (f"http://server.{space}.svc.cluster.local/name", "http://server/name", f"http://{bridge}:{port}/name"):
        answer = probes.eventually(functools.partial(probes.ask, client, "/get", url=url), url, 20)
        assert answer == "server"
    for address in (f"127.0.0.1:{port}", f"{bridge}:{port}", spec["clusterIP"]):
        answer = probes.eventually(functools.partial(probes.ask, address, "/name"), f"an answer at {address}", 20)
        assert answer == "server"


def test_a_pod_reaches_itself_through_its_service(space: str) -> None:
    address = start(probes.pod(space, "alone"))
    api.apply(probes.service(space, "alone"))
    url = f"http://alone.{space}.svc.cluster.local/name"  # the short name is its own, in its hosts file
    assert probes.eventually(lambda: probes.ask(address, "/get", url=url), "the hairpin", 20) == "alone"


def test_pods_resolve_the_clusters_names_and_no_other(space: str) -> None:
    address = start(probes.pod(space, "client"))
    assert probes.ask(address, "/resolve", name="kubernetes.default.svc.cluster.local") == str(
        network.choose([]).api_service
    )
    with pytest.raises(urllib.error.HTTPError):
        probes.ask(address, "/resolve", name="example.com.")
    assert probes.ask(address, "/read", path="/etc/resolv.conf").splitlines()[-2:] == [
        f"nameserver {network.choose([]).bridge}",
        "options ndots:5",
    ]


def test_nothing_from_a_pod_is_routed_off_this_machine(space: str) -> None:
    """Asked of the kernel's routing table: the test sends nothing."""
    pod = start(probes.pod(space, "client")).partition(":")[0]
    for outside in ("192.0.2.1", "198.51.100.7"):
        asked = subprocess.run(
            ["ip", "route", "get", outside, "from", pod, "iif", BRIDGE], capture_output=True, text=True
        )
        assert asked.returncode and "No route to host" in asked.stderr, asked.stdout
    inside = subprocess.run(["ip", "route", "get", pod, "from", pod, "iif", BRIDGE], capture_output=True, text=True)
    assert BRIDGE in inside.stdout
    rules = subprocess.run(["iptables-save", "-t", "nat"], capture_output=True, text=True, check=True).stdout
    masquerading = [line for line in rules.splitlines() if "MASQUERADE" in line]
    assert all("KUBE-POSTROUTING" in line for line in masquerading), masquerading


def test_the_api_and_node_ports_are_bound_to_loopback_and_the_bridge_alone() -> None:
    listening = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout.splitlines()
    bridge, ours = str(network.choose([]).bridge), {*BRIDGE_PORTS, *LOOPBACK_PORTS}
    addresses = [line.split()[3].rpartition(":") for line in listening]
    assert {host for host, _, port in addresses if int(port) in ours} == {"127.0.0.1", bridge}


def test_a_claim_is_bound_written_kept_over_a_restart_and_gone_when_deleted(space: str) -> None:
    api.apply(claim(space))
    writer = probes.pod(space, "writer", **mounting("data"))
    probes.ask(start(writer), "/write", path="/data/kept", text="still here")
    api.call("DELETE", api.object_path(writer))
    probes.eventually(lambda: probes.gone(writer), "the end of the pod")
    assert probes.ask(start(writer), "/read", path="/data/kept") == "still here"

    folder = VOLUMES / probes.read(claim(space))["spec"]["volumeName"]
    assert (folder / "kept").read_text() == "still here"
    api.call("DELETE", api.object_path(writer))
    api.call("DELETE", api.object_path(claim(space)))
    probes.eventually(lambda: not folder.exists(), "removal of the folder")
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": folder.name}}
    probes.eventually(lambda: probes.gone(volume), "the end of the volume")


def test_secrets_are_encrypted_in_the_store(space: str) -> None:
    value = uuid.uuid4().hex
    api.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "known", "namespace": space},
            "stringData": {"password": value},
        }
    )
    api.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "known", "namespace": space},
            "data": {"plain": f"plain-{value}"},
        }
    )
    stored = b"".join(path.read_bytes() for path in ETCD.rglob("*") if path.is_file())
    assert f"plain-{value}".encode() in stored
    assert stored.count(value.encode()) == stored.count(f"plain-{value}".encode())


def test_a_second_up_starts_nothing(binaries: Path) -> None:
    before = {one.name: one.pid for one in cluster.status()}
    cluster.up(binaries, print)
    assert {one.name: one.pid for one in cluster.status()} == before


@pytest.fixture(scope="module")
def life(binaries: Path) -> dict[str, Any]:
    """What happens on a machine of its own, so that it disturbs nobody."""
    done = machine.run("tests.cluster.hard_life", str(binaries))
    assert done.returncode == 0, done.stderr
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def test_a_machine_with_another_cluster_or_a_busy_port_is_refused_with_the_reason(life: dict[str, Any]) -> None:
    assert "another Kubernetes runs on this machine's network (KUBE-SERVICES" in life["foreign cluster"]
    assert re.match(r"port \d+ on 127.0.0.1, which etcd needs, is taken by python", life["busy port"])


def test_two_commands_at_once_do_not_meet(life: dict[str, Any]) -> None:
    assert life["second command"] == "another command is working on the cluster: wait for it, then run it again"


def test_whatever_is_killed_is_healed_by_the_next_up_and_pods_live_through_it(life: dict[str, Any]) -> None:
    healed = {"unhealthy": [], "answer": "kept", "same": ["kube-scheduler"], "restarts": [0], "dead mount": False}
    assert life["killed"] == healed


def test_a_power_cut_is_healed_by_the_next_up_and_data_lives_through_it(life: dict[str, Any]) -> None:
    assert [item.split()[0] for item in life["no power"]["left"]] == ["folder"]
    assert life["no power"]["unhealthy"] == []
    assert life["no power"]["answer"] == "kept"


def test_down_leaves_the_machine_as_it_was_and_others_rules_alone(life: dict[str, Any]) -> None:
    before, after = life["before"], life["down"]
    assert after.pop("rules") == [*before.pop("rules"), "-A INPUT -j OTHERS", hard_life.FOREIGN]
    assert after == before
    assert after["leftovers"] == []
