"""Teams' shares of the cluster: a flavour for each pool, and for each team a queue with its quota of them."""

from collections.abc import Mapping
from typing import Any

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...base import Args, Text
from ...k8s.labels import PART_OF
from ...k8s.order import after
from ..gpus import GpuPlace, parts
from .configuration import among
from .contracts import TeamQueues
from .definitions import API_VERSION
from .settings import GpuShare, QueueSettings, Share, TeamSettings

_GENERAL = "general"
"""The flavour of CPUs and memory, which any node may give."""


class QueuesArgs(Args):
    """`controller` is what Kueue hands over; `namespaces` are those that it was told of."""

    settings: QueueSettings
    controller: Text
    namespaces: tuple[Text, ...]
    pools: Mapping[str, GpuPlace]
    """By the names that teams' shares call them."""


class Queues(ComponentResource):
    """All teams in one cohort: what is idle in one queue, the others may borrow within their limits."""

    queues: TeamQueues

    def __init__(self, name: str, args: QueuesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:Queues", name, None, opts)
        child = ResourceOptions(parent=self)
        settings = args.settings
        # Only what some team has a share of: others may use further pools as they please.
        used = dict.fromkeys(pool for team in settings.teams.values() for pool in team.gpus)
        # Kueue completes both kinds when they are made, so it answers before.
        answers = Output.from_input(args.controller)
        place = ObjectMetaArgs(labels={"app.kubernetes.io/part-of": after(answers, PART_OF)})
        flavours = {
            flavour: CustomResource(
                f"{name}-{flavour}",
                api_version=API_VERSION,
                kind="ResourceFlavor",
                metadata=place,
                spec=_flavour(args.pools[flavour]) if flavour in used else {},
                opts=child,
            ).metadata["name"]
            for flavour in (*used, _GENERAL)
        }
        # A cohort is a name, and no object.
        cohort = Output.concat(args.controller, "-", name)
        where = among(args.namespaces)
        teams = {}
        for team, chosen in settings.teams.items():
            groups = [*_of_gpus(chosen, args.pools, flavours), _of_nodes(chosen, flavours[_GENERAL])]
            made = CustomResource(
                f"{name}-{team}",
                api_version=API_VERSION,
                kind="ClusterQueue",
                metadata=place,
                spec={
                    "cohort": cohort,
                    "namespaceSelector": where,
                    "queueingStrategy": "BestEffortFIFO",
                    "resourceGroups": groups,
                    "flavorFungibility": {"whenCanBorrow": "Borrow", "whenCanPreempt": "TryNextFlavor"},
                    "preemption": {
                        "reclaimWithinCohort": "Any" if settings.reclaim else "Never",
                        "borrowWithinCohort": {"policy": "Never"},
                        "withinClusterQueue": "LowerPriority",
                    },
                    "stopPolicy": "None",
                },
                opts=child,
            )
            teams[team] = made.metadata["name"]
        self.queues = TeamQueues(teams=teams, patience=settings.patience)
        self.register_outputs({"teams": teams})


def _flavour(nodes: GpuPlace) -> dict[str, Any]:
    """What is admitted to it gets the labels as its node selector, and tolerates the taint."""
    key, value, effect = parts(nodes.taint)
    return {
        "nodeLabels": dict(nodes.node_labels),
        "nodeTaints": [{"key": key, "value": value, "effect": effect}],
        "tolerations": [{"key": key, "operator": "Equal", "value": value, "effect": effect}],
    }


def _of_gpus(team: TeamSettings, pools: Mapping[str, GpuPlace], flavours: Mapping[str, Output[str]]) -> list[Any]:
    """One group for each kind of device, its pools in the order in which they are tried."""
    devices = dict.fromkeys(pools[pool].resource for pool in team.gpus)
    return [
        {
            "coveredResources": [device],
            "flavors": [
                {"name": flavours[pool], "resources": [_quota(device, share)]}
                for pool, share in team.gpus.items()
                if pools[pool].resource == device
            ],
        }
        for device in devices
    ]


def _of_nodes(team: TeamSettings, flavour: Output[str]) -> dict[str, Any]:
    shares = {"cpu": team.cpu, "memory": team.memory}
    quotas = [_quota(resource, share) for resource, share in shares.items()]
    return {"coveredResources": list(shares), "flavors": [{"name": flavour, "resources": quotas}]}


def _quota(resource: str, share: Share | GpuShare) -> dict[str, str]:
    limits = {"borrowingLimit": share.borrow, "lendingLimit": share.lend}
    given = {key: str(value) for key, value in limits.items() if value is not None}
    return {"name": resource, "nominalQuota": str(share.quota), **given}
