"""Fluid's kinds of objects: one set of them in a cluster, as Fluid itself is there once."""

from functools import partial

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.apiextensions.v1 import (
    CustomResourceColumnDefinitionArgs,
    CustomResourceSubresourceScaleArgs,
)

from ...base import Args
from ...k8s import definitions
from ...k8s.definitions import OPEN, column, define
from .schemas import ALLUXIO_RUNTIME, DATA_PROCESS, DATASET

GROUP, VERSION = "data.fluid.io", "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

# What this library writes is closed, all else open: in full, two copies of a pod's schema make half a megabyte for each
# runtime. They are merged field by field, because the controllers write into the spec of what others have made.
Definition = partial(
    definitions.Definition, group=GROUP, version=VERSION, parts=("spec", "status"), part=OPEN, own_status=True
)
_AGE = column("Age", ".metadata.creationTimestamp", "date")
_PHASE = column("Phase", ".status.phase")
_DURATION = column("Duration", ".status.duration")
_DATASET = column("Dataset", ".spec.dataset.name")


def _counts(part: str, field: str) -> tuple[CustomResourceColumnDefinitionArgs, ...]:
    """How many of a runtime's pods are ready, of those that there should be."""
    return (
        column(f"Ready {part}s", f".status.{field}NumberReady", "integer", 10),
        column(f"Desired {part}s", f".status.desired{field.capitalize()}NumberScheduled", "integer", 10),
        column(f"{part} Phase", f".status.{field}Phase"),
    )


DEFINITIONS = (
    Definition(
        kind="Dataset",
        schemas={"spec": DATASET},
        short=("dataset",),
        categories=("fluid",),
        columns=(
            column("Ufs Total Size", ".status.ufsTotal"),
            column("Cached", ".status.cacheStates.cached"),
            column("Cache Capacity", ".status.cacheStates.cacheCapacity"),
            column("Cached Percentage", ".status.cacheStates.cachedPercentage"),
            _PHASE,
            column("Total Files", ".status.fileNum", priority=10),
            column("Cache Hit Ratio", ".status.cacheStates.cacheHitRatio", priority=10),
            _AGE,
        ),
    ),
    Definition(
        kind="AlluxioRuntime",
        schemas={"spec": ALLUXIO_RUNTIME},
        short=("alluxio",),
        categories=("fluid",),
        columns=(*_counts("Master", "master"), *_counts("Worker", "worker"), *_counts("Fuse", "fuse"), _AGE),
        scale=CustomResourceSubresourceScaleArgs(
            spec_replicas_path=".spec.replicas",
            status_replicas_path=".status.currentWorkerNumberScheduled",
            label_selector_path=".status.selector",
        ),
    ),
    Definition(kind="DataLoad", short=("load",), categories=("fluid",), columns=(_DATASET, _PHASE, _AGE, _DURATION)),
    Definition(
        kind="DataBackup",
        short=("backup",),
        categories=("fluid",),
        columns=(
            column("Dataset", ".spec.dataset"),
            _PHASE,
            column("Path", ".status.infos.BackupLocationPath"),
            column("NodeName", ".status.infos.BackupLocationNodeName"),
            _DURATION,
            _AGE,
        ),
    ),
    Definition(kind="DataMigrate", short=("migrate",), categories=("fluid",), columns=(_PHASE, _AGE, _DURATION)),
    Definition(kind="DataProcess", schemas={"spec": DATA_PROCESS}, columns=(_DATASET, _PHASE, _AGE, _DURATION)),
)


class FluidDefinitionsArgs(Args):
    """Only whether they stay."""

    keep: bool = True
    """Leave the definitions behind when Fluid goes: with them would go all data sets in the cluster."""


class FluidDefinitions(ComponentResource):
    """They must be there before the controllers start, which look for them once and then never again."""

    def __init__(self, name: str, args: FluidDefinitionsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:data:FluidDefinitions", name, None, opts)
        define(name, DEFINITIONS, keep=args.keep, parent=self)
        self.register_outputs({})
