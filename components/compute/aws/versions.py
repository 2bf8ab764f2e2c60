"""Which versions of Kubernetes a cluster may have, and what goes with each.

Add-ons of 1.35 and 1.36: the default versions of `aws eks describe-addon-versions --kubernetes-version` on 2026-10-02
and 2026-08-27, as public configurations of such clusters note them down (of 1.35, the EBS driver is from other ones).
The autoscaler has the cluster's minor version: tags and images of kubernetes/autoscaler. For another one, ask both.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Version:
    """`addons` by name; `autoscaler` is an image in catalog.json."""

    addons: Mapping[str, str]
    autoscaler: str


VERSIONS: Mapping[str, Version] = {
    "1.34": Version(
        addons={
            "eks-pod-identity-agent": "v1.3.10-eksbuild.1",
            "vpc-cni": "v1.20.5-eksbuild.1",
            "kube-proxy": "v1.34.0-eksbuild.2",
            "coredns": "v1.12.4-eksbuild.1",
            "aws-ebs-csi-driver": "v1.53.0-eksbuild.1",
        },
        autoscaler="cluster-autoscaler-1.34",
    ),
    "1.35": Version(
        addons={
            "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
            "vpc-cni": "v1.22.4-eksbuild.3",
            "kube-proxy": "v1.35.3-eksbuild.29",
            "coredns": "v1.13.2-eksbuild.31",
            "aws-ebs-csi-driver": "v1.64.0-eksbuild.1",
        },
        autoscaler="cluster-autoscaler-1.35",
    ),
    "1.36": Version(
        addons={
            "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
            "vpc-cni": "v1.22.4-eksbuild.3",
            "kube-proxy": "v1.36.0-eksbuild.17",
            "coredns": "v1.14.3-eksbuild.14",
            "aws-ebs-csi-driver": "v1.64.0-eksbuild.1",
        },
        autoscaler="cluster-autoscaler-1.36",
    ),
}
"""Oldest first."""

NEWEST = tuple(VERSIONS)[-1]


def known(value: str) -> str:
    """One of them. Raises ValueError, saying which there are, for any other."""
    if value not in VERSIONS:
        raise ValueError(f"{value} has no add-ons in components/compute/aws/versions.py: write {', '.join(VERSIONS)}")
    return value
