"""Kueue's kinds of objects: one set of them in a cluster, as Kueue itself is there once."""

from functools import partial

from pulumi import ComponentResource, ResourceOptions

from ...base import Args
from ...k8s import definitions
from ...k8s.definitions import OPEN, column, define
from ...k8s.schemas import keyed, open_but
from .schemas import CLUSTER_QUEUE, LOCAL_QUEUE, RESOURCE_FLAVOR

GROUP = "kueue.x-k8s.io"
API_VERSION = f"{GROUP}/v1beta1"

# Open but for some fields. In full, the pod's schema alone makes half a megabyte of a Workload.
_USED = keyed("name", {"resources": keyed("name")})
_CONDITIONS = keyed("type")
_QUEUE_STATUS = open_but(conditions=_CONDITIONS, flavorsReservation=_USED, flavorsUsage=_USED)
_WORKLOAD_STATUS = open_but(
    conditions=_CONDITIONS,
    admission=open_but(podSetAssignments=keyed("name")),
    admissionChecks=keyed("name"),
    reclaimablePods=keyed("name"),
    resourceRequests=keyed("name"),
)
_AGE = column("Age", ".metadata.creationTimestamp", "date")
_PENDING = column("Pending Workloads", ".status.pendingWorkloads", "integer")

Definition = partial(
    definitions.Definition, group=GROUP, version="v1beta1", parts=("spec", "status"), part=OPEN, own_status=True
)
DEFINITIONS = (
    Definition(
        kind="ClusterQueue",
        scope="Cluster",
        short=("cq",),
        schemas={"spec": CLUSTER_QUEUE, "status": _QUEUE_STATUS},
        columns=(
            column("Cohort", ".spec.cohort"),
            column("Strategy", ".spec.queueingStrategy", priority=1),
            _PENDING,
            column("Admitted Workloads", ".status.admittedWorkloads", "integer", priority=1),
        ),
    ),
    Definition(
        kind="LocalQueue",
        short=("queue", "queues", "lq"),
        schemas={"spec": LOCAL_QUEUE, "status": _QUEUE_STATUS},
        columns=(
            column("ClusterQueue", ".spec.clusterQueue"),
            _PENDING,
            column("Admitted Workloads", ".status.admittedWorkloads", "integer"),
        ),
    ),
    Definition(
        kind="Workload",
        short=("wl",),
        schemas={"spec": open_but(podSets=keyed("name")), "status": _WORKLOAD_STATUS},
        columns=(
            column("Queue", ".spec.queueName"),
            column("Reserved in", ".status.admission.clusterQueue"),
            column("Admitted", ".status.conditions[?(@.type=='Admitted')].status"),
            column("Finished", ".status.conditions[?(@.type=='Finished')].status"),
            _AGE,
        ),
    ),
    Definition(
        kind="ResourceFlavor",
        scope="Cluster",
        short=("flavor", "flavors", "rf"),
        parts=("spec",),
        schemas={"spec": RESOURCE_FLAVOR},
        own_status=False,
    ),
    Definition(kind="AdmissionCheck", scope="Cluster", schemas={"status": open_but(conditions=_CONDITIONS)}),
    Definition(kind="Cohort", scope="Cluster", version="v1alpha1"),
    Definition(
        kind="WorkloadPriorityClass",
        scope="Cluster",
        parts=(),
        own_status=False,
        columns=(column("Value", ".value", "integer"),),
    ),
)
"""Those that the controller looks for, whatever of it is used."""


class KueueDefinitionsArgs(Args):
    """Only whether they stay."""

    keep: bool = True
    """Leave the definitions behind when Kueue goes: with them would go all queues in the cluster."""


class KueueDefinitions(ComponentResource):
    """They must be there before the controller starts, which ends where it misses one."""

    def __init__(self, name: str, args: KueueDefinitionsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:compute:KueueDefinitions", name, None, opts)
        define(name, DEFINITIONS, keep=args.keep, parent=self)
        self.register_outputs({})
