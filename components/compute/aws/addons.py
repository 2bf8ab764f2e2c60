"""What EKS itself runs in a cluster: pinned, each with the rights in AWS that it needs."""

import json
from collections.abc import Mapping

from pulumi import Output, ResourceOptions
from pulumi_aws import eks

from . import documents
from .identity import POLICIES, managed_role
from .settings import AwsSettings
from .versions import VERSIONS

BEFORE_NODES, AFTER_NODES = ("eks-pod-identity-agent", "vpc-cni", "kube-proxy"), ("coredns", "aws-ebs-csi-driver")

# Add-on -> the account of its pods, and what AWS says that they need.
_RIGHTS = {
    "vpc-cni": ("aws-node", f"{POLICIES}/AmazonEKS_CNI_Policy"),
    "aws-ebs-csi-driver": ("ebs-csi-controller-sa", f"{POLICIES}/service-role/AmazonEBSCSIDriverPolicy"),
}


class Addons:
    """Those of one cluster. Its account is asked for in the trust of their roles; `tags` are for what they make."""

    def __init__(
        self, name: str, settings: AwsSettings, tags: Mapping[str, str], plane: eks.Cluster, opts: ResourceOptions
    ) -> None:
        self._name, self._account, self._plane, self._opts = name, settings.account, plane, opts
        self._versions = VERSIONS[settings.version].addons
        self._configuration: dict[str, object] = {
            "vpc-cni": {"enableNetworkPolicy": "true"},
            "aws-ebs-csi-driver": {"controller": {"extraVolumeTags": dict(tags)}},
        }

    def install(self, addon: str, opts: ResourceOptions | None = None) -> Output[str]:
        """Its ARN, known once it runs."""
        associations = []
        if addon in _RIGHTS:
            account, policy = _RIGHTS[addon]
            trust = self._plane.arn.apply(lambda arn: documents.pod_trust(self._account, arn))
            role = managed_role(f"{self._name}-{addon}", trust, (policy,), self._opts)
            associations = [eks.AddonPodIdentityAssociationArgs(service_account=account, role_arn=role)]
        configuration = self._configuration.get(addon)
        made = eks.Addon(
            f"{self._name}-{addon}",
            cluster_name=self._plane.name,
            addon_name=addon,
            addon_version=self._versions[addon],
            configuration_values=json.dumps(configuration) if configuration else None,
            pod_identity_associations=associations or None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="PRESERVE",
            opts=opts or self._opts,
        )
        return made.arn
