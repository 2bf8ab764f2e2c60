"""A Dataset: one declaration becomes Fluid's three objects, and a claim for pods of any namespace."""

from typing import Any

import pulumi
import pytest
from pydantic import ValidationError

from components.data.claims import claim_in
from components.data.dataset import Dataset, DatasetArgs, DatasetSettings
from components.data.fluid.contracts import DataPlane
from components.pipelines.contracts import GpuPool
from components.storage.contracts import Bucket
from tests.recording import SECRET_MARK, Engine
from tests.unit.components.wires import BUCKET, bucket

PLANE = DataPlane(namespace="datasets", mount_root="/runtime-mnt")


def made(pool: bool = False, store: Bucket | None = None, **settings: Any) -> tuple[Engine, Dataset]:
    engine = Engine()
    chosen = DatasetSettings(source="mlflow/images", mount="/data/images", **settings)
    placement = GpuPool(node_labels={"accelerator": "a100"}).placement(1) if pool else None
    args = DatasetArgs(settings=chosen, plane=PLANE, bucket=store or bucket(), pool=placement)
    return engine, engine.build(lambda: Dataset("images", args))


def spec(engine: Engine, kind: str) -> dict[str, Any]:
    return dict(engine.only(kind, "images-").inputs["spec"])


def test_the_key_stands_in_a_secret_alone_and_the_servers_find_it_there_as_a_file():
    engine, _ = made()
    assert [one.kind for one in engine.made if "the-bucket-key" in str(one.inputs)] == ["Secret"]
    assert SECRET_MARK in engine.only("Secret").inputs["stringData"]
    (mount,) = spec(engine, "Dataset")["mounts"]
    assert mount["mountPoint"] == "s3://mlflow/images/" and mount["readOnly"] is True
    # As an option it would stand on the mount's command line, and in the master's log.
    assert "encryptOptions" not in mount
    servers = spec(engine, "AlluxioRuntime")
    assert servers["volumes"] == [{"name": "login", "secret": {"secretName": "images-key-1a2b3c4d"}}]
    for part in ("master", "worker"):
        (place,) = servers[part]["volumeMounts"]
        assert servers[part]["env"] == {"AWS_CREDENTIAL_PROFILES_FILE": f"{place['mountPath']}/credentials"}
    for part in ("jobMaster", "jobWorker"):
        assert servers[part]["env"] == servers["master"]["env"]


def test_a_store_of_ones_own_is_reached_at_its_address_and_a_clouds_at_its_own():
    (own,) = spec(made()[0], "Dataset")["mounts"]
    assert own["options"]["alluxio.underfs.s3.endpoint"] == BUCKET["endpoint"]
    cloud = Bucket(**{**BUCKET, "endpoint": None})
    (given,) = spec(made(store=cloud)[0], "Dataset")["mounts"]
    assert "alluxio.underfs.s3.endpoint" not in given["options"]


def test_every_server_says_how_big_it_is_and_none_uses_the_nodes_network():
    runtime = spec(made(medium="MEM", quota="1Gi", heap="512Mi", fuse_heap="256Mi")[0], "AlluxioRuntime")
    for part in ("master", "jobMaster", "worker", "jobWorker", "fuse"):
        assert any(option.startswith("-Xmx") for option in runtime[part]["jvmOptions"])
        assert {"memory"} <= runtime[part]["resources"]["limits"].keys()
    assert {runtime[part]["networkMode"] for part in ("master", "worker", "fuse")} == {"ContainerNetwork"}
    # A cache in memory counts against its worker's limit.
    assert runtime["worker"]["resources"]["limits"]["memory"] == "2048Mi"
    assert runtime["master"]["resources"]["limits"]["memory"] == "1024Mi"
    (level,) = runtime["tieredstore"]["levels"]
    assert (level["mediumtype"], level["volumeType"], level["quota"]) == ("MEM", "emptyDir", "1Gi")


def test_a_replaced_file_is_seen_after_the_time_that_is_set_and_the_kernel_keeps_nothing_of_the_old_one():
    runtime = spec(made(sync_seconds=7)[0], "AlluxioRuntime")
    assert {value for name, value in runtime["properties"].items() if name.endswith((".interval", ".time"))} == {"7s"}
    (options,) = [word for word in runtime["fuse"]["args"] if word.startswith("--fuse-opts=")]
    assert {"ro", "allow_other", "attr_timeout=0"} <= set(options.partition("=")[2].split(","))
    assert "kernel_cache" not in options


def test_a_cache_on_the_gpu_pool_tolerates_its_taint_and_goes_nowhere_else():
    dataset = spec(made(pool=True)[0], "Dataset")
    (term,) = dataset["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [{"key": "accelerator", "operator": "In", "values": ["a100"]}]
    assert [one["key"] for one in dataset["tolerations"]] == ["nvidia.com/gpu"]
    assert "nodeAffinity" not in spec(made()[0], "Dataset")


@pytest.mark.parametrize("prefetch", [True, False])
def test_it_is_loaded_ahead_if_wanted(prefetch: bool):
    engine, _ = made(prefetch=prefetch)
    assert len(engine.all("DataProcess")) == int(prefetch)
    if prefetch:
        pod = spec(engine, "DataProcess")["processor"]["job"]["podSpec"]
        assert pod["securityContext"]["runAsNonRoot"] is True and pod["restartPolicy"] == "Never"
        assert {"name": "DATASET", "value": "/images"} in pod["containers"][0]["env"]


def test_the_servers_reach_the_bucket():
    engine, _ = made()
    ways = {one.name: one.inputs for one in engine.all("NetworkPolicy")}
    assert ways["images-bucket-out"]["metadata"]["namespace"] == "datasets"
    assert ways["images-bucket-in"]["metadata"]["namespace"] == "storage"


def test_another_namespace_claims_the_same_place_on_the_node_read_only():
    engine, dataset = made()
    engine.build(lambda: claim_in("argo-steps-images", dataset.volume, "argo-runs", pulumi.ResourceOptions()))
    volume, claim = engine.only("PersistentVolume"), engine.only("PersistentVolumeClaim")
    driver = volume.inputs["spec"]["csi"]
    assert driver["readOnly"] is True and driver["volumeHandle"] == "argo-runs-images"
    assert driver["volumeAttributes"] == {
        "fluid_path": "/runtime-mnt/alluxio/datasets/images/alluxio-fuse",
        "fluid_sub_path": "images",
        "mount_type": "fuse.alluxio-fuse",
        "runtime_name": "images",
        "runtime_namespace": "datasets",
    }
    assert volume.inputs["spec"]["claimRef"] == {"name": "images", "namespace": "argo-runs"}
    assert claim.inputs["spec"]["volumeName"] == "argo-steps-images-volume-1a2b3c4d"
    assert claim.inputs["spec"]["accessModes"] == ["ReadOnlyMany"]


def test_the_catalogue_reads_where_the_data_is_in_all_folders_below():
    engine, dataset = made()
    found: list[str] = []
    (spec,) = dataset.recipe.config["path_specs"]
    engine.build(lambda: spec["include"].apply(found.append))
    assert found == ["s3://mlflow/images/**/*.*"] and spec["allow_double_stars"] is True
    assert set(dataset.recipe.secrets) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


@pytest.mark.parametrize("source", ["/images", "s3://mlflow/images", "mlflow//images", "mlflow/"])
def test_a_source_that_is_no_prefix_of_a_bucket_is_refused(source: str):
    with pytest.raises(ValidationError, match="write a bucket and a prefix"):
        DatasetSettings(source=source, mount="/data")
