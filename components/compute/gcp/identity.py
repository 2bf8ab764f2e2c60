"""Workload Identity Federation: an account of the cluster is a principal of IAM, and has rights in its own name."""

from dataclasses import dataclass, replace
from typing import Self

from pulumi import Input, Output, ResourceOptions
from pulumi_gcp import dns, storage

from ...k8s.cloud import CloudIdentity
from ...k8s.network import Outside
from ...k8s.order import after
from . import bindings

OUT = Outside((("0.0.0.0/0", (443,)), ("169.254.169.254/32", (80, 8080))))
"""The way to Google, and to the server on each node that tells a pod who it is, as Dataplane V2 has its ports."""


@dataclass(frozen=True)
class WorkloadIdentities:
    """The project whose clusters' accounts are let in."""

    project: str
    number: str

    def member(self, namespace: Input[str], account: Input[str]) -> Output[str]:
        return Output.all(namespace, account).apply(lambda at: bindings.pods(self.project, self.number, at[0], at[1]))


@dataclass(frozen=True)
class WorkloadIdentity(CloudIdentity):
    """Rights on one bucket, or in a folder of it, which each account gets by a binding of its own."""

    cluster: WorkloadIdentities
    bucket: Output[str]
    folder: str | None
    provider: ResourceOptions
    """Through which the bindings are made: not the one for objects in the cluster."""
    writes: bool = True
    sees: bool = False
    """Whether it may ask if the bucket is there, which roles on objects do not include."""

    def admit(self, name: str, account: Input[str], namespace: Input[str], opts: ResourceOptions) -> Output[str]:
        here, member = ResourceOptions.merge(opts, self.provider), self.cluster.member(namespace, account)
        opened = storage.BucketIAMMember(
            f"{name}-pods",
            bucket=self.bucket,
            role=bindings.WRITE if self.writes else bindings.READ,
            member=member,
            condition=self._condition(),
            opts=here,
        ).id
        # Without the right to list, what is missing is refused, too, and no client takes that for missing.
        if not self.sees and not self.folder:
            return opened
        seen = storage.BucketIAMMember(f"{name}-look", bucket=self.bucket, role=bindings.SEE, member=member, opts=here)
        return after(seen.id, opened)

    def read_only(self) -> Self:
        return replace(self, writes=False)

    def seeing(self) -> Self:
        return replace(self, sees=True)

    def _condition(self) -> storage.BucketIAMMemberConditionArgs | None:
        folder = self.folder
        if not folder:
            return None
        expression = self.bucket.apply(lambda bucket: bindings.below(bucket, folder))
        return storage.BucketIAMMemberConditionArgs(title="in-a-folder", expression=expression)


@dataclass(frozen=True)
class ZoneIdentity(CloudIdentity):
    """Rights on the records of one zone, of whatever name, which each account gets by a binding of its own."""

    cluster: WorkloadIdentities
    zone: str
    role: Output[str]
    """The one that writes."""
    provider: ResourceOptions
    writes: bool = True

    def admit(self, name: str, account: Input[str], namespace: Input[str], opts: ResourceOptions) -> Output[str]:
        return dns.DnsManagedZoneIamMember(
            f"{name}-pods",
            managed_zone=self.zone,
            role=self.role if self.writes else bindings.ZONE_READ,
            member=self.cluster.member(namespace, account),
            opts=ResourceOptions.merge(opts, self.provider),
        ).id

    def read_only(self) -> Self:
        return replace(self, writes=False)
