"""The queues of a namespace: by these names its work finds the teams' quotas."""

from pulumi import Output, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...base import Text
from ...k8s.labels import PART_OF
from .contracts import TeamQueues
from .definitions import API_VERSION


def open_queues(name: str, queues: TeamQueues, namespace: Text, opts: ResourceOptions) -> dict[str, Output[str]]:
    """One for each team. Team -> the name by which work waits in its queue, known once that is there."""
    made = {
        team: CustomResource(
            f"{name}-{team}",
            api_version=API_VERSION,
            kind="LocalQueue",
            metadata=ObjectMetaArgs(name=team, namespace=namespace, labels={"app.kubernetes.io/part-of": PART_OF}),
            spec={"clusterQueue": queue, "stopPolicy": "None"},
            opts=opts,
        )
        for team, queue in queues.teams.items()
    }
    return {team: queue.metadata["name"] for team, queue in made.items()}
