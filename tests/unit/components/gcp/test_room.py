"""What is said before an update of the nodes that there may be."""

import pytest

from components.compute.gcp.machines import plain_size
from components.compute.gcp.settings import GcpSettings
from components.compute.room import nodes


def settings(**pool: object) -> GcpSettings:
    project = {"kind": "gcp", "project": "acme-ml", "number": "123456789012", "region": "europe-west4"}
    api = {"administrators": {"ml": "group:ml@acme.example"}}
    return GcpSettings.model_validate({**project, "api": api, "gpuPools": {"shared": pool} if pool else {}})


def test_nodes_are_as_many_as_there_may_be_and_have_less_for_pods_than_the_machine():
    (system,) = nodes(settings(), (8, 32))
    assert (system["name"], system["count"], system["labels"]) == ("system", 9, {"mlops/pool": "system"})
    assert 6 < system["room"]["cpu"] < 8 and 26 * 2**30 < system["room"]["memory"] < 32 * 2**30


def test_a_pool_of_gpus_has_its_taint_and_counts_slices_as_pods_do():
    _, pool = nodes(settings(accelerator="L4", max=2, timeSlices=4), None)
    assert (pool["count"], pool["taints"]) == (2, ["nvidia.com/gpu=present:NoSchedule"])
    assert pool["room"]["nvidia.com/gpu"] == 4 and pool["room"]["cpu"] < 4, "a g2-standard-4"


def test_of_a_machine_that_is_not_known_nothing_is_said():
    (system,) = nodes(settings(), plain_size("z9-standard-8"))
    assert "room" not in system


@pytest.mark.parametrize(
    ("machine", "size"),
    [
        ("n2-standard-8", (8, 32)),
        ("e2-highmem-4", (4, 32)),
        ("c3-standard-22", (22, 88)),
        ("c4-standard-8", None),
        ("n1-standard-8", None),
    ],
)
def test_a_machines_size_is_in_its_name_where_its_family_goes_by_that(machine: str, size: tuple[int, int] | None):
    assert plain_size(machine) == size
