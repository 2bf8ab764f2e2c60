"""What a stack costs at rest and at most, by the price list, against its budgets."""

import json
from pathlib import Path
from typing import Any

import pytest

from policies.guardrails.cost import prices
from policies.guardrails.cost.bills import BILLS
from policies.guardrails.operated import POSTGRES
from tests.unit.policies.analysis import UNKNOWN
from tests.unit.policies.guardrails.judged import of_stack

RDS, CLOUD_SQL = "aws:rds/instance:Instance", "gcp:sql/databaseInstance:DatabaseInstance"
GROWS = {"maxAllocatedStorage": 730, "diskAutoresizeLimit": 730}
NODES, POOL = "aws:eks/nodeGroup:NodeGroup", "gcp:container/nodePool:NodePool"


def nodes(least: Any, most: Any, *kinds: Any, name: str = "gpus") -> tuple[str, str, dict[str, Any]]:
    return NODES, name, {"instanceTypes": list(kinds), "scalingConfig": {"minSize": least, "maxSize": most}}


def pool(machine: str, accelerators: Any = None, disk: Any = None, **more: Any) -> tuple[str, str, dict[str, Any]]:
    node = {"machineType": machine, "guestAccelerators": accelerators, **(disk or {})}
    return POOL, "pool", {"nodeConfig": node, **more}


def said(*resources: Any, **settings: Any) -> list[tuple[str, bool]]:
    return list(of_stack("budget", settings, *resources))


def test_no_budget_asks_nothing():
    assert said(nodes(9, 9, "p5.48xlarge")) == []


def test_the_sum_and_the_three_dearest_are_told():
    stack = [nodes(1, 2, "g5.xlarge", name="gpus"), nodes(3, 6, "m6i.xlarge", name="general")]
    stack += [("aws:eks/cluster:Cluster", "cluster", {}), ("aws:ec2/natGateway:NatGateway", "way-out", {})]
    # 730 hours of 2 x 1.006 + 6 x 0.192 + 0.10 + 0.045, and of 1.006 + 3 x 0.192 + 0.145
    over, idle = said(*stack, monthly=2415, idle=1260)
    assert over[1] and "costs 2,416 USD a month with all scaled up, over 2,415" in over[0]
    assert "Dearest: gpus 1,469, general 841, cluster 73 (prices of 2026-09)" in over[0]
    assert "costs 1,261 USD a month with all scaled down, over 1,260" in idle[0]
    assert said(*stack, monthly=2416, idle=1261) == []


@pytest.mark.parametrize(
    "resource, hourly",
    [
        (nodes(0, 2, "m6i.xlarge", "g5.xlarge"), 2 * 1.006),
        (
            pool("g2-standard-8", autoscaling={"minNodeCount": 0, "maxNodeCount": 2}, nodeLocations=["a", "b"]),
            4 * 0.8536,
        ),
        (pool("g2-standard-8", autoscaling={"totalMaxNodeCount": 2}, nodeLocations=["a", "b"]), 2 * 0.8536),
        (pool("e2-standard-4", nodeCount=3), 3 * 0.134),
        (pool("e2-standard-4"), 0.134),
        (pool("n1-standard-4", nodeCount=2, accelerators=[{"type": "nvidia-tesla-t4", "count": 2}]), 0.38 + 1.4),
        (("aws:ebs/volume:Volume", "disk", {"type": "gp3", "size": 730}), 0.08),
        (pool("e2-standard-4", nodeCount=2, disk={"diskSizeGb": 365, "diskType": "pd-ssd"}), 2 * 0.134 + 0.17),
        (("aws:ec2/vpcEndpoint:VpcEndpoint", "it", {"vpcEndpointType": "Interface", "subnetIds": ["a", "b"]}), 0.02),
        (("aws:kms/key:Key", "key", {}), 1 / 730),
        ((RDS, "sql", {"instanceClass": "db.m7g.large", "storageType": "gp3", "allocatedStorage": 730}), 0.168 + 0.115),
        (
            (RDS, "sql", {"instanceClass": "db.m7g.large", "multiAz": True, "allocatedStorage": 73, **GROWS}),
            2 * (0.168 + 0.115),
        ),
        ((CLOUD_SQL, "sql", {"settings": {"tier": "db-custom-4-16384", "diskSize": 730}}), 4 * 0.0413 + 0.112 + 0.17),
        (
            (CLOUD_SQL, "sql", {"settings": {"tier": "db-custom-2-8192", "availabilityType": "REGIONAL", **GROWS}}),
            2 * (2 * 0.0413 + 8 * 0.007 + 0.17),
        ),
        (("aws:ec2/vpcEndpoint:VpcEndpoint", "it", {"vpcEndpointType": "Interface"}), 0.01),
        (pool("e2-standard-4", nodeCount=2, nodeLocations=["a", "b"]), 4 * 0.134),
        (pool("e2-standard-4", disk={"diskSizeGb": 730}), 0.134 + 0.1),
        (pool("n1-standard-4", accelerators=[{"type": "nvidia-tesla-t4"}, "nonsense"]), 0.19 + 0.35),
        (pool("g2-standard-8", accelerators=[{"type": "nvidia-l4"}]), 0.8536),
        (("gcp:container/cluster:Cluster", "cluster", {}), 0.1),
        (("gcp:compute/instance:Instance", "vm", {"machineType": "zones/a/machineTypes/e2-standard-8"}), 0.268),
    ],
)
def test_each_resource_costs_what_it_may_grow_to(resource: Any, hourly: float):
    assert said(resource, monthly=hourly * 730 + 0.01) == []
    assert len(said(resource, monthly=hourly * 730 - 0.01)) == 1


def test_a_gateway_endpoint_costs_nothing():
    assert said(("aws:ec2/vpcEndpoint:VpcEndpoint", "it", {"vpcEndpointType": "Gateway"}), monthly=0.001) == []


def test_a_capacity_block_has_no_price_here():
    token, name, props = nodes(0, 1, "p5.48xlarge")
    ((message, _),) = said((token, name, {**props, "capacityType": "CAPACITY_BLOCK"}), monthly=10**9)
    assert message.endswith("(a capacity block, which is paid in advance), so no sum is true; add it to `prices`.")


DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}


def storage_class(name: str, annotations: Any = None, **more: Any) -> tuple[str, str, dict[str, Any]]:
    metadata = {"name": name, "annotations": annotations}
    return "kubernetes:storage.k8s.io/v1:StorageClass", name, {"metadata": metadata, **more}


def claims(count: int | None, size: Any, kind: str | None = None) -> tuple[str, str, dict[str, Any]]:
    template = {"spec": {"storageClassName": kind, "resources": {"requests": {"storage": size}}}}
    return "kubernetes:apps/v1:StatefulSet", "sql", {"spec": {"replicas": count, "volumeClaimTemplates": [template]}}


def database(count: int, size: str, kind: str | None = None) -> tuple[str, str, dict[str, Any]]:
    """As CloudNativePG is told."""
    return POSTGRES, "sql", {"spec": {"instances": count, "storage": {"size": size, "storageClass": kind}}}


@pytest.mark.parametrize(
    "resources, monthly",
    [
        ([storage_class("gp3", DEFAULT, provisioner="ebs.csi.aws.com"), claims(3, "100Gi")], 3 * 8),
        ([storage_class("a", provisioner="x", parameters={"type": "pd-ssd"}), claims(None, "1Ti", "a")], 1024 * 0.17),
        ([storage_class("gp3", provisioner="ebs.csi.aws.com"), claims(3, "100Gi")], 0),
        ([claims(3, "100Gi", "of-the-cluster")], 0),
        ([storage_class("gp3", DEFAULT, provisioner="ebs.csi.aws.com"), database(3, "100Gi")], 3 * 8),
        ([storage_class("a", provisioner="x", parameters={"type": "pd-ssd"}), database(1, "1Ti", "a")], 1024 * 0.17),
        ([storage_class("gp3", DEFAULT, provisioner="ebs.csi.aws.com"), claims(3, "100Gi", "of-the-cluster")], 0),
    ],
)
def test_claims_cost_what_the_stacks_own_storage_class_makes_of_them(resources: list[Any], monthly: float):
    assert said(*resources, monthly=monthly + 0.01) == []
    assert not monthly or len(said(*resources, monthly=monthly - 0.01)) == 1


def test_a_claim_whose_size_can_not_be_read_is_never_nothing():
    for size in ("much", 7):
        resources = [storage_class("gp3", DEFAULT, provisioner="ebs.csi.aws.com"), claims(1, size)]
        ((message, mandatory),) = said(*resources, monthly=1000)
        assert mandatory and "has no price on the list (its size)" in message


def test_the_disks_of_nodes_are_those_of_the_template_beside_them():
    def within(parent: str, made: tuple[str, str, dict[str, Any]]) -> tuple[str, str, dict[str, Any], str]:
        return (*made, f"mlops:compute:AwsNodePool::{parent}")

    devices = [{"ebs": {"volumeSize": size, "volumeType": "gp3"}} for size in (4, 100)] + [{"virtualName": "a"}]
    template = ("aws:ec2/launchTemplate:LaunchTemplate", "template", {"blockDeviceMappings": devices})
    pools = [("mlops:compute:AwsNodePool", name, {}) for name in ("big", "other")]
    group = within("big", nodes(0, 2, "g5.xlarge"))
    cost = 2 * (1.006 * 730 + 104 * 0.08)
    for templates, expected in (([within("big", template)], cost), ([within("other", template)], 2 * 1.006 * 730)):
        assert said(*pools, *templates, group, monthly=expected + 0.01) == []
        assert len(said(*pools, *templates, group, monthly=expected - 0.01)) == 1


def test_an_unknown_price_is_never_nothing():
    ((message, mandatory),) = said(nodes(0, 1, "x9.huge"), monthly=1000)
    assert mandatory and message.startswith("gpus: cost: has no price on the list (x9.huge)")
    assert said(nodes(0, 1, "x9.huge"), monthly=1000, prices={"x9.huge": 1.0}) == []
    assert "has no price on the list" in said(nodes(0, 1), monthly=1000)[0][0]
    assert len(said(nodes(0, None, "g5.xlarge"), monthly=1000)) == 1


def test_a_stacks_own_price_goes_before_the_list():
    assert said(nodes(0, 1, "g5.xlarge"), monthly=400, prices={"g5.xlarge": 0.5}) == []


def test_a_size_that_is_not_known_yet_is_announced():
    kinds = (NODES, "gpus", {"instanceTypes": UNKNOWN, "scalingConfig": {"minSize": 0, "maxSize": 1}})
    endpoint = ("aws:ec2/vpcEndpoint:VpcEndpoint", "it", {"vpcEndpointType": "Interface", "subnetIds": UNKNOWN})
    zones = pool("e2-standard-4", nodeLocations=UNKNOWN)
    for resource in (nodes(0, UNKNOWN, "g5.xlarge"), nodes(0, 1, UNKNOWN), kinds, endpoint, zones):
        ((message, mandatory),) = said(resource, monthly=1)
        assert not mandatory and f"not known yet: {resource[1]}: what it costs;" in message


def test_a_size_that_is_not_known_yet_of_a_claim_is_announced():
    made = storage_class("gp3", DEFAULT, provisioner="ebs.csi.aws.com")
    ((_, mandatory),) = said(made, claims(1, UNKNOWN), monthly=1)
    assert not mandatory


@pytest.mark.parametrize(
    "scaling, idle",
    [
        ({"totalMinNodeCount": 3, "minNodeCount": 9}, 3 * 0.134),
        ({"minNodeCount": 3}, 6 * 0.134),
        ({"totalMinNodeCount": 0, "minNodeCount": 9}, 0),
        ({}, 0),
    ],
)
def test_a_pool_costs_at_rest_what_it_does_not_scale_below(scaling: dict[str, int], idle: float):
    made = pool("e2-standard-4", autoscaling={"maxNodeCount": 9, **scaling}, nodeLocations=["a", "b"])
    assert said(made, idle=idle * 730 + 0.01) == []
    assert not idle or len(said(made, idle=idle * 730 - 0.01)) == 1


def test_reserved_machines_are_paid_when_idle_too_and_their_disks_are_not():
    scaling = {"autoscaling": {"totalMinNodeCount": 0, "totalMaxNodeCount": 2}}
    disk = {"diskSizeGb": 730, "diskType": "hyperdisk-balanced"}
    mine = {**disk, "reservationAffinity": {"values": ["mine"]}}
    nobodys = {**disk, "reservationAffinity": {"consumeReservationType": "NO_RESERVATION"}}
    assert said(pool("g2-standard-8", disk=nobodys, **scaling), idle=0.01) == []
    assert said(pool("g2-standard-8", disk=mine, **scaling), idle=2 * 0.8536 * 730 + 0.01) == []
    assert len(said(pool("g2-standard-8", disk=mine, **scaling), idle=2 * 0.8536 * 730 - 0.01)) == 1
    # With the nodes there are disks.
    most = 2 * (0.8536 + 0.08) * 730
    assert len(said(pool("g2-standard-8", disk=mine, **scaling), monthly=most - 0.01)) == 1
    assert said(pool("g2-standard-8", disk=mine, **scaling), monthly=most + 0.01) == []
    (gpus,) = said(pool("n1-standard-4", [{"type": "nvidia-tesla-t4"}], mine, **scaling), idle=2 * 0.54 * 730 - 0.01)
    assert "Dearest: pool 511, pool 277" in gpus[0]


@pytest.mark.parametrize("block", [False, True])
def test_what_a_template_takes_from_a_reservation_is_paid_when_idle_too(block: bool):
    target = {"capacityReservationTarget": {"capacityReservationId": "cr-1"}}
    template = ("aws:ec2/launchTemplate:LaunchTemplate", "big", {"capacityReservationSpecification": target})
    token, name, props = nodes(0, 4, "p5.48xlarge")
    # Of a capacity block, which no list has a price of, the stack says its own.
    bought = "a capacity block, which is paid in advance"
    group = (token, name, {**props, "capacityType": "CAPACITY_BLOCK"} if block else props)
    settings = {"idle": 4 * 55 * 730 - 0.01, "prices": {bought: 55.0, "p5.48xlarge": 55.0}}

    def within(parent: str, made: tuple[str, str, dict[str, Any]]) -> tuple[str, str, dict[str, Any], str]:
        return (*made, f"mlops:compute:AwsNodePool::{parent}")

    pools = [("mlops:compute:AwsNodePool", parent, {}) for parent in ("pool", "other")]
    assert said(*pools, within("pool", group), within("other", template), **settings) == []
    ((message, _),) = said(*pools, within("pool", group), within("pool", template), **settings)
    assert "costs 160,600 USD a month with all scaled down" in message


@pytest.mark.parametrize("made, kind", [(pool(""), "e2-medium"), (("aws:ebs/volume:Volume", "a", {"size": 1}), "gp2")])
def test_what_names_no_kind_is_the_one_that_the_cloud_takes_then(made: Any, kind: str):
    assert f"has no price on the list ({kind})" in said(made, monthly=1)[0][0]
    assert said(made, monthly=1, prices={kind: 0.001}) == []


def test_a_disk_of_nodes_that_names_no_kind_is_the_one_that_the_cloud_takes_then():
    template = (
        "aws:ec2/launchTemplate:LaunchTemplate",
        "template",
        {"blockDeviceMappings": [{"ebs": {"volumeSize": 1}}]},
    )
    up = ("mlops:compute:AwsNodePool", "up", {})
    resources = [up, *((*made, "mlops:compute:AwsNodePool::up") for made in (template, nodes(1, 1, "g5.xlarge")))]
    ((message, _),) = said(*resources, monthly=10**9)
    assert "has no price on the list (gp2)" in message


def test_a_sum_as_large_as_the_budget_is_within_it():
    assert said(("aws:kms/key:Key", "key", {}), monthly=1) == []


def test_a_claim_of_its_own_costs_as_much_as_one_of_a_set():
    spec = {"resources": {"requests": {"storage": "100Gi"}}}
    claim = ("kubernetes:core/v1:PersistentVolumeClaim", "data", {"spec": spec})
    stack = [storage_class("gp3", DEFAULT, provisioner="ebs.csi.aws.com"), claim]
    assert said(*stack, monthly=8) == [] and len(said(*stack, monthly=7.9)) == 1


def test_a_set_without_claims_costs_nothing():
    assert said(("kubernetes:apps/v1:StatefulSet", "web", {"spec": {"replicas": 3}}), monthly=0.001) == []


def test_what_is_exempt_does_not_count():
    exemption = {"resource": "gpus", "reason": "paid by research", "owner": "team", "until": "2999-01-31"}
    assert said(nodes(1, 1, "p5.48xlarge"), monthly=10, exemptions=[exemption]) == []


def test_every_price_is_dated_and_has_a_source():
    data = json.loads(Path(prices.__file__).with_name("prices.json").read_text())
    units = ("hourly", "per month", "per gigabyte and month")
    parts = [part for unit in units for part in data[unit].values()]
    assert data["taken"] and all(part["source"] and min(part["prices"].values()) > 0 for part in parts)


@pytest.mark.parametrize("token", BILLS)
def test_nonsense_crashes_no_bill(token: str):
    for props in ({}, {"autoscaling": "x", "nodeConfig": 3}, {"nodeConfig": {"guestAccelerators": "none"}}):
        assert all("could not judge" not in message for message, _ in said((token, "it", props), monthly=1))
