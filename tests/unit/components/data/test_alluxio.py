"""Alluxio, on the recording engine."""

import pytest
from pydantic import ValidationError

from components.data.alluxio import properties
from components.data.alluxio.alluxio import Alluxio, AlluxioArgs
from components.data.alluxio.settings import AlluxioSettings, Java, Tier
from components.k8s.network import Peer
from components.storage.contracts import Bucket
from components.types import amount
from tests.recording import SECRET_MARK, Engine

SMALL = Java(heap="1Gi", direct="256Mi")


def bucket() -> Bucket:
    return Bucket(
        name="datasets",
        region="us-east-1",
        endpoint="http://object-store.storage:8333",
        access_key="datasets",
        secret_key="the-buckets-key",
        peer=Peer("storage", {"app.kubernetes.io/name": "seaweedfs"}, (8333,)),
    )


def built(**settings: object) -> Engine:
    engine = Engine()
    args = AlluxioArgs(settings=AlluxioSettings(**settings), namespace="alluxio", bucket=bucket())
    engine.build(lambda: Alluxio("alluxio", args))
    return engine


def pod(engine: Engine, role: str) -> dict:
    return engine.only("StatefulSet", f"alluxio-{role}s-server").inputs["spec"]["template"]["spec"]


def variables(container: dict) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container["env"] if "value" in one}


def lines(**settings: object) -> dict[str, str]:
    text = properties.site(AlluxioSettings(**settings), {})
    return dict(line.split("=", 1) for line in text.splitlines())


@pytest.mark.parametrize("masters", [0, 2, 5])
def test_a_number_of_masters_that_makes_no_quorum_is_refused_with_the_ones_that_do(masters: int):
    with pytest.raises(ValidationError, match="1 or 3"):
        AlluxioSettings(masters=masters)


def test_a_cache_that_lies_in_memory_counts_as_the_workers_and_a_volume_does_not():
    on_disk, in_memory = (amount(SMALL.resources(tier).memory_limit) for tier in (None, "2Gi"))
    assert in_memory - on_disk == pytest.approx(2 * 2**30, abs=2**20)
    assert on_disk > amount(SMALL.heap) + amount(SMALL.direct)


def test_workers_keep_a_cache_on_disk_on_a_volume_and_one_in_memory_nowhere():
    volume = built(tier=Tier(medium="SSD", quota="10Gi", storage_class="fast"))
    (wanted,) = volume.only("StatefulSet", "alluxio-workers-server").inputs["spec"]["volumeClaimTemplates"]
    assert wanted["spec"]["storageClassName"] == "fast"
    assert amount(wanted["spec"]["resources"]["requests"]["storage"]) > 10 * 2**30
    memory = built(tier=Tier(medium="MEM", quota="1Gi"))
    assert not memory.only("StatefulSet", "alluxio-workers-server").inputs["spec"]["volumeClaimTemplates"]
    (cache,) = [one for one in pod(memory, "worker")["volumes"] if one["name"] == "cache"]
    assert cache["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Gi"}


def test_the_buckets_key_is_in_one_secret_and_in_nothing_that_a_pod_says_of_itself():
    engine = built()
    assert [made.name for made in engine.made if "the-buckets-key" in str(made.inputs)] == ["alluxio-site"]
    assert SECRET_MARK in engine.only("Secret").inputs["stringData"]


def test_the_key_is_no_option_of_the_mount_which_the_journal_would_keep_in_the_clear():
    said = properties.s3("s3://datasets", "us-east-1", "http://store:8333", ("id", "key"))
    assert said["s3a.secretKey"] == "key" and not any("option" in name for name in said)


def test_without_a_key_the_pod_is_known_to_the_cloud_and_no_other_store_is_asked():
    said = properties.s3("s3://datasets", "eu-west-1", None, None)
    assert not {"s3a.accessKeyId", "s3a.secretKey", "alluxio.underfs.s3.endpoint"} & said.keys()
    assert said["alluxio.underfs.s3.secure.http.enabled"] == "true"


def test_a_file_is_in_the_bucket_before_its_writer_is_told_so():
    assert lines()["alluxio.user.file.writetype.default"] == "CACHE_THROUGH"


def test_what_others_change_in_the_bucket_is_noticed_in_time():
    assert lines(sync_seconds=5)["alluxio.user.file.metadata.sync.interval"] == "5s"


def test_a_journal_is_formatted_while_its_volume_is_empty_and_never_by_a_start():
    spec = pod(built(), "master")
    (first,) = spec["initContainers"]
    assert "test -e /journal/raft || /opt/alluxio/bin/alluxio formatJournal" in first["command"][-1]
    assert spec["containers"][0]["args"] == ["master-only", "--no-format"]
    assert pod(built(), "worker")["containers"][0]["args"] == ["worker-only", "--no-format"]


def test_each_of_three_masters_knows_the_others_by_the_name_of_its_own_pod():
    engine = built(masters=3)
    options = variables(pod(engine, "master")["containers"][0])["ALLUXIO_JAVA_OPTS"]
    assert "-Dalluxio.master.hostname=${POD_NAME}.alluxio-masters-pods.alluxio" in options
    assert "${POD_NAME%-*}-2.alluxio-masters-pods.alluxio:19200" in options
    assert engine.only("StatefulSet", "alluxio-masters-server").inputs["spec"]["podManagementPolicy"] == "Parallel"
    assert engine.only("PodDisruptionBudget", "alluxio-masters-budget").inputs["spec"]["maxUnavailable"] == 1


def test_workers_are_told_the_masters_by_name():
    options = variables(pod(built(masters=3), "worker")["containers"][0])["ALLUXIO_JAVA_OPTS"]
    (named,) = [one for one in options.split() if one.startswith("-Dalluxio.master.rpc.addresses=")]
    assert named.count(".alluxio-masters-pods.alluxio:19998") == 3


def test_both_servers_of_a_pod_write_their_environment_to_a_place_of_their_own():
    servers = pod(built(), "master")["containers"]
    places = [
        mount["name"] for one in servers for mount in one["volumeMounts"] if mount["mountPath"] == "/opt/alluxio/conf"
    ]
    assert len(servers) == len(set(places)) == 2


def test_the_journal_is_copied_by_the_clock_or_when_somebody_starts_the_job():
    assert built().only("CronJob").inputs["spec"]["suspend"] is True
    assert built(backup="0 3 * * *").only("CronJob").inputs["spec"]["schedule"] == "0 3 * * *"


def test_clients_are_let_to_what_answers_them_and_no_one_else_to_the_journal():
    engine, told = Engine(), []

    def program() -> None:
        cache = Alluxio("alluxio", AlluxioArgs(namespace="alluxio", bucket=bucket())).cache
        assert cache.master_peer and 19200 not in cache.master_peer.ports
        cache.url.apply(told.append)

    engine.build(program)
    assert told[0].startswith("alluxio://") and told[0].count(":19998") == 3
    journal = engine.only("NetworkPolicy", "alluxio-among-masters-in").inputs["spec"]["ingress"]
    assert 19200 in [port["port"] for port in journal[0]["ports"]]
    assert engine.only("NetworkPolicy", "alluxio-workers-to-bucket-out")
