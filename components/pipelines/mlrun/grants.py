"""What each of MLRun's and Nuclio's accounts may ask of the Kubernetes API, all of it in the namespace of runs."""

from pulumi import Input

from ...k8s.rbac import Grant, Rule
from .definitions import DEFINITIONS, GROUP

_ALL = ("get", "list", "watch", "create", "update", "patch", "delete")
_READ = ("get", "list", "watch")

_NUCLIO = Rule(GROUP, [kind.plural for kind in DEFINITIONS], _ALL)


def api(runs: Input[str]) -> Grant:
    """Chief and workers: start pods, see how they fare, read their logs, and keep the secrets of projects."""
    return Grant(
        [
            Rule("", ["pods"], ["create", "get", "list", "delete"]),
            Rule("", ["pods/log"], ["get"]),
            # One Secret for each project, called mlrun-project-secrets-<project>.
            Rule("", ["secrets"], ["create", "get", "update", "delete"]),
            # Whatever kinds of runs there may be, it looks for their traces: Dask's, Spark's and MPI's among them.
            Rule("", ["services", "configmaps"], ["list"]),
            Rule("kubeflow.org", ["mpijobs"], ["list"]),
            Rule("sparkoperator.k8s.io", ["sparkapplications"], ["list"]),
        ],
        runs,
    )


def nuclio_controller(runs: Input[str]) -> Grant:
    """Makes of each function a Deployment with what belongs to one."""
    return Grant(
        [
            _NUCLIO,
            Rule("apps", ["deployments"], _ALL),
            Rule("", ["services", "configmaps", "secrets"], _ALL),
            Rule("", ["pods"], [*_READ, "delete"]),
            Rule("", ["events"], ["create", "patch", "list"]),
            Rule("networking.k8s.io", ["ingresses"], _ALL),
            Rule("autoscaling", ["horizontalpodautoscalers"], _ALL),
            Rule("batch", ["cronjobs"], _ALL),
        ],
        runs,
    )


def nuclio_dashboard(runs: Input[str]) -> Grant:
    """Writes down what is wanted, and shows what has become of it."""
    return Grant(
        [
            _NUCLIO,
            # What is secret in a function's definition.
            Rule("", ["secrets"], ["get", "list", "create", "update", "delete"]),
            Rule("", ["pods", "services", "configmaps", "events"], _READ),
            Rule("", ["pods/log"], ["get"]),
            Rule("apps", ["deployments"], _READ),
        ],
        runs,
    )
