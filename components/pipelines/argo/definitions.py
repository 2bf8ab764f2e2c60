"""Argo's kinds of objects: one set of them in a cluster, shared by all installations there."""

from functools import partial

from pulumi import ComponentResource, ResourceOptions

from ...base import Args
from ...k8s import definitions
from ...k8s.definitions import column, define

GROUP, VERSION = "argoproj.io", "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

# Their parts are open: the full schemas make a megabyte for each kind, and Argo's server and controller check every
# field anyway.
Definition = partial(definitions.Definition, group=GROUP, version=VERSION)

DEFINITIONS = (
    Definition(
        kind="Workflow",
        parts=("spec", "status"),
        short=("wf",),
        columns=(
            column("Status", ".status.phase"),
            column("Age", ".status.startedAt", "date"),
            column("Message", ".status.message"),
        ),
    ),
    Definition(kind="WorkflowTemplate", short=("wftmpl",)),
    Definition(kind="ClusterWorkflowTemplate", short=("clusterwftmpl", "cwft"), scope="Cluster"),
    Definition(kind="CronWorkflow", parts=("spec", "status"), short=("cwf", "cronwf")),
    Definition(kind="WorkflowEventBinding", short=("wfeb",)),
    Definition(kind="WorkflowTaskSet", parts=("spec", "status"), short=("wfts",), own_status=True),
    Definition(kind="WorkflowTaskResult", parts=()),
    Definition(kind="WorkflowArtifactGCTask", parts=("spec", "status"), short=("wfat",), own_status=True),
)


class ArgoDefinitionsArgs(Args):
    """Only whether they stay."""

    keep: bool = True
    """Leave the definitions behind when the last installation goes: with them would go all workflows in the cluster."""


class ArgoDefinitions(ComponentResource):
    """Give it a provider that takes over what is there already, for another stack may have brought the same."""

    def __init__(self, name: str, args: ArgoDefinitionsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:pipelines:ArgoDefinitions", name, None, opts)
        define(name, DEFINITIONS, keep=args.keep, parent=self)
        self.register_outputs({})
