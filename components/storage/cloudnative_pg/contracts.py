"""What those who want a database run by CloudNativePG are told of its operator."""

from ...base import Args, Text
from ...k8s.network import Peer


class DatabaseOperator(Args):
    """Handed on once it answers: its kinds of objects can't be made before that."""

    ready: Text
    """Known once it is."""
    peer: Peer
    """Its pods, which ask those of each database how they are."""
