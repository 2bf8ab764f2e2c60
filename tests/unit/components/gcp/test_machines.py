"""Which machine in which zones an ask leads to, which asks are refused, and what GKE is told of a pool."""

import pytest
from pydantic import ValidationError

from components.compute.gcp.machines import ACCELERATORS, OFFER, disk_for, zones_with
from components.compute.gcp.pools import accelerator, reservation, taint
from components.compute.gcp.settings import GcpGpuPoolSettings


def pool(**said: object) -> GcpGpuPoolSettings:
    return GcpGpuPoolSettings.model_validate({"accelerator": "L4", "max": 2, **said})


@pytest.mark.parametrize(
    ("said", "machine"),
    [
        ({"accelerator": "T4"}, "n1-standard-4"),
        ({"accelerator": "T4", "perNode": 4}, "n1-standard-8"),
        ({"leastCpu": 10}, "g2-standard-12"),
        ({"perNode": 2}, "g2-standard-24"),
        ({"perNode": 8}, "g2-standard-96"),
        ({"accelerator": "A100-40", "perNode": 16}, "a2-megagpu-16g"),
        ({"accelerator": "A100-80", "perNode": 8}, "a2-ultragpu-8g"),
        ({"accelerator": "H100"}, "a3-highgpu-1g"),
        ({"accelerator": "H100", "perNode": 8}, "a3-highgpu-8g"),
        ({"accelerator": "H200", "perNode": 8}, "a3-ultragpu-8g"),
        ({"accelerator": "B200", "perNode": 8}, "a4-highgpu-8g"),
    ],
)
def test_an_accelerator_and_a_count_lead_to_the_smallest_machine(said: dict, machine: str):
    assert OFFER.choose(pool(**said)).name == machine


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"accelerator": "A10G"}, "Google Cloud has no A10G; write one of T4, L4,"),
        ({"accelerator": "T4", "perNode": 16}, "Google Cloud has no machine with 16 x T4"),
        ({"accelerator": "H200"}, "no machine with 1 x H200 as asked for; it has 8"),
        ({"accelerator": "T4", "mig": "1g.5gb"}, "it can't be cut"),
        ({"spot": True, "reservation": "mine", "zones": ["a"]}, "spot and reservation exclude each other"),
        ({"spot": True, "flexStart": True}, "spot and flexStart exclude each other"),
        ({"flexStart": True, "min": 1}, "min: with flexStart"),
        ({"reservation": "mine"}, "a reservation lies in a zone"),
        ({"reservation": "cr-0A", "zones": ["a"]}, "should match pattern"),
        ({"together": True, "zones": ["a", "b"]}, "lie in one zone"),
        ({"accelerator": "H200", "perNode": 8, "gpuDirect": True}, "whose GPUs reach each other lie in one zone"),
        (
            {"accelerator": "H100", "perNode": 8, "gpuDirect": True, "zones": ["a"]},
            "a3-highgpu-8g has no network for it; a3-ultragpu-8g and a4-highgpu-8g have",
        ),
        ({"min": 3}, "min is 3 and max 2"),
        ({"taint": None}, "without a taint any pod lands on nodes with GPUs"),
    ],
)
def test_an_impossible_ask_is_refused_with_the_way_out(said: dict, complaint: str):
    with pytest.raises(ValidationError, match=complaint):
        pool(**said)


def test_every_accelerator_that_google_has_is_called_by_googles_name():
    assert ACCELERATORS.keys() == OFFER.machines.keys()


def test_a_machine_is_sought_in_the_zones_that_have_it():
    assert zones_with(OFFER.choose(pool()), "us-east4") == "ac"
    assert zones_with(OFFER.choose(pool(accelerator="H200", perNode=8)), "us-west1") == "c"
    assert not OFFER.offered_in(OFFER.choose(pool()), "europe-north1")
    assert OFFER.offered_in(OFFER.choose(pool(accelerator="T4")), "europe-north1"), "of N1 nothing is known"


def test_a_driver_comes_with_the_gpus_and_they_are_shared_as_asked():
    plain, turns, slices = (
        accelerator(pool(**said))
        for said in ({}, {"timeSlices": 4}, {"accelerator": "A100-40", "perNode": 8, "mig": "2g.10gb"})
    )
    assert (plain.type, plain.count) == ("nvidia-l4", 1)
    assert plain.gpu_driver_installation_config.gpu_driver_version == "DEFAULT"
    assert plain.gpu_sharing_config is None and plain.gpu_partition_size is None
    assert turns.gpu_sharing_config.gpu_sharing_strategy == "TIME_SHARING"
    assert turns.gpu_sharing_config.max_shared_clients_per_gpu == 4
    assert (slices.type, slices.count, slices.gpu_partition_size) == ("nvidia-tesla-a100", 8, "2g.10gb")


def test_nobody_elses_reservation_is_used_up():
    assert reservation(pool()).consume_reservation_type == "NO_RESERVATION"
    own = reservation(pool(reservation="mine", zones=["a"]))
    assert (own.consume_reservation_type, own.values) == ("SPECIFIC_RESERVATION", ["mine"])
    assert own.key == "compute.googleapis.com/reservation-name"


def test_a_taint_reaches_gke_in_its_own_words():
    made = taint("nvidia.com/gpu=present:NoExecute")
    assert (made.key, made.value, made.effect) == ("nvidia.com/gpu", "present", "NO_EXECUTE")


def test_machines_that_take_no_persistent_disk_get_another_one():
    assert {disk_for(machine) for machine in ("n2-standard-8", "a3-highgpu-8g")} == {"pd-balanced"}
    assert {disk_for(machine) for machine in ("a3-ultragpu-8g", "n4-standard-8")} == {"hyperdisk-balanced"}
