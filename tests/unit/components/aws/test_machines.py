"""Which machine an ask leads to, and which asks are refused."""

import pytest
from pydantic import ValidationError

from components.compute.aws.machines import choose, offered_in, plain_size
from components.compute.aws.pools import capacity, taint
from components.compute.aws.settings import AwsGpuPoolSettings, AwsSettings
from components.compute.aws.template import sharing
from components.compute.room import nodes


def pool(**said: object) -> AwsGpuPoolSettings:
    return AwsGpuPoolSettings.model_validate({"accelerator": "A10G", "max": 2, **said})


@pytest.mark.parametrize(
    ("said", "machine"),
    [
        ({"accelerator": "T4"}, "g4dn.xlarge"),
        ({"accelerator": "T4", "perNode": 4}, "g4dn.12xlarge"),
        ({"accelerator": "L4", "leastCpu": 10}, "g6.4xlarge"),
        ({"accelerator": "A10G", "perNode": 8}, "g5.48xlarge"),
        ({"accelerator": "A100-40", "perNode": 8}, "p4d.24xlarge"),
        ({"accelerator": "A100-80", "perNode": 8}, "p4de.24xlarge"),
        ({"accelerator": "H100"}, "p5.4xlarge"),
        ({"accelerator": "H100", "perNode": 8}, "p5.48xlarge"),
        ({"accelerator": "H200", "perNode": 8}, "p5en.48xlarge"),
        ({"accelerator": "B200", "perNode": 8}, "p6-b200.48xlarge"),
    ],
)
def test_an_accelerator_and_a_count_lead_to_the_smallest_machine(said: dict, machine: str):
    assert choose(pool(**said)).name == machine


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"accelerator": "T4", "perNode": 16}, "no machine with 16 x T4"),
        ({"accelerator": "MI300"}, "Input should be"),
        ({"accelerator": "T4", "mig": "1g.5gb"}, "it can't be cut"),
        ({"accelerator": "H100", "mig": "1g.5gb"}, "it has 1g.10gb"),
        ({"accelerator": "H100", "mig": "1g.10gb", "timeSlices": 2}, "exclude each other"),
        ({"spot": True, "reservation": "cr-0a"}, "spot and reservation exclude each other"),
        ({"capacityBlock": "cr-0a"}, "lies in one zone"),
        ({"together": True, "zones": ["a", "b"]}, "lie in one zone"),
        ({"reservation": "cr-0a"}, "a reservation lies in one zone"),
        ({"together": True, "capacityBlock": "cr-0a", "zones": ["a"]}, "lie near each other anyway; remove it"),
        ({"together": True, "reservation": "cr-0a", "zones": ["a"]}, "write `placementGroup`, the one it was bought"),
        (
            {"together": True, "reservation": "cr-0a", "placementGroup": "near", "zones": ["a"]},
            "together makes a placement group, and placementGroup names one: remove one of them",
        ),
        ({"placementGroup": "near", "zones": ["a"]}, "placementGroup: of a reservation; write that as well"),
        ({"placementGroup": "near", "capacityBlock": "cr-0a", "zones": ["a"]}, "placementGroup: of a reservation"),
        ({"accelerator": "A100-40", "perNode": 8, "mig": "4g.20gb"}, "it has 1g.5gb, 1g.10gb, 2g.10gb, 3g.20gb, 7g.40"),
        ({"accelerator": "B200", "perNode": 8, "mig": "4g.90gb"}, "B200 has no profile 4g.90gb"),
        ({"efa": True}, "efa: it reaches nodes near each other alone; write `together: true`"),
        (
            {"accelerator": "L4", "efa": True, "together": True, "zones": ["a"]},
            "efa: g6.xlarge has no such interface; ask for a machine that has: g6.8xlarge, g6.12xlarge",
        ),
        ({"min": 3}, "min is 3 and max 2"),
        ({"taint": None}, "without a taint any pod lands on nodes with GPUs"),
        ({"taint": "nvidia.com/gpu"}, "write key=value:NoSchedule"),
    ],
)
def test_an_impossible_ask_is_refused_with_the_way_out(said: dict, complaint: str):
    with pytest.raises(ValidationError, match=complaint):
        pool(**said)


def test_a_region_is_known_not_to_have_a_machine_by_its_type_or_its_family():
    assert offered_in(choose(pool(accelerator="B200", perNode=8)), "us-west-2")
    assert not offered_in(choose(pool(accelerator="B200", perNode=8)), "eu-west-1")
    assert not offered_in(choose(pool()), "af-south-1")


def test_slices_count_as_gpus():
    assert pool(accelerator="A100-40", perNode=8, mig="1g.10gb").seen_per_node == 32
    assert pool(accelerator="A100-80", perNode=8, mig="1g.20gb").seen_per_node == 32
    assert pool(accelerator="A100-40", perNode=8, mig="2g.10gb").seen_per_node == 24
    assert pool(timeSlices=4).seen_per_node == 4
    assert pool().seen_per_node == 1


def test_interfaces_between_nodes_are_those_that_the_machine_has():
    near = {"perNode": 8, "efa": True, "together": True, "zones": ["a"]}
    assert pool(accelerator="H100", **near).devices == {"nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 32}
    assert pool(accelerator="H200", **near).devices == {"nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 16}
    assert pool(accelerator="H100", perNode=8).devices == {"nvidia.com/gpu": 8}


@pytest.mark.parametrize("bought", [{"reservation": "cr-0a"}, {"capacityBlock": "cr-0a"}])
def test_machines_that_are_bought_near_each_other_have_such_interfaces_without_being_told_to_be_together(bought: dict):
    assert pool(accelerator="H100", perNode=8, efa=True, zones=["a"], **bought).interfaces == 32


def test_nodes_are_told_how_their_gpus_are_shared():
    assert '"a100.40gb" = "2g.10gb"' in sharing(pool(accelerator="A100-40", perNode=8, mig="2g.10gb"))
    assert '"h100.80gb" = "1g.10gb"' in sharing(pool(accelerator="H100", mig="1g.10gb"))
    assert "replicas = 4" in sharing(pool(timeSlices=4))
    assert sharing(pool()) == ""


def test_what_is_said_of_a_pool_reaches_eks_in_its_own_words():
    assert [capacity(pool(**said)) for said in ({}, {"spot": True}, {"capacityBlock": "cr-0a", "zones": ["a"]})] == [
        "ON_DEMAND",
        "SPOT",
        "CAPACITY_BLOCK",
    ]
    made = taint("nvidia.com/gpu=present:NoExecute")
    assert (made.key, made.value, made.effect) == ("nvidia.com/gpu", "present", "NO_EXECUTE")


@pytest.mark.parametrize(
    ("machine", "size"),
    [
        ("m7i.large", (2, 8)),
        ("m7i.xlarge", (4, 16)),
        ("m7i.2xlarge", (8, 32)),
        ("c6a.4xlarge", (16, 32)),
        ("r7iz.2xlarge", (8, 64)),
        ("m7i.metal-24xl", None),
        ("t3.large", None),
    ],
)
def test_the_size_of_a_machine_without_gpus_follows_from_its_name_or_is_not_known(machine: str, size: object):
    assert plain_size(machine) == size


def test_the_cluster_says_what_its_pools_have_at_their_largest_with_gpus_as_pods_see_them():
    role = "arn:aws:iam::123456789012:role/ml"
    settings = {"kind": "aws", "account": "123456789012", "region": "eu-west-1"}
    settings |= {"api": {"administrators": {"ml": role}}, "system": {"machine": "t3.large"}}
    shared = {"accelerator": "A10G", "max": 2, "timeSlices": 4}
    system, pool = nodes(AwsSettings.model_validate({**settings, "gpuPools": {"shared": shared}}), None)
    assert "room" not in system and system["count"] == 9
    assert pool["count"] == 2 and pool["labels"] == {"mlops/pool": "shared"}
    assert pool["taints"] == ["nvidia.com/gpu=present:NoSchedule"]
    # A part of each machine is the system's, and of no GPU.
    assert pool["room"] == {"cpu": 4 * 0.85, "memory": 0.85 * 16 * 2**30, "nvidia.com/gpu": 4}
