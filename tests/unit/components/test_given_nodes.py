"""Pools of nodes that are there already, on the recording engine."""

import json
from typing import Any

import pulumi
import pytest
from pydantic import ValidationError

from components.compute.cluster import GivenCluster, GivenClusterArgs, GivenClusterSettings, nodes
from components.compute.devices import DevicePluginSettings
from components.compute.nodes import GivenGpuPoolSettings, disagreements
from components.pipelines.contracts import GpuPool
from tests.recording import Engine
from tests.unit.policies.analysis import refusals

TRAINING = {"accelerator": "A100-80", "perNode": 4, "nodes": ["gpu-1", "gpu-2"], "cpu": 60, "memory": "480Gi"}
RADEON = {**TRAINING, "accelerator": "MI300", "nodes": ["gpu-3"]}
DCGM = "nvcr.io/nvidia/k8s/dcgm-exporter:4.5.3-4.8.2-distroless"
HAS = {"cpu": "63770m", "memory": "527966744Ki"}


def built(live: dict[str, dict[str, str]], pools: dict[str, Any], **settings: Any) -> tuple[Engine, GivenCluster]:
    chosen = GivenClusterSettings.model_validate({"gpuPools": pools, **settings})
    engine = Engine(nodes=live)
    return engine, engine.build(lambda: GivenCluster("cluster", GivenClusterArgs(settings=chosen)))


def test_each_node_is_labelled_and_tainted_under_its_own_name():
    live = {node: {**HAS, "nvidia.com/gpu": "4"} for node in ("gpu-1", "gpu-2")}
    engine, _ = built(live, {"training": TRAINING})
    assert [made.inputs["metadata"] for made in engine.all("NodePatch")] == [
        {"name": node, "labels": {"mlops/pool": "training"}} for node in ("gpu-1", "gpu-2")
    ]
    taint = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
    assert [made.inputs["spec"] for made in engine.all("NodePatch")] == [{"taints": [taint]}] * 2


def test_a_pool_is_handed_on_as_that_of_a_cloud_is():
    _, cluster = built(
        {"gpu-1": {**HAS, "nvidia.com/gpu": "12"}}, {"cut": {**TRAINING, "nodes": ["gpu-1"], "mig": "2g.20gb"}}
    )
    assert (cluster.gpu_pools["cut"].per_node, cluster.gpu_pools["cut"].memory) == (12, 81920 // 3)
    placement = GpuPool(pool="cut").of(cluster.gpu_pools).placement(1)
    assert placement.node_labels == {"mlops/pool": "cut"} and placement.devices == {"nvidia.com/gpu": 1}


def test_amds_plugin_comes_with_the_pool_and_runs_on_its_nodes_alone():
    engine, cluster = built({"gpu-3": {**HAS, "amd.com/gpu": "4"}}, {"radeon": RADEON})
    pod = engine.only("DaemonSet", "cluster-radeon-devices").inputs["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"mlops/pool": "radeon"} and pod["tolerations"] == [{"operator": "Exists"}]
    assert {volume["hostPath"]["path"] for volume in pod["volumes"]} == {"/var/lib/kubelet/device-plugins", "/sys"}
    assert pod["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert cluster.gpu_pools["radeon"].taint == "amd.com/gpu=present:NoSchedule"
    assert cluster.gpu_pools["radeon"].resource == "amd.com/gpu"


def test_no_image_of_nvidia_is_brought_and_where_nothing_is_brought_there_is_no_privileged_namespace():
    live = {"gpu-1": {**HAS, "nvidia.com/gpu": "4"}, "gpu-3": {**HAS, "amd.com/gpu": "4"}}
    pools = {"training": {**TRAINING, "nodes": ["gpu-1"]}, "radeon": RADEON}
    engine, _ = built(live, pools, devicePlugin={"amd": False})
    assert not engine.all("DaemonSet") and not engine.all("Namespace")


def test_an_own_build_of_nvidias_plugin_is_told_how_gpus_are_shared():
    pool = {**TRAINING, "accelerator": "T4", "nodes": ["gpu-1"], "timeSlices": 4}
    image = "registry.example.org/ml/k8s-device-plugin:0.20.0"
    engine, _ = built({"gpu-1": {**HAS, "nvidia.com/gpu": "16"}}, {"shared": pool}, devicePlugin={"nvidiaImage": image})
    config = json.loads(engine.only("ConfigMap").inputs["data"]["config.json"])
    assert config["sharing"]["timeSlicing"]["resources"] == [{"name": "nvidia.com/gpu", "replicas": 4}]
    pod = engine.only("DaemonSet").inputs["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == image and pod["runtimeClassName"] == "nvidia"


def test_gpus_are_told_of_by_an_image_that_the_stack_names_and_on_nodes_with_nvidias_alone():
    live = {"gpu-1": {**HAS, "nvidia.com/gpu": "4"}, "gpu-3": {**HAS, "amd.com/gpu": "4"}}
    pools = {"training": {**TRAINING, "nodes": ["gpu-1"]}, "radeon": RADEON}
    chosen = {"amd": False, "dcgmImage": DCGM, "dcgmScrapedFrom": ["monitoring"]}
    engine, _ = built(live, pools, devicePlugin=chosen, kubeletRoot="/data/kubelet")
    template = engine.only("DaemonSet", "cluster-training-dcgm").inputs["spec"]["template"]
    (container,) = template["spec"]["containers"]
    assert container["image"] == DCGM and template["spec"]["runtimeClassName"] == "nvidia"
    assert template["spec"]["nodeSelector"] == {"mlops/pool": "training"}
    assert template["spec"]["volumes"][0]["hostPath"]["path"] == "/data/kubelet/pod-resources"
    assert container["volumeMounts"][0]["mountPath"] == "/var/lib/kubelet/pod-resources"
    # It asks for no GPU, which nobody else could have then, and for no right that others lack.
    assert "nvidia.com/gpu" not in str(container["resources"])
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    (ways,) = [one.inputs for one in engine.all("NetworkPolicy") if one.name == "cluster-training-dcgm-readers"]
    assert ways["spec"]["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert ways["spec"]["ingress"] == [
        {
            "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
            "ports": [{"port": 9400, "protocol": "TCP"}],
        }
    ]
    assert container["ports"] == [{"name": "metrics", "containerPort": 9400}]


def test_what_is_read_where_nothing_tells_is_refused():
    with pytest.raises(ValidationError, match="dcgmScrapedFrom: there is nothing to read without dcgmImage"):
        DevicePluginSettings.model_validate({"dcgmScrapedFrom": ["monitoring"]})


def test_nvidias_own_exporter_is_refused_unless_the_stacks_policies_make_an_exception():
    engine, _ = built(
        {"gpu-1": {**HAS, "nvidia.com/gpu": "4"}},
        {"training": {**TRAINING, "nodes": ["gpu-1"]}},
        devicePlugin={"dcgmImage": DCGM},
    )
    props = engine.only("DaemonSet").inputs
    (refusal,) = refusals("open-source-images", "kubernetes:apps/v1:DaemonSet", props)
    assert "LicenseRef-NVIDIA-proprietary, which is not open source" in refusal
    exception = {
        "repository": DCGM.partition(":")[0],
        "reason": "figures of GPUs",
        "owner": "ml",
        "until": "2999-01-31",
    }
    assert not refusals("open-source-images", "kubernetes:apps/v1:DaemonSet", props, {"exceptions": [exception]})


@pytest.mark.parametrize(
    ("has", "labels", "found"),
    [
        ({**HAS, "nvidia.com/gpu": "4"}, {}, []),
        ({**HAS, "nvidia.com/gpu": "4"}, {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}, []),
        (HAS, {}, ["offers 0 nvidia.com/gpu, not 4: is its device plugin running?"]),
        ({**HAS, "nvidia.com/gpu": "3"}, {}, ["offers 3 nvidia.com/gpu, not 4: correct the pool, or how"]),
        ({**HAS, "nvidia.com/gpu": "4", "cpu": "32"}, {}, ["has 32 cpu for pods, less than 60"]),
        ({"nvidia.com/gpu": "4", "cpu": "64"}, {}, ["has no memory for pods, less than 480Gi"]),
        ({**HAS, "nvidia.com/gpu": "4"}, {"nvidia.com/gpu.product": "Tesla-T4"}, ["has Tesla-T4, not A100-80"]),
        ({**HAS, "nvidia.com/gpu": "4"}, {"nvidia.com/gpu.product": "NVIDIA-A100-PCIE-40GB"}, ["has NVIDIA-A100-PCIE"]),
    ],
)
def test_what_a_node_lacks_is_told_by_name(has: dict[str, str], labels: dict[str, str], found: list[str]):
    told = disagreements(GivenGpuPoolSettings.model_validate(TRAINING), has, labels)
    assert len(told) == len(found) and all(one.startswith(start) for one, start in zip(told, found, strict=True))


def test_a_node_that_lacks_something_ends_the_update():
    live = {"gpu-1": {**HAS, "nvidia.com/gpu": "4"}, "gpu-2": {**HAS, "nvidia.com/gpu": "2"}}
    with pytest.raises(pulumi.RunError, match=r"the node gpu-2 offers 2 nvidia.com/gpu, not 4"):
        built(live, {"training": TRAINING})


def test_a_plugin_that_has_just_come_may_take_its_time_to_offer_gpus():
    built({"gpu-3": HAS}, {"radeon": RADEON})


def test_the_cluster_says_what_its_nodes_have_where_the_stack_file_says_all_of_it():
    pools = {"training": TRAINING}
    whole = GivenClusterSettings.model_validate(
        {"gpuPools": pools, "machines": {"count": 3, "cpu": 30, "memory": "1Gi"}}
    )
    machines, training = nodes(whole)
    assert machines["count"] == 3 and machines["room"] == {"cpu": 30, "memory": 2**30}
    assert training["room"]["nvidia.com/gpu"] == 4 and training["taints"] == ["nvidia.com/gpu=present:NoSchedule"]
    assert nodes(GivenClusterSettings.model_validate({"gpuPools": pools})) == []
