"""What those who start work are told of the teams' queues."""

from collections.abc import Mapping

from ...base import Args, Text

QUEUE = "kueue.x-k8s.io/queue-name"
"""The label of a Job, or of a pod of nobody's, by which it waits for its team's quota."""


class TeamQueues(Args):
    """Handed on once the controller answers: what names a queue before that is refused."""

    teams: Mapping[str, Text]
    """Team -> the ClusterQueue with its quota. In each namespace that takes part, a LocalQueue has the team's name."""
    patience: int = 24 * 3600
    """Seconds that work may wait for its quota before those who watch it give up."""
