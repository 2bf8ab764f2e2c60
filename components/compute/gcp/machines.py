"""Which machine has which GPUs, by which name Google calls those, and which zones have the machine.

Names of accelerators: GoogleCloudPlatform/container-engine-accelerators, partition_gpu, at 992db812. vCPUs, GiB and
zones: skypilot-org/skypilot-catalog, catalogs/v8/gcp/vms.csv at 006059e0. Of the zones of N1 nothing is known here, so
nothing is refused. Memory of a GPU as the same cards report it elsewhere: `components/compute/aws/machines.py`.
"""

import re
from collections.abc import Mapping

from ..machines import Machine, Offer

ACCELERATORS: Mapping[str, str] = {
    "T4": "nvidia-tesla-t4",
    "L4": "nvidia-l4",
    "A100-40": "nvidia-tesla-a100",
    "A100-80": "nvidia-a100-80gb",
    "H100": "nvidia-h100-80gb",
    "H200": "nvidia-h200-141gb",
    "B200": "nvidia-b200",
}
"""What a node pool, and a node's label, calls them."""

WITH_RDMA = ("a3-ultragpu-8g", "a4-highgpu-8g")
"""Machines whose GPUs reach those of others without Google's own protocols (TCPX), which take programs of their own:
GoogleCloudPlatform/cluster-toolkit, modules/compute/gke-node-pool/gpu_direct.tf."""

_MACHINES: Mapping[str, tuple[Machine, ...]] = {
    "T4": (
        Machine("n1-standard-4", 1, 16384, 4, 15),
        Machine("n1-standard-8", 1, 16384, 8, 30),
        Machine("n1-standard-8", 2, 16384, 8, 30),
        Machine("n1-standard-8", 4, 16384, 8, 30),
    ),
    "L4": (
        Machine("g2-standard-4", 1, 22888, 4, 16),
        Machine("g2-standard-8", 1, 22888, 8, 32),
        Machine("g2-standard-12", 1, 22888, 12, 48),
        Machine("g2-standard-16", 1, 22888, 16, 64),
        Machine("g2-standard-32", 1, 22888, 32, 128),
        Machine("g2-standard-24", 2, 22888, 24, 96),
        Machine("g2-standard-48", 4, 22888, 48, 192),
        Machine("g2-standard-96", 8, 22888, 96, 384),
    ),
    "A100-40": (
        Machine("a2-highgpu-1g", 1, 40960, 12, 85),
        Machine("a2-highgpu-2g", 2, 40960, 24, 170),
        Machine("a2-highgpu-4g", 4, 40960, 48, 340),
        Machine("a2-highgpu-8g", 8, 40960, 96, 680),
        Machine("a2-megagpu-16g", 16, 40960, 96, 1360),
    ),
    "A100-80": (
        Machine("a2-ultragpu-1g", 1, 81920, 12, 170),
        Machine("a2-ultragpu-2g", 2, 81920, 24, 340),
        Machine("a2-ultragpu-4g", 4, 81920, 48, 680),
        Machine("a2-ultragpu-8g", 8, 81920, 96, 1360),
    ),
    "H100": (
        Machine("a3-highgpu-1g", 1, 81920, 26, 234),
        Machine("a3-highgpu-2g", 2, 81920, 52, 468),
        Machine("a3-highgpu-4g", 4, 81920, 104, 936),
        Machine("a3-highgpu-8g", 8, 81920, 208, 1872),
    ),
    "H200": (Machine("a3-ultragpu-8g", 8, 144384, 224, 2952),),
    "B200": (Machine("a4-highgpu-8g", 8, 183359, 224, 3968),),
}

# Region -> letters of its zones, for a machine or a family.
_ZONES: Mapping[str, Mapping[str, str]] = {
    "g2-standard": {
        "asia-east1": "abc",
        "asia-northeast1": "abc",
        "asia-northeast3": "ab",
        "asia-south1": "abc",
        "asia-southeast1": "abc",
        "europe-west1": "bc",
        "europe-west2": "ab",
        "europe-west3": "ab",
        "europe-west4": "abc",
        "europe-west6": "bc",
        "me-central2": "ac",
        "northamerica-northeast1": "bc",
        "northamerica-northeast2": "ab",
        "us-central1": "abc",
        "us-east1": "bcd",
        "us-east4": "ac",
        "us-west1": "abc",
        "us-west4": "ac",
    },
    "a2-highgpu": {
        "asia-northeast1": "ac",
        "asia-northeast3": "ab",
        "asia-southeast1": "abc",
        "europe-west4": "ab",
        "me-west1": "ac",
        "us-central1": "abcf",
        "us-east1": "b",
        "us-west1": "b",
        "us-west3": "b",
        "us-west4": "b",
    },
    "a2-megagpu": {"asia-southeast1": "ac", "europe-west4": "ab", "us-central1": "abcf"},
    "a2-ultragpu": {
        "asia-southeast1": "c",
        "europe-west4": "a",
        "us-central1": "ac",
        "us-east4": "c",
        "us-east5": "ab",
    },
    "a3-highgpu": {
        "asia-east1": "c",
        "asia-northeast1": "b",
        "asia-south1": "c",
        "asia-south2": "b",
        "asia-southeast1": "bc",
        "australia-southeast1": "c",
        "europe-north1": "c",
        "europe-west1": "bc",
        "europe-west3": "c",
        "europe-west4": "bc",
        "europe-west9": "c",
        "us-central1": "abc",
        "us-east4": "abc",
        "us-east5": "a",
        "us-west1": "ab",
        "us-west4": "a",
    },
    "a3-ultragpu": {
        "asia-south1": "b",
        "asia-south2": "c",
        "europe-west1": "b",
        "europe-west4": "a",
        "us-central1": "b",
        "us-east4": "b",
        "us-east5": "a",
        "us-south1": "b",
        "us-west1": "c",
    },
    "a4-highgpu": {
        "asia-northeast1": "b",
        "asia-southeast1": "b",
        "europe-north1": "b",
        "europe-west4": "b",
        "us-central1": "b",
        "us-east1": "b",
        "us-east4": "b",
        "us-south1": "b",
        "us-west2": "c",
        "us-west3": "bc",
    },
}

OFFER = Offer("Google Cloud", _MACHINES, _ZONES, separator="-")

_USUAL_ZONES = "abc"
_UNUSUAL_ZONES = {"europe-west1": "bcd", "us-central1": "abcf", "us-east1": "bcd"}
_PLAIN = re.compile(r"(?:e2|n2|n2d|n4|c3|c3d)-(standard|highmem)-(\d+)")
_PER_CPU = {"standard": 4, "highmem": 8}  # GiB
# Neither these nor what is newer take a persistent disk.
_HYPERDISK_ALONE = ("a3-ultragpu-", "a4-", "c4-", "c4a-", "c4d-", "n4-")


def zones_of(region: str) -> str:
    """Letters of all its zones."""
    return _UNUSUAL_ZONES.get(region, _USUAL_ZONES)


def zones_with(machine: Machine, region: str) -> str:
    """Letters of the zones that have it, as far as is known here."""
    known = _ZONES.get(machine.name.rpartition("-")[0], {})
    return known.get(region, zones_of(region))


def plain_size(machine: str) -> tuple[int, int] | None:
    """vCPUs and GiB of a machine without GPUs; None for families that don't go by the rule."""
    matched = _PLAIN.fullmatch(machine)
    return (int(matched[2]), int(matched[2]) * _PER_CPU[matched[1]]) if matched else None


def disk_for(machine: str) -> str:
    """The kind of disk that goes with it: balanced between price and speed."""
    return "hyperdisk-balanced" if machine.startswith(_HYPERDISK_ALONE) else "pd-balanced"
