"""Volumes for the claims of the default storage class: a folder each, made when asked for and removed when let go.

Runs as a process of its own (`python -m local.cluster.provisioner`). It compares and acts once a second and remembers
nothing, so it may be killed at any point. Sizes are recorded, not enforced.
"""

import os
import shutil
import time
from pathlib import Path

from local.cluster import api
from local.cluster.api import ApiError, Manifest, Unreachable
from local.cluster.files import write
from local.cluster.names import NODE, PROVISIONER_BEAT, VOLUMES

CLASS, PROVISIONER, USER = "local", "exquisite-mlops/local", "provisioner"
MADE_BY, NODE_CHOSEN = "pv.kubernetes.io/provisioned-by", "volume.kubernetes.io/selected-node"
CLAIMS, PERSISTENT = "/api/v1/persistentvolumeclaims", "/api/v1/persistentvolumes"


def volume(claim: Manifest, folder: Path) -> Manifest:
    """The volume for a claim that waits for one, on the node that the scheduler chose."""
    metadata, spec = claim["metadata"], claim["spec"]
    # A pod that was simulated, because its image was not here, may run for real later: its data is on this machine.
    nodes = sorted({metadata["annotations"][NODE_CHOSEN], NODE})
    where = {"key": "kubernetes.io/hostname", "operator": "In", "values": nodes}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": folder.name, "annotations": {MADE_BY: PROVISIONER}},
        "spec": {
            "storageClassName": CLASS,
            "persistentVolumeReclaimPolicy": "Delete",
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "uid": metadata["uid"],
                "namespace": metadata["namespace"],
                "name": metadata["name"],
            },
            # A `local` volume and no `hostPath`, because the kubelet gives only the former to a pod's fsGroup.
            "local": {"path": str(folder)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [where]}]}},
        },
    }


def waits(claim: Manifest) -> bool:
    return (
        claim["spec"].get("storageClassName") == CLASS
        and not claim["spec"].get("volumeName")
        and claim["status"].get("phase") == "Pending"
        and "deletionTimestamp" not in claim["metadata"]
        and NODE_CHOSEN in claim["metadata"].get("annotations", {})
    )


def released(item: Manifest) -> bool:
    return (
        item["metadata"].get("annotations", {}).get(MADE_BY) == PROVISIONER
        and item["status"].get("phase") == "Released"
        and item["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
    )


def reconcile() -> None:
    for claim in filter(waits, api.call("GET", CLAIMS, user=USER)["items"]):
        folder = VOLUMES / f"pvc-{claim['metadata']['uid']}"
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)  # the pod's user is not known here; the folder above lets only root through
        _once("POST", PERSISTENT, volume(claim, folder), settled=409)
        print(f"made {folder.name} for {claim['metadata']['namespace']}/{claim['metadata']['name']}")
    for item in filter(released, api.call("GET", PERSISTENT, user=USER)["items"]):
        folder = VOLUMES / item["metadata"]["name"]
        if folder.exists():
            shutil.rmtree(folder)
        _once("DELETE", f"{PERSISTENT}/{folder.name}", None, settled=404)
        print(f"removed {folder.name}")


def _once(method: str, path: str, body: Manifest | None, settled: int) -> None:
    try:
        api.call(method, path, body, user=USER)
    except ApiError as error:
        if error.status != settled:
            raise


def main() -> None:
    while True:
        try:
            reconcile()
            write(PROVISIONER_BEAT, str(os.getpid()))
            os.utime(PROVISIONER_BEAT)
        except (OSError, Unreachable, ApiError) as error:
            print(f"will try again: {error}")
        time.sleep(1)


if __name__ == "__main__":
    main()
