"""What the components are told: kubelet, kube-proxy, DNS, containerd, and the manifests."""

import tomllib
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from local.cluster import api, certificates, containerd, control_plane, node, placement, simulated
from local.cluster.names import CGROUP, SIMULATED
from local.cluster.network import Network

HERE = Network(IPv4Network("10.201.0.0/16"), IPv4Network("10.202.0.0/16"))
NOWHERE = Path("/")


def test_the_kubelet_accepts_the_kinds_of_machine_that_it_may_meet() -> None:
    settings = node.kubelet_settings(HERE, NOWHERE)
    assert (settings["failCgroupV1"], settings["failSwapOn"], settings["cgroupDriver"]) == (False, False, "cgroupfs")
    assert settings["cgroupRoot"] == f"/{CGROUP}"
    assert settings["clusterDNS"] == ["10.201.0.1"]


def test_nobody_unknown_talks_to_the_kubelet() -> None:
    settings = node.kubelet_settings(HERE, NOWHERE)
    assert settings["readOnlyPort"] == 0
    assert settings["authentication"]["anonymous"] == {"enabled": False}  # type: ignore[index]


def test_node_ports_are_for_loopback_and_the_bridge() -> None:
    assert node.proxy_settings(HERE, NOWHERE)["nodePortAddresses"] == ["127.0.0.0/8", "10.201.0.1/32"]


def test_the_dns_server_forwards_to_nobody() -> None:
    assert "forward" not in node.dns_settings(HERE, NOWHERE)


def test_no_component_listens_on_all_addresses() -> None:
    binaries = Path("/bin")
    for process in (
        control_plane.etcd(binaries),
        control_plane.apiserver(binaries, HERE),
        control_plane.controller_manager(binaries, HERE),
        control_plane.scheduler(binaries),
        simulated.kwok(binaries, HERE),
    ):
        assert not [word for word in process.command if "0.0.0.0" in word or "[::]" in word]
        assert [word for word in process.command if "127.0.0.1" in word or "10.201.0.1" in word]


def test_no_secret_is_on_a_command_line() -> None:
    for word in control_plane.apiserver(Path("/bin"), HERE).command:
        assert not any(name in word for name in ("password=", "token=", "secret="))


def test_containerd_keeps_to_its_own_folders_and_pulls_nothing() -> None:
    process = containerd.process(HERE)
    texts = {path.name: text for path, text in process.files.items()}
    settings = tomllib.loads(texts["containerd.toml"])
    cri = settings["plugins"]["io.containerd.grpc.v1.cri"]
    folders = [
        settings["root"],
        settings["state"],
        settings["grpc"]["address"],
        cri["cni"]["conf_dir"],
        cri["containerd"]["runtimes"]["runc"]["options"]["Root"],
    ]
    assert all("exquisite-mlops/c" in folder for folder in folders)
    assert cri["restrict_oom_score_adj"] and cri["netns_mounts_under_state_dir"]
    assert tomllib.loads(texts["hosts.toml"]) == {"server": "http://127.0.0.1:1"}


def test_pods_get_their_addresses_from_the_real_half_of_the_range() -> None:
    import json

    text = next(text for path, text in containerd.process(HERE).files.items() if path.suffix == ".conflist")
    plugin = json.loads(text)["plugins"][0]
    addresses = plugin["ipam"]["ranges"][0][0]
    assert (addresses["rangeStart"], addresses["rangeEnd"]) == ("10.201.0.2", "10.201.127.254")
    assert plugin["ipMasq"] is False


@pytest.mark.parametrize("name", ["placement", "rbac", "storage"])
def test_manifests_name_their_objects(name: str) -> None:
    paths = [api.object_path(manifest) for manifest in api.manifests(name)]
    assert len(set(paths)) == len(paths) >= 1


def test_object_paths_are_the_api_servers() -> None:
    def path(version: str, kind: str, **metadata: str) -> str:
        return api.object_path({"apiVersion": version, "kind": kind, "metadata": {"name": "x", **metadata}})

    assert path("v1", "ConfigMap", namespace="y") == "/api/v1/namespaces/y/configmaps/x"
    assert path("storage.k8s.io/v1", "StorageClass") == "/apis/storage.k8s.io/v1/storageclasses/x"
    assert path("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy").endswith("/mutatingadmissionpolicies/x")


def test_rights_are_given_to_those_who_have_a_certificate() -> None:
    known = {name for subject in certificates.subjects(HERE) for name in (subject.name, *subject.groups)}
    bound = {one["name"] for item in api.manifests("rbac") for one in item.get("subjects", [])}
    assert bound <= known


def test_the_policy_the_nodes_and_the_code_speak_of_one_label() -> None:
    assert str(api.manifests("placement")).count(SIMULATED) >= 4
    for item in simulated.nodes():
        assert item["metadata"]["labels"][SIMULATED] == "true"
        assert item["spec"]["taints"], "nothing lands there unless it is placed there"


def test_gpus_are_behind_their_own_taint() -> None:
    gpu = [item for item in simulated.nodes() if "nvidia.com/gpu" in item["status"]["capacity"]]
    assert len(gpu) == simulated.GPU
    for item in gpu:
        assert item["spec"]["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]
        assert item["metadata"]["labels"]["accelerator"]


def test_a_pod_is_real_simulated_or_waiting() -> None:
    def kinds(node_name: str | None) -> tuple[bool, bool]:
        pod = placement.PodPlacement("a", "b", node_name, "Running", {})
        return pod.real, pod.simulated

    assert kinds("this-machine") == (True, False)
    assert kinds("simulated-1") == (False, True)
    assert kinds(None) == (False, False)


def simulated_pod(**changes: object) -> dict:
    spec = {"nodeSelector": {SIMULATED: "true"}, "containers": [{"image": "x:1"}]}
    return {
        "metadata": {"ownerReferences": [{"kind": "ReplicaSet"}]},
        "spec": {**spec, **changes},
        "status": {"phase": "Running"},
    }


def test_a_simulated_pod_is_misplaced_once_all_its_images_are_here() -> None:
    assert placement.misplaced(simulated_pod(), {"x:1"})
    assert not placement.misplaced(simulated_pod(), {"other:1"})
    assert not placement.misplaced(simulated_pod(initContainers=[{"image": "y:1"}]), {"x:1"})


def test_real_pods_pods_without_owner_and_pods_for_gpus_stay_where_they_are() -> None:
    gpu = [{"image": "x:1", "resources": {"limits": {"nvidia.com/gpu": "1"}}}]
    for pod in (
        simulated_pod(nodeSelector={}),
        {**simulated_pod(), "metadata": {}},
        {**simulated_pod(), "metadata": {"ownerReferences": [{"kind": "DaemonSet"}]}},
        {**simulated_pod(), "status": {"phase": "Succeeded"}},
        simulated_pod(containers=gpu),
    ):
        assert not placement.misplaced(pod, {"x:1"})
