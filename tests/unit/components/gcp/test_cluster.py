"""The cluster in Google Cloud and its buckets, on the recording engine."""

import json
from functools import cache

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import ServiceAccount

from components.compute.gcp.cluster import GcpCluster, GcpClusterArgs
from components.compute.gcp.settings import GcpSettings
from components.pipelines.contracts import GpuPool
from components.storage.cloud import CloudStoreSettings
from tests.recording import Engine

SETTINGS = {
    "kind": "gcp",
    "project": "acme-ml",
    "number": "123456789012",
    "region": "europe-west4",
    "tags": {"owner": "ml"},
    "api": {"administrators": {"ml": "group:ml@acme.example"}},
    "network": {"connected": ["192.168.0.0/16"]},
    "gpuPools": {
        "shared": {"accelerator": "L4", "max": 2, "spot": True, "timeSlices": 4},
        "big": {"accelerator": "H100", "perNode": 8, "max": 4, "together": True, "zones": ["b"], "reservation": "mine"},
        "patient": {"accelerator": "A100-40", "max": 3, "flexStart": True},
        "wide": {"accelerator": "B200", "perNode": 8, "max": 2, "zones": ["b"], "gpuDirect": True},
    },
}
LABELS = {"cluster": "mlops", "owner": "ml"}


@cache
def built(production: bool = True, public: str = "") -> tuple[Engine, GcpCluster]:
    """With a bucket, which two accounts are let into, and another one into a folder."""
    engine, made = Engine(), []

    def program() -> None:
        api = {**SETTINGS["api"], "publicFrom": [public] if public else []}
        settings = GcpSettings.model_validate({**SETTINGS, "production": production, "api": api})
        cluster = GcpCluster("cluster", GcpClusterArgs(settings=settings))
        made.append(cluster)
        store = cluster.object_store("store", CloudStoreSettings(kind="cloud", prefix="acme"), ("mlflow",))
        options = pulumi.ResourceOptions(provider=cluster.kubernetes)
        for name, folder in (("server", None), ("reader", "runs"), ("keeper", None)):
            account = ServiceAccount(name, opts=options)
            identity = store.bucket("mlflow", folder).identity
            chosen = identity.read_only() if folder else identity.seeing() if name == "keeper" else identity
            chosen.admit(name, account.metadata.name, "tracking", options)

    engine.build(program)
    return engine, made[0]


def test_the_api_is_private_and_networks_that_are_named_reach_it():
    plane = built()[0].only("Cluster").inputs
    assert plane["privateClusterConfig"] == {"enablePrivateEndpoint": True, "enablePrivateNodes": True}
    admitted = plane["masterAuthorizedNetworksConfig"]
    assert admitted == {"cidrBlocks": [{"cidrBlock": "192.168.0.0/16"}], "gcpPublicCidrsAccessEnabled": False}
    plane = built(public="198.51.100.0/24")[0].only("Cluster").inputs
    assert plane["privateClusterConfig"]["enablePrivateEndpoint"] is False
    assert plane["masterAuthorizedNetworksConfig"]["cidrBlocks"][0] == {"cidrBlock": "198.51.100.0/24"}


def test_secrets_disks_and_buckets_are_encrypted_with_the_clusters_own_key():
    engine = built()[0]
    assert engine.only("Cluster").inputs["databaseEncryption"] == {"state": "ENCRYPTED", "keyName": "cluster-key-id"}
    assert {pool.inputs["nodeConfig"]["bootDiskKmsKey"] for pool in engine.all("NodePool")} == {"cluster-key-id"}
    assert engine.only("Bucket", "store-mlflow").inputs["encryption"] == {"defaultKmsKeyName": "cluster-key-id"}
    (kind,) = engine.all("StorageClass")
    assert kind.inputs["parameters"] == {"type": "pd-balanced", "disk-encryption-kms-key": "cluster-key-id"}
    assert engine.only("CryptoKey").inputs["rotationPeriod"] == f"{90 * 24 * 3600}s"


def test_the_cluster_enforces_network_policies_and_hardens_its_nodes():
    plane = built()[0].only("Cluster").inputs
    assert plane["datapathProvider"] == "ADVANCED_DATAPATH" and plane["enableShieldedNodes"] is True
    assert plane["workloadIdentityConfig"] == {"workloadPool": "acme-ml.svc.id.goog"}
    assert plane["releaseChannel"] == {"channel": "REGULAR"} and plane["removeDefaultNodePool"] is True
    assert {"APISERVER", "WORKLOADS"} <= set(plane["loggingConfig"]["enableComponents"])
    assert plane["resourceLabels"] == LABELS


def test_google_runs_nvidias_exporter_where_that_is_asked_for_and_nowhere_else():
    assert "DCGM" not in str(built()[0].only("Cluster").inputs["monitoringConfig"])
    engine = Engine()
    settings = GcpSettings.model_validate({**SETTINGS, "gpuMetrics": True})
    engine.build(lambda: GcpCluster("cluster", GcpClusterArgs(settings=settings)))
    monitored = engine.only("Cluster").inputs["monitoringConfig"]
    assert monitored["enableComponents"][-1] == "DCGM" and "APISERVER" in monitored["enableComponents"]
    assert monitored["managedPrometheus"] == {"enabled": True}


def test_no_credential_is_in_the_kubeconfig():
    text = built()[0].only("kubernetes", "cluster-objects").inputs["kubeconfig"]
    config = json.loads(text)
    (user,) = config["users"]
    assert user["user"].keys() == {"exec"} and user["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert config["clusters"][0]["cluster"] == {"server": "https://192.0.2.1", "certificate-authority-data": "Q0E="}


def test_every_right_that_is_given_is_one_of_these():
    engine = built()[0]
    kinds = ("IAMMember", "CryptoKeyIAMMember", "BucketIAMMember")
    given = {(made.name, made.inputs["role"], made.inputs["member"]) for kind in kinds for made in engine.all(kind)}
    nodes = "serviceAccount:nodes@test.iam.gserviceaccount.com"
    agent = "serviceAccount:service-123456789012@{}.iam.gserviceaccount.com"
    pods = (
        "principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/"
        "acme-ml.svc.id.goog/subject/ns/tracking/sa/"
    )
    encrypts = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    assert given == {
        ("cluster-nodes-container.defaultNodeServiceAccount", "roles/container.defaultNodeServiceAccount", nodes),
        ("cluster-nodes-artifactregistry.reader", "roles/artifactregistry.reader", nodes),
        ("cluster-ml", "roles/container.admin", "group:ml@acme.example"),
        ("cluster-key-container-engine-robot", encrypts, agent.format("container-engine-robot")),
        ("cluster-key-compute-system", encrypts, agent.format("compute-system")),
        ("cluster-key-gs-project-accounts", encrypts, agent.format("gs-project-accounts")),
        ("store-access-logs", "roles/storage.objectCreator", "group:cloud-storage-analytics@google.com"),
        ("server-pods", "roles/storage.objectUser", f"{pods}server-1a2b3c4d"),
        ("reader-pods", "roles/storage.objectViewer", f"{pods}reader-1a2b3c4d"),
        ("reader-look", "roles/storage.legacyBucketReader", f"{pods}reader-1a2b3c4d"),
        ("keeper-pods", "roles/storage.objectUser", f"{pods}keeper-1a2b3c4d"),
        ("keeper-look", "roles/storage.legacyBucketReader", f"{pods}keeper-1a2b3c4d"),
    }


def test_roles_in_the_project_and_in_a_folder_hold_under_a_condition():
    engine = built()[0]
    expression = engine.only("IAMMember", "cluster-ml").inputs["condition"]["expression"]
    assert expression == 'resource.name == "projects/acme-ml/locations/europe-west4/clusters/mlops"'
    assert "condition" not in engine.only("BucketIAMMember", "server-pods").inputs
    below = engine.only("BucketIAMMember", "reader-pods").inputs["condition"]["expression"]
    assert below == 'resource.name.startsWith("projects/_/buckets/acme-mlflow/objects/runs/")'


def test_a_pool_of_gpus_is_tainted_goes_to_zero_and_is_what_the_layers_above_are_told():
    engine, cluster = built()
    made = engine.only("NodePool", "cluster-shared").inputs
    scaling = made["autoscaling"]
    assert (scaling["totalMinNodeCount"], scaling["totalMaxNodeCount"], made["initialNodeCount"]) == (0, 2, 0)
    config, nodes = made["nodeConfig"], cluster.gpu_pools["shared"]
    (taint,) = config["taints"]
    assert nodes.taint == f"{taint['key']}={taint['value']}:NoSchedule" and taint["effect"] == "NO_SCHEDULE"
    assert nodes.node_labels == config["labels"] and nodes.per_node == 4 and nodes.memory == 22888 // 4
    assert config["spot"] is True and config["machineType"] == "g2-standard-4"
    placement = GpuPool(pool="shared").of(cluster.gpu_pools).placement(1)
    assert placement.node_labels == config["labels"] and placement.tolerations[0].key == taint["key"]
    system = engine.only("NodePool", "cluster-system").inputs
    assert system["nodeConfig"]["taints"] == [] and system["autoscaling"]["totalMinNodeCount"] == 3
    assert system["initialNodeCount"] == 1, "in each of three zones"


def test_a_pool_lies_where_its_machines_are():
    engine = built()[0]
    zones = {pool: engine.only("NodePool", f"cluster-{pool}").inputs["nodeLocations"] for pool in SETTINGS["gpuPools"]}
    assert zones["shared"] == ["europe-west4-a", "europe-west4-b", "europe-west4-c"]
    assert zones["patient"] == ["europe-west4-a", "europe-west4-b"], "zone c has no A100"
    assert zones["big"] == ["europe-west4-b"]


def test_a_pool_is_bought_and_placed_as_asked():
    engine = built()[0]
    big, patient = (engine.only("NodePool", f"cluster-{pool}").inputs for pool in ("big", "patient"))
    assert big["placementPolicy"] == {"type": "COMPACT"}
    assert big["nodeConfig"]["reservationAffinity"]["values"] == ["mine"]
    # An upgrade asks for no machine beyond the reservation.
    assert (big["upgradeSettings"]["maxSurge"], big["upgradeSettings"]["maxUnavailable"]) == (0, 1)
    assert patient["nodeConfig"]["flexStart"] is True and patient["management"]["autoRepair"] is False


def test_gpus_reach_those_of_other_nodes_by_networks_that_gke_makes_where_that_is_asked_for():
    wide, big = (built()[0].only("NodePool", f"cluster-{pool}").inputs for pool in ("wide", "big"))
    assert wide["networkConfig"]["acceleratorNetworkProfile"] == "auto"
    assert wide["nodeConfig"]["labels"]["cloud.google.com/gke-networking-dra-driver"] == "true"
    assert "acceleratorNetworkProfile" not in big["networkConfig"]
    assert big["nodeConfig"]["labels"] == {"mlops/pool": "big"}


def test_a_pod_can_not_get_its_nodes_rights():
    for pool in built()[0].all("NodePool"):
        config = pool.inputs["nodeConfig"]
        assert config["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}
        assert config["metadata"] == {"disable-legacy-endpoints": "true"}
        assert config["shieldedInstanceConfig"] == {"enableSecureBoot": True, "enableIntegrityMonitoring": True}
        assert config["serviceAccount"] == "nodes@test.iam.gserviceaccount.com"


def test_nodes_have_no_public_address_and_one_way_out():
    engine = built()[0]
    assert all(pool.inputs["networkConfig"]["enablePrivateNodes"] for pool in engine.all("NodePool"))
    subnet, nat = engine.only("Subnetwork").inputs, engine.only("RouterNat").inputs
    assert subnet["privateIpGoogleAccess"] is True and subnet["logConfig"]["flowSampling"] == 0.5
    ranges = {one["rangeName"]: one["ipCidrRange"] for one in subnet["secondaryIpRanges"]}
    assert (subnet["ipCidrRange"], ranges) == ("10.0.128.0/18", {"pods": "10.0.0.0/17", "services": "172.20.0.0/16"})
    assert nat["natIpAllocateOption"] == "AUTO_ONLY" and len(nat["subnetworks"]) == 1


def test_each_bucket_is_closed_versioned_tidied_and_logged():
    engine = built()[0]
    for bucket in ("mlflow", "access-logs"):
        made = engine.only("Bucket", f"store-{bucket}").inputs
        assert made["uniformBucketLevelAccess"] is True and made["publicAccessPrevention"] == "enforced"
        assert made["versioning"] == {"enabled": True} and made["labels"] == LABELS
        kinds = [rule["action"]["type"] for rule in made["lifecycleRules"]]
        assert kinds[:2] == ["Delete", "AbortIncompleteMultipartUpload"]
    assert engine.only("Bucket", "store-mlflow").inputs["logging"]["logBucket"] == "acme-access-logs"
    logs = engine.only("Bucket", "store-access-logs").inputs
    assert "logging" not in logs and logs["lifecycleRules"][2]["condition"] == {"age": 365, "withState": "LIVE"}


@pytest.mark.parametrize("production", [True, False])
def test_production_keeps_what_can_not_be_made_again_and_development_goes_in_one_piece(production: bool):
    engine = built(production)[0]
    assert engine.only("Cluster").inputs["deletionProtection"] is production
    assert engine.only("Bucket", "store-mlflow").inputs["forceDestroy"] is not production
    (kind,) = engine.all("StorageClass")
    assert kind.inputs["reclaimPolicy"] == ("Retain" if production else "Delete")


def stored(production: bool, **said: int) -> Engine:
    engine = Engine()

    def program() -> None:
        cluster = GcpCluster(
            "cluster", GcpClusterArgs(settings=GcpSettings.model_validate({**SETTINGS, "production": production}))
        )
        cluster.object_store("store", CloudStoreSettings(kind="cloud", prefix="acme", **said), ("mlflow",))

    engine.build(program)
    return engine


def test_what_was_deleted_can_be_had_back_for_a_week_in_production_and_not_at_all_in_development():
    def kept(production: bool) -> int:
        bucket = stored(production).only("Bucket", "store-mlflow").inputs
        return bucket["softDeletePolicy"]["retentionDurationSeconds"] // 86400

    assert (kept(True), kept(False)) == (7, 0)


def test_no_version_is_deleted_before_the_lock_says_and_nobody_can_take_that_back():
    engine = stored(True, lock_days=30)
    bucket = engine.only("Bucket", "store-mlflow").inputs
    assert bucket["retentionPolicy"] == {"retentionPeriod": "2592000", "isLocked": True}
    # An overwritten object is a version, which the lock holds; without versions, writing it again would be refused.
    assert bucket["versioning"] == {"enabled": True}
    # Logs come and go by the clock.
    assert "retentionPolicy" not in engine.only("Bucket", "store-access-logs").inputs
    assert "retentionPolicy" not in stored(True).only("Bucket", "store-mlflow").inputs


def test_a_bucket_that_nobody_asked_for_is_named():
    engine = Engine()

    def program() -> None:
        cluster = GcpCluster("cluster", GcpClusterArgs(settings=GcpSettings.model_validate(SETTINGS)))
        store = cluster.object_store("store", CloudStoreSettings(kind="cloud", prefix="acme"), ("mlflow",))
        with pytest.raises(KeyError, match="there is no bucket 'sales': add it to `buckets`"):
            store.bucket("sales")
        assert store.bucket("mlflow").scheme == "gs"

    engine.build(program)
