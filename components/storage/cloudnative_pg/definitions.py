"""CloudNativePG's kinds of objects: one set of them in a cluster, as its operator is there once."""

from functools import partial

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.apiextensions.v1 import (
    CustomResourceColumnDefinitionArgs,
    CustomResourceSubresourceScaleArgs,
    JSONSchemaPropsArgs,
)

from ...base import Args
from ...k8s import definitions
from ...k8s.definitions import OPEN, column, define
from ...k8s.schemas import open_but

GROUP = "postgresql.cnpg.io"
API_VERSION = f"{GROUP}/v1"
METHOD = "barmanObjectStore"

_BY_METHOD = open_but(method=JSONSchemaPropsArgs(type="string", default=METHOD))
"""Of back-ups: what nobody else completes where it is left out."""
_SCALE = CustomResourceSubresourceScaleArgs(
    spec_replicas_path=".spec.instances", status_replicas_path=".status.instances"
)
_AGE = column("Age", ".metadata.creationTimestamp", "date")
_CLUSTER = column("Cluster", ".spec.cluster.name")

# Their parts are open: in full, a pod's schema alone makes half a megabyte. The operator's webhook checks and completes
# them field by field, and fills in the defaults that are not said here.
Definition = partial(
    definitions.Definition, group=GROUP, version="v1", parts=("spec", "status"), part=OPEN, own_status=True
)


def _applied(kind: str) -> definitions.Definition:
    """Something inside a database, kept as an object."""
    columns: tuple[CustomResourceColumnDefinitionArgs, ...] = (
        _AGE,
        _CLUSTER,
        column("PG Name", ".spec.name"),
        column("Applied", ".status.applied", "boolean"),
        column("Message", ".status.message"),
    )
    return Definition(kind=kind, columns=columns)


DEFINITIONS = (
    Definition(
        kind="Cluster",
        scale=_SCALE,
        columns=(
            _AGE,
            column("Instances", ".status.instances", "integer"),
            column("Ready", ".status.readyInstances", "integer"),
            column("Status", ".status.phase"),
            column("Primary", ".status.currentPrimary"),
        ),
    ),
    Definition(
        kind="Backup",
        schemas={"spec": _BY_METHOD},
        columns=(
            _AGE,
            _CLUSTER,
            column("Method", ".spec.method"),
            column("Phase", ".status.phase"),
            column("Error", ".status.error"),
        ),
    ),
    Definition(
        kind="ScheduledBackup",
        schemas={"spec": _BY_METHOD},
        columns=(_AGE, _CLUSTER, column("Last Backup", ".status.lastScheduleTime", "date")),
    ),
    Definition(kind="Pooler", scale=_SCALE, columns=(_AGE, _CLUSTER, column("Type", ".spec.type"))),
    *(_applied(kind) for kind in ("Database", "Publication", "Subscription")),
    Definition(kind="FailoverQuorum", parts=("status",), columns=(_AGE,)),
    Definition(kind="ImageCatalog", parts=("spec",), own_status=False, columns=(_AGE,)),
    Definition(kind="ClusterImageCatalog", scope="Cluster", parts=("spec",), own_status=False, columns=(_AGE,)),
)
"""Those that the operator and its instances look for, whatever of it is used."""


class CloudNativePgDefinitionsArgs(Args):
    """Only whether they stay."""

    keep: bool = True
    """Leave the definitions behind when the operator goes: with them would go all its databases in the cluster."""


class CloudNativePgDefinitions(ComponentResource):
    """They must be there before the operator starts, which ends where it misses one."""

    def __init__(self, name: str, args: CloudNativePgDefinitionsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:CloudNativePgDefinitions", name, None, opts)
        define(name, DEFINITIONS, keep=args.keep, parent=self)
        self.register_outputs({})
