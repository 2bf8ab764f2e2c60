"""The ways that lead out of the network: what has to be there before nodes are, and until they are gone."""

from functools import cache

import pytest

from components.compute.aws.cluster import AwsCluster, AwsClusterArgs
from components.compute.aws.settings import AwsSettings
from tests.recording import Engine

SETTINGS = {
    "kind": "aws",
    "account": "123456789012",
    "region": "eu-west-1",
    "api": {"administrators": {"ml": "arn:aws:iam::123456789012:role/ml"}},
    "gpuPools": {"shared": {"accelerator": "A10G", "max": 2}},
}


@cache
def built(nat: str = "per-zone") -> Engine:
    engine = Engine()
    settings = AwsSettings.model_validate({**SETTINGS, "network": {"nat": nat}})
    engine.build(lambda: AwsCluster("cluster", AwsClusterArgs(settings=settings)))
    return engine


def before(kind: str, name: str) -> set[tuple[str, str]]:
    """Kind and name of all that one resource comes after, near and far."""
    engine = built()
    made = engine.only(kind, name)
    found: set[tuple[str, str]] = set()
    ahead = [(made.type, made.name)]
    while ahead:
        new = engine.after.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return {(type.rpartition(":")[2], name) for type, name in found}


@pytest.mark.parametrize(
    ("kind", "name"), [("NodeGroup", "cluster-system"), ("NodeGroup", "cluster-shared"), ("Cluster", "cluster-plane")]
)
def test_nodes_and_control_plane_go_before_any_of_the_ways_by_which_they_reach_aws(kind: str, name: str):
    ways = {
        (made.kind, made.name)
        for one in ("Route", "RouteTableAssociation", "VpcEndpoint", "NatGateway", "InternetGateway")
        for made in built().all(one, "cluster-network-")
    }
    opened = {("SecurityGroupIngressRule", "cluster-network-services")}
    assert len(ways) == 6 + 6 + 4 + 3 + 1 and ways | opened <= before(kind, name)


def test_no_public_address_is_asked_for_before_the_network_has_its_gateway_nor_kept_when_that_goes():
    for kind in ("Eip", "NatGateway"):
        for made in built().all(kind):
            direct = built().after[made.type, made.name]
            assert ("aws:ec2/internetGateway:InternetGateway", "cluster-network-internet") in direct


def test_routes_that_others_add_to_a_table_are_left_alone():
    assert all("routes" not in made.inputs for made in built().all("RouteTable"))
    ways = {made.name.rpartition("-network-")[2]: made.inputs for made in built().all("Route")}
    assert ways["private-b"]["natGatewayId"] == "cluster-network-nat-b-id"
    assert ways["public-b"]["gatewayId"] == "cluster-network-internet-id"
    assert {one["destinationCidrBlock"] for one in ways.values()} == {"0.0.0.0/0"}


@pytest.mark.parametrize("nat", ["per-zone", "single"])
def test_a_load_balancer_finds_a_subnet_in_each_zone_on_either_side_however_many_ways_out_there_are(nat: str):
    found = {made.name.rpartition("-network-")[2]: made.inputs["tags"] for made in built(nat).all("Subnet")}
    for side, role in (("private", "kubernetes.io/role/internal-elb"), ("public", "kubernetes.io/role/elb")):
        assert {name for name, tags in found.items() if tags.get(role) == "1"} == {f"{side}-{zone}" for zone in "abc"}
    gateways = {made.name.rpartition("-network-")[2] for made in built(nat).all("NatGateway")}
    assert gateways == ({"nat-a", "nat-b", "nat-c"} if nat == "per-zone" else {"nat-a"})
