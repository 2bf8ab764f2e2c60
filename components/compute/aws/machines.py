"""Which machine has which GPUs, and which regions have which machine.

Shapes: aws/karpenter-provider-aws, website/content/en/v1.14/reference/instance-types.md. Regions of the families P4 to
P6: skypilot-org/skypilot-catalog, catalogs/v8/aws/vms.csv at 00148f2a, zone by zone. Those of
G5: what `aws ec2 describe-instance-type-offerings` answered in validatedpatterns/rag-llm-gitops, pull request 52. Of
other families nothing is known here, so nothing is refused. What GPUs are cut into: mig_profile.rs of Bottlerocket's
nvidia-migmanager; whatever it doesn't know, it takes for the whole card.
"""

import re
from collections.abc import Mapping

from ..machines import Machine, Offer

_MACHINES: Mapping[str, tuple[Machine, ...]] = {
    "T4": (
        Machine("g4dn.xlarge", 1, 16384, 4, 16),
        Machine("g4dn.2xlarge", 1, 16384, 8, 32),
        Machine("g4dn.4xlarge", 1, 16384, 16, 64),
        Machine("g4dn.8xlarge", 1, 16384, 32, 128),
        Machine("g4dn.12xlarge", 4, 16384, 48, 192),
        Machine("g4dn.metal", 8, 16384, 96, 384),
    ),
    "L4": (
        Machine("g6.xlarge", 1, 22888, 4, 16),
        Machine("g6.2xlarge", 1, 22888, 8, 32),
        Machine("g6.4xlarge", 1, 22888, 16, 64),
        Machine("g6.8xlarge", 1, 22888, 32, 128),
        Machine("g6.12xlarge", 4, 22888, 48, 192),
        Machine("g6.24xlarge", 4, 22888, 96, 384),
        Machine("g6.48xlarge", 8, 22888, 192, 768),
    ),
    "A10G": (
        Machine("g5.xlarge", 1, 22888, 4, 16),
        Machine("g5.2xlarge", 1, 22888, 8, 32),
        Machine("g5.4xlarge", 1, 22888, 16, 64),
        Machine("g5.8xlarge", 1, 22888, 32, 128),
        Machine("g5.12xlarge", 4, 22888, 48, 192),
        Machine("g5.24xlarge", 4, 22888, 96, 384),
        Machine("g5.48xlarge", 8, 22888, 192, 768),
    ),
    "A100-40": (Machine("p4d.24xlarge", 8, 40960, 96, 1152),),
    "A100-80": (Machine("p4de.24xlarge", 8, 81920, 96, 1152),),
    "H100": (Machine("p5.4xlarge", 1, 81920, 16, 256), Machine("p5.48xlarge", 8, 81920, 192, 2048)),
    "H200": (Machine("p5en.48xlarge", 8, 144384, 192, 2048),),
    "B200": (Machine("p6-b200.48xlarge", 8, 183359, 192, 2048),),
}

INTERFACE = "vpc.amazonaws.com/efa"
"""By which a pod asks for interfaces of EFA: as many as the machine has, where it has the machine for itself."""

INTERFACES: Mapping[str, int] = {
    **dict.fromkeys(("g4dn.8xlarge", "g4dn.12xlarge", "g4dn.metal", "g6.8xlarge", "g6.12xlarge", "g6.24xlarge"), 1),
    **dict.fromkeys(("g6.48xlarge", "g5.8xlarge", "g5.12xlarge", "g5.24xlarge", "g5.48xlarge", "p5.4xlarge"), 1),
    "p4d.24xlarge": 4,
    "p4de.24xlarge": 4,
    "p5.48xlarge": 32,
    "p5en.48xlarge": 16,
    "p6-b200.48xlarge": 8,
}
"""Machine -> how many it has; others have none."""

KNOWN_AS: Mapping[str, str] = {
    "T4": "nvidia-tesla-t4",
    "L4": "nvidia-l4",
    "A10G": "nvidia-a10g",
    **dict.fromkeys(("A100-40", "A100-80"), "nvidia-tesla-a100"),
    **{card: f"nvidia-{card.lower()}" for card in ("H100", "H200", "B200")},
}
"""Accelerator -> what cluster-autoscaler calls it (cloudprovider/aws/aws_cloud_provider.go), or would."""

CARDS: Mapping[str, str] = {
    "A100-40": "a100.40gb",
    "A100-80": "a100.80gb",
    "H100": "h100.80gb",
    "H200": "h200.141gb",
    "B200": "b200.180gb",
}
"""Accelerator -> what Bottlerocket calls it, if it can be cut."""

_SLICES = (7, 4, 3, 2, 1)
_PROFILES = {
    "A100-40": ("1g.5gb", "1g.10gb", "2g.10gb", "3g.20gb", "7g.40gb"),
    **dict.fromkeys(("A100-80", "H100"), ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "7g.80gb")),
    "H200": ("1g.18gb", "1g.35gb", "2g.35gb", "3g.71gb", "7g.141gb"),
    "B200": ("1g.23gb", "1g.45gb", "2g.45gb", "3g.90gb", "7g.180gb"),
}
PROFILES: Mapping[str, Mapping[str, int]] = {
    card: dict(zip(profiles, _SLICES, strict=True)) for card, profiles in _PROFILES.items()
}
"""Accelerator -> profile -> slices of it on one GPU."""

_PLAIN = re.compile(r"([cmr])\d+[a-z]*\.(\d*)(x?)large")
_PER_CPU = {"c": 2, "m": 4, "r": 8}
"""GiB for a vCPU: docs.aws.amazon.com, "Amazon EC2 instance types", compute, general purpose and memory optimized."""

_AMERICA = {"us-east-1", "us-east-2", "us-west-2"}
_P5_SMALL = {*_AMERICA, "ap-northeast-1", "ap-south-1", "ap-southeast-2", "ap-southeast-3", "eu-west-2"}
_P4D = {*_AMERICA, "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-2", "ca-central-1", "eu-central-1"}
_G5 = {*_P4D, "us-west-1", "sa-east-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "ap-southeast-1"}
_P5EN = {*_AMERICA, "us-west-1", "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-3", "eu-north-1"}
_REGIONS: Mapping[str, set[str]] = {
    "g5": {*_G5, "ap-northeast-3"},
    "p4d.24xlarge": {*_P4D, "eu-north-1", "eu-west-1", "eu-west-2"},
    "p4de.24xlarge": {"us-east-1", "us-west-2", "ap-northeast-1", "ap-southeast-1", "eu-central-1"},
    "p5.4xlarge": _P5_SMALL,
    "p5.48xlarge": {*_P5_SMALL, "us-west-1", "ap-northeast-2", "ca-central-1", "eu-north-1"},
    "p5en.48xlarge": {*_P5EN, "eu-south-2", "me-central-1"},
    "p6-b200.48xlarge": _AMERICA,
}

OFFER = Offer("AWS", _MACHINES, _REGIONS, separator=".")
choose, offered_in = OFFER.choose, OFFER.offered_in


def plain_size(machine: str) -> tuple[int, int] | None:
    """vCPUs and GiB of a machine without GPUs; None for families that don't go by the rule."""
    matched = _PLAIN.fullmatch(machine)
    if matched is None:
        return None
    cpu = 4 * int(matched[2] or 1) if matched[3] else 2
    return cpu, cpu * _PER_CPU[matched[1]]
