"""Pools of machines as a plan asks for them: what they are, how many, where, and with which GPUs."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..guardrails.cloud.values import at
from ..guardrails.cost.bills import gke_nodes
from ..open_source.reading import UNKNOWN
from .events import Planned

_DATA = Path(__file__).with_name("machines.json")
_ZONE = re.compile(r"-[a-z]$")
_SIZE = re.compile(r"(\d*)xlarge$")


@dataclass(frozen=True)
class Pool:
    """`most` and `cpu` are None where no plan, or nobody here, can tell. `gpus` are those of one machine."""

    cloud: str
    name: str
    region: str
    machine: str
    most: int | None
    spot: bool = False
    accelerator: str = ""
    gpus: int = 0
    cpu: int | None = None

    @property
    def all_gpus(self) -> int | None:
        return None if self.most is None else self.most * self.gpus

    @property
    def all_cpu(self) -> int | None:
        return None if self.most is None or self.cpu is None else self.most * self.cpu


def pools(resources: Iterable[Planned]) -> list[Pool]:
    """All node groups of EKS and node pools of GKE."""
    known = {one.urn: one for one in resources}
    return [_POOLS[one.token](one, known) for one in known.values() if one.token in _POOLS]


def _eks(one: Planned, known: Mapping[str, Planned]) -> Pool:
    kinds = at(one.props, "instanceTypes")
    machine = kinds[0] if isinstance(kinds, list) and kinds and isinstance(kinds[0], str) else ""
    accelerator, gpus = machines()["aws"].get(machine, ("", 0))
    return Pool(
        cloud="aws",
        name=one.name,
        region=_region(one, known),
        machine=machine,
        most=_number(at(one.props, "scalingConfig.maxSize")),
        spot=at(one.props, "capacityType") == "SPOT",
        accelerator=accelerator,
        gpus=gpus,
        cpu=_eks_cpu(machine),
    )


def _gke(one: Planned, known: Mapping[str, Planned]) -> Pool:
    machine = at(one.props, "nodeConfig.machineType")
    machine = machine if isinstance(machine, str) else ""
    attached = at(one.props, "nodeConfig.guestAccelerators")
    own = attached[0] if isinstance(attached, list) and attached and isinstance(attached[0], dict) else {}
    built_in = machines()["gcp"].get(machine, ("", 0))
    return Pool(
        cloud="gcp",
        name=one.name,
        region=_region(one, known),
        machine=machine,
        most=_number(next(gke_nodes(one.props)).most),
        spot=at(one.props, "nodeConfig.spot") is True,
        accelerator=str(own.get("type") or built_in[0]),
        gpus=_number(own.get("count")) or built_in[1],
        cpu=int(machine.rpartition("-")[2]) if machine.rpartition("-")[2].isdecimal() else None,
    )


_POOLS: Mapping[str, Callable[[Planned, Mapping[str, Planned]], Pool]] = {
    "aws:eks/nodeGroup:NodeGroup": _eks,
    "gcp:container/nodePool:NodePool": _gke,
}


@cache
def machines() -> dict[str, dict[str, tuple[str, int]]]:
    """Cloud -> machine -> its accelerator, and how many of it."""
    data = json.loads(_DATA.read_text(encoding="utf-8"))
    return {
        cloud: {name: (gpu, count) for gpu, found in part["gpus"].items() for name, count in found.items()}
        for cloud, part in data.items()
    }


def _region(one: Planned, known: Mapping[str, Planned]) -> str:
    """The resource's own, or that of its provider."""
    for props in _places(one, known):
        for field in ("region", "location", "zone"):
            value = at(props, field)
            if isinstance(value, str):
                return _ZONE.sub("", value)
    return "unknown"


def _places(one: Planned, known: Mapping[str, Planned]) -> Iterator[dict[str, Any]]:
    yield one.props
    if one.provider in known:
        yield known[one.provider].props


def _eks_cpu(machine: str) -> int | None:
    """Four for `xlarge`, and so many times as many for those with a number before it; of a `metal` nothing is known."""
    size = machine.partition(".")[2]
    if matched := _SIZE.fullmatch(size):
        return 4 * int(matched[1] or 1)
    return 2 if size == "large" else None


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and value is not UNKNOWN else None
