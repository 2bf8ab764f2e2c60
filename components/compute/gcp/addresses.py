"""Which ranges a network is cut into, and for how many nodes they last. Arithmetic alone."""

from dataclasses import dataclass
from ipaddress import IPv4Network

LARGEST, SMALLEST = 9, 20  # as GKE has it for the largest, and so that the smallest still has room for some nodes
PODS_PER_NODE = 110
_ADDRESSES_PER_NODE = 256  # that GKE sets aside for so many pods, so that none is used again too soon
_RESERVED = 4  # by Google, in the range of the nodes


@dataclass(frozen=True)
class Ranges:
    """A subnet's, in all zones of the region."""

    nodes: str
    pods: str
    databases: str

    @property
    def most_nodes(self) -> int:
        pods, nodes = IPv4Network(self.pods), IPv4Network(self.nodes)
        return min(pods.num_addresses // _ADDRESSES_PER_NODE, nodes.num_addresses - _RESERVED)


def cut(network: str) -> Ranges:
    """Half of it for pods and a quarter for nodes; of the last quarter, a quarter for databases that Google runs.

    The rest is kept for what else joins the network.
    """
    pods, rest = IPv4Network(network).subnets(prefixlen_diff=1)
    nodes, last = rest.subnets(prefixlen_diff=1)
    databases = next(last.subnets(prefixlen_diff=2))
    return Ranges(nodes=str(nodes), pods=str(pods), databases=str(databases))


def largest_for(nodes: int) -> int:
    """The prefix length of the smallest network that has room for so many."""
    fitting = (size for size in range(SMALLEST, LARGEST - 1, -1) if cut(f"0.0.0.0/{size}").most_nodes >= nodes)
    return next(fitting, LARGEST)
