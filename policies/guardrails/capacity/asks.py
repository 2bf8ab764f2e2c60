"""What pods ask of their nodes: how much, which ones, and how many pods there are."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...open_source.kinds import of_object
from ...open_source.reading import UNKNOWN
from ..cloud.values import at
from ..findings import Resource, Unknown
from ..operated import as_set
from ..pods import Pod, pods
from .affinity import Nodes, asked, is_unknown
from .topology import Rules, rules

Room = Mapping[str, float]
"""Resource -> amount: cores of `cpu`, bytes of `memory`, pieces of devices such as `nvidia.com/gpu`."""

_STEADY = {
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("apps", "ReplicaSet"),
    ("core", "Pod"),
    ("core", "ReplicationController"),
}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|Ki|M|Mi|G|Gi|T|Ti)?")
_SCALE = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_NOT_OF_NODES = ("ephemeral-storage", "hugepages")


@dataclass(frozen=True)
class Ask:
    """Pods of one workload. `steady` ones are there all the time, others come and go."""

    resource: Resource
    room: Room
    count: int
    nodes: Nodes
    tolerations: tuple[Mapping[str, Any], ...]
    steady: bool
    on_each_node: bool = False
    rules: Rules = field(default_factory=Rules)

    def tolerates(self, taint: str) -> bool:
        """As `key=value:effect`."""
        key_value, _, effect = taint.rpartition(":")
        key, _, value = key_value.partition("=")
        return any(_matches(one, key, value, effect) for one in self.tolerations)


def amount(quantity: Any) -> float:
    """Of a Kubernetes quantity. Raises ValueError for what is none."""
    matched = _QUANTITY.fullmatch(str(quantity))
    if matched is None:
        raise ValueError(f"{quantity!r} is no quantity")
    return float(matched[1]) * _SCALE.get(matched[2], 1)


def asks(resource: Resource) -> Iterator[Ask | Unknown]:
    """Of all pods that the resource describes."""
    told, resource = resource, as_set(resource)
    kind = of_object(resource.token)
    for pod in pods(resource.token, resource.props):
        if isinstance(pod, Unknown):
            yield pod
            continue
        room, replicas = _room(pod), at(resource.props, "spec.replicas")
        if room is None or replicas is UNKNOWN:
            yield Unknown(f"{pod.path}.resources")
            continue
        labels = at(resource.props, f"{pod.path.removesuffix('spec')}metadata.labels")
        kept, tolerations = rules(pod.spec, labels), pod.spec.get("tolerations")
        nodes = asked(pod.spec, kept.keys if kept else ())
        if nodes is None or kept is None or is_unknown(tolerations):
            what = "tolerations" if nodes is not None and kept is not None else "affinity"
            yield Unknown(f"{pod.path}.{what}".removeprefix("."))
            continue
        yield Ask(
            resource=told,
            room=room,
            count=1 if replicas is None else int(replicas),
            nodes=nodes,
            tolerations=tuple(one for one in tolerations or () if isinstance(one, dict)),
            steady=kind in _STEADY,
            on_each_node=kind == ("apps", "DaemonSet"),
            rules=kept,
        )


def _room(pod: Pod) -> Room | None:
    """Containers at once, or the largest that comes before them; None if an amount is not known yet."""
    together: defaultdict[str, float] = defaultdict(float)
    before: defaultdict[str, float] = defaultdict(float)
    for container in pod.containers():
        wanted = _requests(container.spec)
        if wanted is None:
            return None
        first = container.path.rpartition(".")[2].startswith("initContainers[")
        for resource, value in wanted.items():
            if first:
                before[resource] = max(before[resource], value)
            else:
                together[resource] += value
    return {one: max(together[one], before[one]) for one in {*together, *before}}


def _requests(container: Mapping[str, Any]) -> Room | None:
    """What is limited and not requested is requested up to its limit."""
    said = {**(at(container, "resources.limits") or {}), **(at(container, "resources.requests") or {})}
    if UNKNOWN in said.values():
        return None
    return {one: amount(value) for one, value in said.items() if not one.startswith(_NOT_OF_NODES)}


def _matches(toleration: Mapping[str, Any], key: str, value: str, effect: str) -> bool:
    if toleration.get("effect") not in (None, "", effect) or toleration.get("key") not in (None, "", key):
        return False
    return toleration.get("operator") == "Exists" or (toleration.get("value") or "") == value
