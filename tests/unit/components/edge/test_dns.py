"""Zones of both clouds' DNS, on the recording engine: exact records and rights, and none that nobody asked for."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pulumi import Output, ResourceOptions
from pydantic import ValidationError

from components.compute.aws.cluster import AwsCluster, AwsClusterArgs
from components.compute.aws.settings import AwsSettings
from components.compute.cluster import GivenCluster, GivenClusterArgs
from components.compute.gcp.cluster import GcpCluster, GcpClusterArgs
from components.compute.gcp.settings import GcpSettings
from components.edge.aws.dns import _where_it_should
from components.edge.dns import DnsZone
from reference.cloud import rights_in_clouds
from tests.recording import Engine
from tests.unit.components.aws.test_cluster import SETTINGS as AWS
from tests.unit.components.gcp.test_cluster import SETTINGS as GCP

HOSTED, MANAGED = "Z0123456789ABCDEFGHIJ", "ml-example-org"
HOSTS = ("login.ml.example.org", "mlflow.ml.example.org")
BALANCER, ADDRESS = "balancer.elb.eu-west-1.amazonaws.com", "192.0.2.10"
PRINCIPAL = "/subject/ns/cert-manager/sa/controller"


def on_aws(use: Callable[[DnsZone], Any], zone: str = HOSTED) -> tuple[Engine, Any]:
    return _on(lambda: AwsCluster("cluster", AwsClusterArgs(settings=AwsSettings.model_validate(AWS))), use, zone)


def on_gcp(use: Callable[[DnsZone], Any], zone: str = MANAGED) -> tuple[Engine, Any]:
    return _on(lambda: GcpCluster("cluster", GcpClusterArgs(settings=GcpSettings.model_validate(GCP))), use, zone)


def _on(cluster: Callable[[], Any], use: Callable[[DnsZone], Any], zone: str) -> tuple[Engine, Any]:
    engine = Engine()
    return engine, engine.build(lambda: use(cluster().dns_zone("front-door", zone)))


def led(address: str) -> Callable[[DnsZone], list[str]]:
    """What is known of the address once all records are there."""

    def use(zone: DnsZone) -> list[str]:
        known: list[str] = []
        zone.lead(HOSTS, Output.from_input(address)).apply(known.append)
        return known

    return use


def admitted(zone: DnsZone, reader: bool = False) -> None:
    identity = zone.identity.read_only() if reader else zone.identity
    identity.admit("cert-manager", "controller", "cert-manager", ResourceOptions())


def test_on_aws_each_host_is_another_name_of_the_load_balancer():
    engine, known = on_aws(led(BALANCER))
    records = {made.name: made.inputs for made in engine.all("Record")}
    assert records == {
        f"front-door-{host}": {"zoneId": HOSTED, "name": host, "type": "CNAME", "ttl": 300, "records": [BALANCER]}
        for host in HOSTS
    }
    assert known == [BALANCER]


def test_on_gcp_each_host_has_the_load_balancers_address():
    engine, known = on_gcp(led(ADDRESS))
    records = {made.name: made.inputs for made in engine.all("RecordSet")}
    assert records == {
        f"front-door-{host}": {
            "managedZone": MANAGED,
            "name": f"{host}.",
            "type": "A",
            "ttl": 300,
            "rrdatas": [ADDRESS],
        }
        for host in HOSTS
    }
    assert known == [ADDRESS]


def test_who_shows_whose_domain_it_is_on_aws_writes_challenges_and_nothing_else():
    engine, _ = on_aws(admitted)
    zone = f"arn:aws:route53:::hostedzone/{HOSTED}"
    read, write, ask = json.loads(engine.only("RolePolicy", "cert-manager-pods").inputs["policy"])["Statement"]
    assert read == {"Effect": "Allow", "Action": ["route53:ListResourceRecordSets"], "Resource": [zone]}
    assert write == {
        "Effect": "Allow",
        "Action": ["route53:ChangeResourceRecordSets"],
        "Resource": [zone],
        "Condition": {
            "ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": ["TXT"]},
            "ForAllValues:StringLike": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.*"]},
        },
    }
    assert ask == {
        "Effect": "Allow",
        "Action": ["route53:GetChange"],
        "Resource": ["arn:aws:route53:::change/*"],
    }
    association = engine.only("PodIdentityAssociation", "cert-manager-pods").inputs
    assert (association["namespace"], association["serviceAccount"]) == ("cert-manager", "controller")


def test_who_shows_whose_domain_it_is_on_gcp_has_six_permissions_on_one_zone():
    engine, _ = on_gcp(admitted)
    role = engine.only("IAMCustomRole").inputs
    assert role["permissions"] == [
        "dns.changes.create",
        "dns.changes.get",
        "dns.resourceRecordSets.create",
        "dns.resourceRecordSets.delete",
        "dns.resourceRecordSets.list",
        "dns.resourceRecordSets.update",
    ]
    assert role["roleId"] == "mlops_europe_west4_front_door"
    binding = engine.only("DnsManagedZoneIamMember").inputs
    assert (binding["managedZone"], binding["role"]) == (MANAGED, "front-door-challenges")
    assert binding["member"].endswith(f"/workloadIdentityPools/acme-ml.svc.id.goog{PRINCIPAL}")


def test_nodes_and_cluster_get_no_right_on_dns():
    for cloud, kinds in ((on_aws, ("RolePolicy", "RolePolicyAttachment")), (on_gcp, ("IAMMember",))):
        engine, _ = cloud(admitted)
        rights = [made for kind in kinds for made in engine.all(kind) if not made.name.startswith("cert-manager")]
        assert rights and not [
            made.name for made in rights if "route53" in str(made.inputs) or "dns" in str(made.inputs)
        ]


def test_a_reader_of_a_zone_changes_nothing():
    engine, _ = on_aws(lambda zone: admitted(zone, reader=True))
    (read,) = json.loads(engine.only("RolePolicy", "cert-manager-pods").inputs["policy"])["Statement"]
    assert read["Action"] == ["route53:ListResourceRecordSets"]
    engine, _ = on_gcp(lambda zone: admitted(zone, reader=True))
    assert engine.only("DnsManagedZoneIamMember").inputs["role"] == "roles/dns.reader"


def test_cert_manager_is_told_the_zone_so_that_it_looks_for_none():
    _, solver = on_aws(lambda zone: zone.solver)
    assert solver == {"route53": {"region": "eu-west-1", "hostedZoneID": HOSTED}}
    _, solver = on_gcp(lambda zone: zone.solver)
    assert solver == {"cloudDNS": {"project": "acme-ml", "hostedZoneName": MANAGED}}


@pytest.mark.parametrize("cloud", [on_aws, on_gcp])
def test_a_zone_that_nobody_uses_brings_no_record_and_no_right(cloud: Callable[..., tuple[Engine, Any]]):
    engine, peer = cloud(lambda zone: zone.peer)
    kinds = ("Record", "RecordSet", "IAMCustomRole", "DnsManagedZoneIamMember")
    assert [made.name for kind in kinds for made in engine.all(kind)] == []
    assert peer.ways[0] == ("0.0.0.0/0", (443,))


@pytest.mark.parametrize("cloud", [on_aws, on_gcp])
def test_pages_tell_what_the_rights_are_for(cloud: Callable[..., tuple[Engine, Any]]):
    engine, _ = cloud(admitted)
    ((_, told),) = rights_in_clouds(engine, "controller")
    assert told == "writes what shows whose domain it is into a zone of DNS"
    engine, _ = cloud(lambda zone: admitted(zone, reader=True))
    ((_, told),) = rights_in_clouds(engine, "controller")
    assert told == "reads the records of a zone of DNS"


@pytest.mark.parametrize(
    "cloud, zone, told",
    [
        (on_aws, MANAGED, "write the hosted zone's ID, such as Z0123456789ABCDEFGHIJ"),
        (on_aws, f"/hostedzone/{HOSTED}", "shows it behind /hostedzone/"),
        (on_gcp, HOSTED, "write the managed zone's name, such as ml-example-org"),
        (on_gcp, "ml.example.org", "and not its domain"),
        (on_gcp, f"{MANAGED}-", "write the managed zone's name"),
    ],
)
def test_a_zone_that_can_not_be_is_refused_before_anything_is_made_in_it(
    cloud: Callable[..., tuple[Engine, Any]], zone: str, told: str
):
    with pytest.raises(ValidationError, match=told):
        cloud(lambda made: made, zone)


def test_a_record_that_aws_has_put_below_another_domain_is_told():
    assert _where_it_should("mlflow.ml.example.org", "mlflow.ml.example.org") == "mlflow.ml.example.org"
    with pytest.raises(ValueError, match="the hosted zone is of another domain; write the ID of the one that holds it"):
        _where_it_should("mlflow.ml.example.org", "mlflow.ml.example.org.example.net")


def test_a_cluster_in_no_cloud_has_no_zone():
    def program() -> None:
        with pytest.raises(LookupError, match="let external-dns make the records, or make them by hand"):
            GivenCluster("cluster", GivenClusterArgs()).dns_zone("front-door", HOSTED)

    Engine().build(program)
