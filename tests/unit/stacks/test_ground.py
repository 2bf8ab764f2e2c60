"""What a stack file may not say of what it stands on, with the path of each mistake."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.stacks.test_environment import KEY, WHOLE, load, refusal

POOL = {"accelerator": "A10G", "max": 2}
L4, H200 = {"accelerator": "L4", "max": 2}, {"accelerator": "H200", "max": 2, "perNode": 8}


def aws(**changed: Any) -> dict[str, Any]:
    role = "arn:aws:iam::123456789012:role/ml"
    cluster = {"kind": "aws", "account": "123456789012", "region": "eu-west-1", "api": {"administrators": {"ml": role}}}
    return {**cluster, **changed}


def gcp(**changed: Any) -> dict[str, Any]:
    project = {"project": "acme-ml", "number": "123456789012", "region": "europe-west4"}
    return {"kind": "gcp", **project, "api": {"administrators": {"ml": "group:ml@acme.example"}}, **changed}


def on(cluster: dict[str, Any], **layers: Any) -> dict[str, Any]:
    return {**WHOLE, "objectStore": {"kind": "cloud", "prefix": "acme"}, "cluster": cluster, **layers}


@pytest.mark.parametrize("cluster", [aws(gpuPools={"shared": POOL}), gcp(gpuPools={"shared": L4})])
def test_a_cluster_in_a_cloud_is_taken_as_it_is_written(cluster: dict):
    loaded = load(on(cluster))
    assert loaded.cluster.production and loaded.cluster.gpu_pools["shared"].min == 0


def test_a_section_that_says_nothing_of_its_kind_is_as_it_always_was():
    loaded = load(WHOLE)
    assert (loaded.cluster.kind, loaded.object_store.kind) == ("given", "cluster")


GIVEN = {"accelerator": "H100", "perNode": 8, "nodes": ["gpu-1"], "cpu": 180, "memory": "1900Gi"}


@pytest.mark.parametrize(
    ("pools", "complaint"),
    [
        ({"a": {**GIVEN, "accelerator": "MI400"}}, "cluster.gpuPools.a.accelerator: Input should be 'T4', "),
        ({"a": {**GIVEN, "nodes": []}}, "cluster.gpuPools.a: nodes: name at least one, and none of them twice"),
        ({"a": {**GIVEN, "nodes": ["GPU_1"]}}, "cluster.gpuPools.a.nodes.0: write the name of a node as `kubectl"),
        ({"a": {**GIVEN, "nodes": ["n", "n"]}}, "cluster.gpuPools.a: nodes: name at least one, and none of them twice"),
        ({"a": GIVEN, "b": GIVEN}, "cluster: gpuPools.b.nodes: gpu-1 is in the pool `a`; remove it from one"),
        ({"a": {**GIVEN, "taint": ""}}, "cluster.gpuPools.a.taint: write key=value:NoSchedule"),
        ({"a": {**GIVEN, "perNode": 17}}, "cluster.gpuPools.a.perNode: "),
        ({"a": {**GIVEN, "accelerator": "T4", "mig": "1g.10gb"}}, "cluster.gpuPools.a: mig: T4 has no profile 1g.10gb"),
        (
            {"a": {**GIVEN, "accelerator": "MI300", "timeSlices": 2}},
            "cluster.gpuPools.a: timeSlices: AMD's device plug",
        ),
        ({"a": {**GIVEN, "max": 2}}, "cluster.gpuPools.a.max: there is no such key"),
    ],
)
def test_nodes_that_are_there_already_are_described_without_contradiction(pools: dict[str, Any], complaint: str):
    (mistake,) = refusal({**WHOLE, "cluster": {"gpuPools": pools}})
    assert mistake.startswith(f"environment.{complaint}")


def test_steps_may_ask_for_a_pool_of_nodes_that_are_there_already():
    loaded = load({**WHOLE, "cluster": {"gpuPools": {"a": GIVEN}}, "pipelines": {"gpu": {"pool": "a"}}})
    assert loaded.cluster.gpu_pools["a"].taint == "nvidia.com/gpu=present:NoSchedule"


def test_amds_accelerator_is_for_nodes_of_ones_own():
    (mistake,) = refusal(on(aws(gpuPools={"g": {**POOL, "accelerator": "MI300"}})))
    assert mistake.startswith("environment.cluster.gpuPools.g.accelerator: Input should be 'T4', ")


ADMINISTRATORS, GROUP = aws()["api"]["administrators"], gcp()["api"]["administrators"]


@pytest.mark.parametrize(
    ("cluster", "complaint"),
    [
        (
            aws(api={"administrators": ADMINISTRATORS, "publicFrom": ["0.0.0.0/0"]}),
            "cluster: api.publicFrom: 0.0.0.0/0 lets everybody try; write the ranges of your offices",
        ),
        (aws(api={"administrators": {}}), "cluster.api.administrators: "),
        (aws(gpuPools={"g": {**POOL, "taint": None}}), "cluster.gpuPools.g.taint: write key=value:NoSchedule"),
        (aws(gpuPools={"g": {**POOL, "min": 3}}), "cluster.gpuPools.g: min is 3 and max 2"),
        (aws(gpuPools={"g": {**POOL, "accelerator": "A10"}}), "cluster.gpuPools.g.accelerator: Input should be 'T4', "),
        (aws(gpuPools={"g": {**POOL, "perNode": 3}}), "cluster.gpuPools.g: AWS has no machine with 3 x A10G"),
        (
            aws(region="eu-central-2", gpuPools={"g": POOL}),
            "cluster: gpuPools.g: eu-central-2 has no g5.xlarge; these have: ap-northeast-1",
        ),
        (aws(gpuPools={"g": {**POOL, "zones": ["f"]}}), "cluster: gpuPools.g.zones: the network has no zone f"),
        (
            aws(network={"connected": ["10.0.128.0/20"]}),
            "cluster.network: addresses (10.0.0.0/16) and connected[0] (10.0.128.0/20) overlap: move one of them",
        ),
        (aws(network={"addresses": "10.0.0.0/24"}), "cluster.network.addresses: write a range of /16 to /20"),
        (aws(network={"addresses": "10.0.0.1/16"}), "cluster.network.addresses: write a range of addresses such as"),
        (aws(network={"zones": ["a", "a"]}), "cluster.network: zones: write two or three different letters"),
        (aws(gpuPools={"system": POOL}), "cluster: gpuPools.system: the nodes without GPUs are called so"),
        (aws(account="1234"), "cluster.account: "),
        (aws(regoin="x"), "cluster.regoin: there is no such key; did you mean `region`?"),
        (
            gcp(api={"administrators": GROUP, "publicFrom": ["0.0.0.0/0"]}),
            "cluster: api.publicFrom: 0.0.0.0/0 lets everybody try; write the ranges of your offices",
        ),
        (gcp(api={"administrators": {"ml": "ml@acme.example"}}), "cluster.api.administrators.ml: "),
        (gcp(gpuPools={"g": {**L4, "taint": None}}), "cluster.gpuPools.g.taint: write key=value:NoSchedule"),
        (gcp(gpuPools={"g": {**L4, "min": 3}}), "cluster.gpuPools.g: min is 3 and max 2"),
        (gcp(gpuPools={"g": POOL}), "cluster.gpuPools.g: Google Cloud has no A10G; write one of T4, L4, "),
        (gcp(gpuPools={"g": {**L4, "perNode": 3}}), "cluster.gpuPools.g: Google Cloud has no machine with 3 x L4"),
        (
            gcp(gpuPools={"g": {**L4, "spot": True, "reservation": "mine", "zones": ["a"]}}),
            "cluster.gpuPools.g: spot and reservation exclude each other",
        ),
        (
            gcp(region="europe-north1", gpuPools={"g": L4}),
            "cluster: gpuPools.g: europe-north1 has no g2-standard-4; these have: asia-east1, ",
        ),
        (gcp(gpuPools={"g": {**L4, "zones": ["f"]}}), "cluster: gpuPools.g.zones: the network has no zone f"),
        (
            gcp(network={"zones": ["b", "c"]}, gpuPools={"g": H200}),
            "cluster: gpuPools.g: zones b, c have not all a3-ultragpu-8g; these have: a",
        ),
        (
            gcp(region="us-east1", network={"zones": ["a", "b"]}),
            "cluster: network.zones: us-east1 has no zone a; ",
        ),
        (gcp(network={"zones": ["a"]}), "cluster.network: zones: write two or more different letters, not a"),
        (
            gcp(network={"services": "10.0.128.0/20"}),
            "cluster.network: addresses (10.0.0.0/16) and services (10.0.128.0/20) overlap: move one of them",
        ),
        (gcp(network={"addresses": "10.0.0.0/24"}), "cluster.network.addresses: write a range of /9 to /20"),
        (
            gcp(network={"addresses": "10.0.0.0/20"}),
            "cluster: network.addresses: 10.0.0.0/20 has addresses for 8 nodes, and the pools may grow to 10; write a "
            "larger range (/19), or less for max",
        ),
        (gcp(number="acme"), "cluster.number: "),
        (gcp(tags={"Owner": "ml"}), "cluster.tags.Owner"),
        (aws(kind="azure"), "cluster: Input tag 'azure' found using 'kind' does not match any of the expected tags"),
    ],
)
def test_a_mistake_in_the_cluster_is_refused_with_its_path(cluster: dict, complaint: str):
    (mistake,) = refusal(on(cluster))
    assert mistake.startswith(f"environment.{complaint}"), mistake


RUNS = {"pipelines": {}, "mysql": {}, "mlrun": {}}


@pytest.mark.parametrize(
    ("layers", "older", "since", "layer"),
    [(RUNS, "1.35", "1.36", "mlrun"), ({"admission": {}}, "1.34", "1.35", "admission")],
)
def test_a_layer_that_a_version_of_kubernetes_can_not_carry_is_refused(
    layers: dict, older: str, since: str, layer: str
):
    (mistake,) = refusal(on(aws(version=older), **layers))
    assert mistake.startswith(f"environment.cluster.version: `{layer}` needs Kubernetes {since}, for ")
    assert mistake.endswith(f"remove `{layer}:` (it says {older})")
    assert load(on(aws(version=since), **layers)).cluster.version == since
    assert load(on(gcp(), **layers)).cluster.kind == "gcp"


def test_a_public_bucket_can_not_even_be_said():
    (mistake,) = refusal(on(aws(), objectStore={"kind": "cloud", "prefix": "acme", "public": True}))
    assert mistake.startswith("environment.objectStore.public: there is no such key")


def test_where_there_is_no_cloud_there_is_no_cloud_storage():
    (mistake,) = refusal({**WHOLE, "objectStore": {"kind": "cloud", "prefix": "acme"}})
    assert mistake.startswith("environment.objectStore.kind: this cluster is in no cloud")


def test_where_there_is_no_cloud_there_is_no_cloud_database():
    (mistake,) = refusal({**WHOLE, "database": {"kind": "cloud"}})
    assert mistake.startswith("environment.database.kind: this cluster is in no cloud; write `operator`")


@pytest.mark.parametrize("cluster", [aws(), gcp()])
def test_one_setting_takes_the_database_from_the_cloud(cluster: dict):
    assert load(on(cluster, database={"kind": "cloud"})).database.standby
    assert load(on(cluster, database={})).database.kind == "operator"


@pytest.mark.parametrize(
    "cluster, said, complaint",
    [
        (aws(), {"memory": "300Gi"}, "database: no machine for 2 vCPUs and 300Gi is known here; write no more than"),
        (gcp(), {"memory": "700Gi"}, "database: no machine has 700Gi; write no more than 624Gi"),
        (aws(), {"size": "600Gi"}, "database: size is 600Gi and most 500Gi: write no more than that for size"),
        (gcp(), {"size": "5Gi"}, "database: size: clouds have no less than 20Gi; write that, or more"),
        (gcp(), {"backupDays": 0}, "database.backupDays: "),
        (aws(), {"public": True}, "database.public: there is no such key"),
        (aws(), {"encrypted": False}, "database.encrypted: there is no such key"),
    ],
)
def test_a_database_that_no_cloud_has_is_refused(cluster: dict, said: dict, complaint: str):
    (mistake,) = refusal(on(cluster, database={"kind": "cloud", **said}))
    assert mistake.startswith(f"environment.{complaint}"), mistake


HOSTED, MANAGED = "Z0123456789ABCDEFGHIJ", "ml-example-org"
DOOR = {
    "domain": "ml.example.org",
    "login": {"issuer": "https://sso.example.org", "clientId": "platform", "secret": "client", "groups": ["research"]},
    "certificates": {"acme": {"email": "ml@example.org"}},
}


def door(zone: str) -> dict[str, Any]:
    return {"frontDoor": {**DOOR, "dns": {"zone": zone}}}


@pytest.mark.parametrize("cluster, zone", [(aws(), HOSTED), (gcp(), MANAGED)])
def test_a_zone_of_the_clouds_own_dns_is_taken_as_it_is_written(cluster: dict, zone: str):
    assert load(on(cluster, **door(zone))).front_door.dns.zone == zone


@pytest.mark.parametrize(
    "cluster, zone, complaint",
    [
        (aws(), MANAGED, "frontDoor.dns.zone: write the hosted zone's ID, such as Z0123456789ABCDEFGHIJ"),
        (aws(), "", "frontDoor.dns.zone: write the hosted zone's ID"),
        (gcp(), HOSTED, "frontDoor.dns.zone: write the managed zone's name, such as ml-example-org"),
        (gcp(), "example.org.", "frontDoor.dns.zone: write the managed zone's name"),
    ],
)
def test_a_zone_that_the_cloud_can_not_have_is_refused(cluster: dict, zone: str, complaint: str):
    (mistake,) = refusal(on(cluster, **door(zone)))
    assert mistake.startswith(f"environment.{complaint}"), mistake


def test_where_there_is_no_cloud_there_is_no_zone():
    (mistake,) = refusal({**WHOLE, **door(HOSTED)})
    assert mistake.startswith("environment.frontDoor.dns.zone: this cluster is in no cloud; write `externalDns: true`")


@pytest.mark.parametrize("cluster", [aws(), gcp()])
def test_alluxio_is_refused_where_buckets_have_no_key(cluster: dict):
    (mistake,) = refusal(on(cluster, alluxio={}))
    assert mistake.startswith("environment.alluxio: Alluxio opens buckets by a key alone")


def test_steps_ask_for_a_pool_that_is_there():
    (mistake,) = refusal(on(aws(gpuPools={"shared": POOL}), pipelines={"gpu": {"pool": "big"}}))
    assert mistake == "environment.pipelines.gpu.pool: the cluster has no pool `big`; it has shared"


@pytest.mark.parametrize("cloud", [aws, gcp])
def test_what_nobody_can_unlock_is_refused_where_all_goes_with_the_stack(cloud: Callable[..., dict]):
    store = {"kind": "cloud", "prefix": "acme", "lockDays": 400}
    assert load(on(cloud(), objectStore=store)).object_store.lock_days == 400
    (mistake,) = refusal(on(cloud(production=False), objectStore=store))
    assert mistake == (
        "environment.objectStore.lockDays: with `production: false` all goes with the stack, which buckets locked for "
        "400 days would hold up; remove it, or write `production: true`"
    )


def test_another_cloud_changes_the_section_cluster_alone():
    one, other = (
        yaml.safe_load(Path(f"stacks/Pulumi.{cloud}-dev.yaml").read_text())["config"][KEY] for cloud in ("aws", "gcp")
    )
    assert one.pop("cluster")["kind"] == "aws" and other.pop("cluster")["kind"] == "gcp"
    assert one == other and list(one) == list(other)
