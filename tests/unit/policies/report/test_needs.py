"""What a stack asks of an account: GPUs, and the quotas that bound them, by region."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.policies.report.previews import NODES, POOL, UNKNOWN, made, reported, urn


def nodes(name: str, machine: Any, most: Any, **more: Any) -> dict[str, Any]:
    inputs = {"instanceTypes": [machine], "scalingConfig": {"minSize": 0, "maxSize": most}, "region": "eu-west-1"}
    return made(NODES, name, {**inputs, **more})


def pool(name: str, machine: str, most: int, **node: Any) -> dict[str, Any]:
    scaling = {"totalMinNodeCount": 0, "totalMaxNodeCount": most}
    inputs = {"location": "europe-west4", "autoscaling": scaling, "nodeConfig": {"machineType": machine, **node}}
    return made(POOL, name, inputs)


@pytest.mark.parametrize(
    "event, gpus, quota, amount",
    [
        (nodes("a", "g5.xlarge", 2), "A10G", "Running On-Demand G and VT instances (L-DB2E81BA)", 8),
        (nodes("a", "g6.12xlarge", 1, capacityType="SPOT"), "L4", "All G and VT Spot Instance Requests", 48),
        (nodes("a", "p4d.24xlarge", 2), "A100 40 GB", "Running On-Demand P instances", 192),
        (nodes("a", "p4d.24xlarge", 1, capacityType="SPOT"), "A100 40 GB", "All P4, P3 and P2 Spot Instance", 96),
        (nodes("a", "p5.48xlarge", 1, capacityType="SPOT"), "H100", "All P5 Spot Instance Requests", 192),
        (nodes("a", "m7i.2xlarge", 4), None, "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z)", 32),
        (nodes("a", "t3.large", 3), None, "Running On-Demand Standard", 6),
        (nodes("a", "g4dn.metal", 1), "T4", "Running On-Demand G and VT instances", None),
        (nodes("a", "p6-b200.48xlarge", 1, capacityType="SPOT"), "B200", "no quota known here", 192),
        (nodes("a", "g5.xlarge", UNKNOWN), "A10G", "Running On-Demand G and VT instances", None),
        (pool("a", "g2-standard-24", 3), "nvidia-l4", "NVIDIA_L4_GPUS", 6),
        (pool("a", "a2-highgpu-8g", 1, spot=True), "nvidia-tesla-a100", "PREEMPTIBLE_NVIDIA_A100_GPUS", 8),
        (pool("a", "a3-highgpu-8g", 2), "nvidia-h100-80gb", "GPUS_PER_GPU_FAMILY (NVIDIA_H100)", 16),
        (
            pool("a", "n1-standard-8", 2, guestAccelerators=[{"type": "nvidia-tesla-t4", "count": 4}]),
            "nvidia-tesla-t4",
            "NVIDIA_T4_GPUS",
            8,
        ),
        (pool("a", "n2-standard-8", 5), None, "N2_CPUS", 40),
    ],
)
def test_a_pool_counts_against_the_quota_of_its_family(
    tmp_path: Path, event: Any, gpus: str | None, quota: str, amount: int | None
):
    found = reported(tmp_path, event)
    first = found.quotas[0]
    assert first.what.startswith(quota) and first.amount == amount, first
    assert [need.what for need in found.gpus] == ([gpus] if gpus else [])


def test_pools_of_a_region_add_up_and_those_of_another_do_not(tmp_path: Path):
    here = [nodes("a", "g5.xlarge", 2), nodes("b", "g6.xlarge", 3)]
    elsewhere = nodes("c", "g6.xlarge", 1, region="us-east-1")
    quotas = {need.region: need for need in reported(tmp_path, *here, elsewhere).quotas}
    assert quotas["eu-west-1"].amount == 20 and quotas["us-east-1"].amount == 4
    assert quotas["eu-west-1"].pools == ("a: 2 x g5.xlarge", "b: 3 x g6.xlarge")


def test_all_gpus_of_a_google_project_are_bounded_together(tmp_path: Path):
    found = reported(tmp_path, pool("a", "g2-standard-8", 3), pool("b", "a2-highgpu-1g", 2))
    assert [(need.region, need.amount) for need in found.quotas if need.what == "GPUS_ALL_REGIONS"] == [
        ("all regions", 5)
    ]


def test_a_region_is_that_of_the_provider_where_the_resource_names_none(tmp_path: Path):
    token = "pulumi:providers:aws"
    cloud = made(token, "cloud", {"region": "ap-south-1"})
    group = made(NODES, "a", {"instanceTypes": ["g5.xlarge"]}, provider=f"{urn(token, 'cloud')}::id")
    assert reported(tmp_path, cloud, group).quotas[0].region == "ap-south-1"


def test_a_zone_is_in_its_region(tmp_path: Path):
    event = made(POOL, "a", {"location": "us-east4-b", "nodeConfig": {"machineType": "g2-standard-4"}})
    assert reported(tmp_path, event).quotas[0].region == "us-east4"
