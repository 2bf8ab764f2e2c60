"""Whether the data sets of a stack file fit: their buckets exist, their caches have room on the nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from components.data.dataset import DatasetSettings
from components.data.fluid.alluxio import room
from components.data.fluid.settings import NodeRoom
from components.types import amount

if TYPE_CHECKING:
    from .environment import Environment

_GIBIBYTE = 2**30


def misfits(environment: Environment, buckets: tuple[str, ...]) -> list[str]:
    """One line for each mistake. `buckets` are those that the layers bring; the stack file may name more."""
    datasets, store, fluid = environment.datasets, environment.object_store, environment.fluid
    if store is None or fluid is None:  # told as a missing layer
        return []
    return [
        *_unknown_buckets(datasets, (*buckets, *store.buckets)),
        *_without_a_pool(environment),
        *_too_many_workers(datasets, fluid.nodes),
        *_too_big(datasets, fluid.nodes),
        *_read_by_fluid(datasets, (fluid.namespace, fluid.node_namespace, fluid.datasets_namespace)),
    ]


def _unknown_buckets(datasets: Mapping[str, DatasetSettings], known: tuple[str, ...]) -> Iterator[str]:
    for name, settings in datasets.items():
        if settings.bucket not in known:
            yield (
                f"datasets.{name}.source: there is no bucket `{settings.bucket}`; write one of {', '.join(known)}, or "
                f"add it to `objectStore.buckets`"
            )


def _without_a_pool(environment: Environment) -> Iterator[str]:
    for name, settings in environment.datasets.items():
        if settings.on_gpu_pool and not (environment.pipelines and environment.pipelines.gpu):
            yield f"datasets.{name}.onGpuPool: there is no pool of GPUs; add `pipelines.gpu:` or remove this"


def _too_many_workers(datasets: Mapping[str, DatasetSettings], nodes: NodeRoom) -> Iterator[str]:
    for name, settings in datasets.items():
        if settings.replicas > nodes.count:
            yield (
                f"datasets.{name}.replicas: {settings.replicas} workers need as many nodes, and `fluid.nodes.count` is "
                f"{nodes.count}; write no more than that"
            )


def _too_big(datasets: Mapping[str, DatasetSettings], nodes: NodeRoom) -> Iterator[str]:
    """All of them together, for nothing keeps their workers off the same node."""
    taken = {name: room(settings) for name, settings in datasets.items()}
    for place, what, offered in ((0, "memory", nodes.memory), (1, "disk", nodes.disk)):
        wanted = sum(rooms[place] for rooms in taken.values())
        if wanted > amount(offered):
            most = max(taken, key=lambda name: taken[name][place])
            yield (
                f"datasets.{most}.quota: the data sets take {_shown(wanted)} of a node's {what}, heaps included, and "
                f"`fluid.nodes.{what}` offers {offered}; make this one smaller, or say what the nodes really have"
            )


def _read_by_fluid(datasets: Mapping[str, DatasetSettings], own: tuple[str, ...]) -> Iterator[str]:
    """Namespaces that read a data set end before Fluid does, so that it can take their volumes off."""
    for name, settings in datasets.items():
        for place in own:
            if place in settings.readers:
                yield f"datasets.{name}.readers: `{place}` is Fluid's own; write one whose pods read the data set"


def _shown(size: float) -> str:
    return f"{size / _GIBIBYTE:.1f}Gi"
