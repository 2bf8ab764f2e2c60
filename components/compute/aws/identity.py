"""EKS Pod Identity: an account of the cluster gets a role of AWS, and its pods short-lived credentials of that role."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from pulumi import Input, Output, ResourceOptions
from pulumi_aws import eks, iam

from ...k8s.cloud import CloudIdentity
from ...k8s.network import Outside
from ...k8s.order import after
from . import documents

POLICIES = "arn:aws:iam::aws:policy"
"""Begins the names of those that AWS keeps."""

OUT = Outside((("0.0.0.0/0", (443,)), ("169.254.170.23/32", (80,))))
"""The way to AWS, and to the agent on each node that tells a pod who it is."""


@dataclass(frozen=True)
class PodIdentities:
    """The cluster whose accounts are let in."""

    account: str
    arn: Output[str]
    name: Output[str]

    @property
    def trust(self) -> Output[str]:
        return self.arn.apply(lambda arn: documents.pod_trust(self.account, arn))


@dataclass(frozen=True)
class PodIdentity(CloudIdentity):
    """Rights that each account gets in a role of its own, so that what one did is told from what another did."""

    cluster: PodIdentities
    policy: Callable[[bool], Output[str]]
    """What it may do, for one that writes and for one that reads alone."""
    provider: ResourceOptions
    """Through which the roles are made: not the one for objects in the cluster."""
    writes: bool = True

    def admit(self, name: str, account: Input[str], namespace: Input[str], opts: ResourceOptions) -> Output[str]:
        here = ResourceOptions.merge(opts, self.provider)
        role = iam.Role(f"{name}-pods", assume_role_policy=self.cluster.trust, opts=here)
        rights = iam.RolePolicy(f"{name}-pods", role=role.name, policy=self.policy(self.writes), opts=here)
        return eks.PodIdentityAssociation(
            f"{name}-pods",
            cluster_name=self.cluster.name,
            namespace=namespace,
            service_account=account,
            role_arn=Output.all(role.arn, rights.id).apply(lambda both: both[0]),
            opts=here,
        ).association_id

    def read_only(self) -> Self:
        return replace(self, writes=False)


def managed_role(name: str, trust: Input[str], policies: Sequence[str], opts: ResourceOptions) -> Output[str]:
    """A role with rights as AWS itself words them, known once it has them: what uses it earlier is refused."""
    role = iam.Role(name, assume_role_policy=trust, opts=opts)
    attached = [
        iam.RolePolicyAttachment(
            f"{name}-{policy.rpartition('/')[2]}",
            role=role.name,
            policy_arn=policy if policy.startswith("arn:") else f"{POLICIES}/{policy}",
            opts=opts,
        ).id
        for policy in policies
    ]
    return after(Output.all(*attached), role.arn)
